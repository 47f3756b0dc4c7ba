//! What a test has happen on the running marketplace, beside mining.

use alloy_primitives::U256;
use uuid::Uuid;

use super::{Testnet, artifacts::Kind, chain::ChainName, faults::Faults, net::Order};

impl Testnet {
    /// Has a bounty posted in the first chain's next block, beside those of the timetable.
    pub fn post_bounty(&self) -> Uuid {
        let guid = Uuid::new_v4();
        self.post_bounty_as(guid);
        guid
    }

    /// The same on any chain.
    pub fn post_bounty_on(&self, chain: ChainName) -> Uuid {
        let guid = Uuid::new_v4();
        self.node.world().nets.get_mut(chain).plan.commanded.push((guid, Kind::File));
        guid
    }

    /// The same on the first chain with a chosen GUID; one that is in use ends in the report's rejected
    /// requests.
    pub fn post_bounty_as(&self, guid: Uuid) {
        let chain = self.first();
        self.node.world().nets.get_mut(chain).plan.commanded.push((guid, Kind::File));
    }

    /// Has a bounty on the URLs of the settings posted in the first chain's next block.
    pub fn post_url_bounty(&self) -> Uuid {
        let (chain, guid) = (self.first(), Uuid::new_v4());
        self.node.world().nets.get_mut(chain).plan.commanded.push((guid, Kind::Url));
        guid
    }

    /// Sets what a unit of gas costs on a chain from the next block on, in wei. What offers less waits in the
    /// pool.
    pub fn set_gas_price(&self, chain: ChainName, wei: u128) {
        self.node.world().nets.get_mut(chain).chain.set_gas_price(wei);
    }

    /// Sets the reveal and the vote window on each chain in its next block, for open bounties too:
    /// `window_update`.
    pub fn set_windows(&self, reveal: u64, vote: u64) {
        self.order(Order::Windows { reveal, vote });
    }

    /// Sets the fees, in NCT wei, on each chain in its next block: `fee_update`.
    pub fn set_fees(&self, bounty: U256, assertion: U256) {
        self.order(Order::Fees { bounty, assertion });
    }

    /// Ends the posting of bounties on each chain in its next block: `deprecated`. Everything else goes on.
    pub fn deprecate(&self) {
        self.order(Order::Deprecate);
    }

    /// Adds faults; their occurrences are counted from now on.
    pub fn inflict(&self, faults: Faults) {
        self.node.world().faults.add(faults);
    }

    /// How often each fault was inflicted: those of the settings first, then those added.
    pub fn faults_hit(&self) -> Vec<u64> {
        self.node.world().faults.hits()
    }

    /// Waits until the fault of this place, from 0, was inflicted.
    pub async fn until_fault(&self, place: usize) {
        self.node
            .until(|world| world.faults.hits().get(place).is_some_and(|hits| *hits > 0).then_some(()))
            .await;
    }

    fn order(&self, order: Order) {
        self.node.world().nets.iter_mut().for_each(|net| net.plan.owner.push(order));
    }

    /// Ends all websocket connections without a word.
    pub fn drop_sockets(&self) {
        self.node.drop_sockets();
    }

    /// Tells the numbers of the next `blocks` blocks of each chain lower by `by`, in events and in `/status`,
    /// as a node
    /// does after a restart from an older snapshot. The chains themselves go on.
    pub fn regress(&self, by: u64, blocks: u64) {
        self.node.world().nets.iter_mut().for_each(|net| net.regress(by, blocks));
    }
}
