//! What is staked or about to be, and not yet known to be charged: the balance still shows that money.

use std::collections::HashMap;

use crate::{
    bounty::BountyId,
    units::{Chain, Nct},
};

/// The bids of each bounty of which the balance does not know yet, as far as we know.
#[derive(Debug, Default)]
pub(super) struct Uncharged(HashMap<BountyId, Nct>);

impl Uncharged {
    /// From now on a bounty's bids count. An absurd sum is more than any balance.
    pub(super) fn add(&mut self, id: BountyId, bids: &[Nct]) {
        self.0.insert(id, Nct::checked_sum(bids.iter().copied()).unwrap_or(Nct(u128::MAX)));
    }

    /// They are charged, or never will be.
    pub(super) fn remove(&mut self, id: BountyId) {
        self.0.remove(&id);
    }

    /// What the account has to hold on a chain for all of it, with the `fee` of each assertion.
    pub(super) fn needed(&self, chain: Chain, fee: Nct) -> Nct {
        let here = self.0.iter().filter(|(id, _)| id.chain == chain);
        Nct::checked_sum(here.flat_map(|(_, bids)| [*bids, fee])).unwrap_or(Nct(u128::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Guid;

    #[test]
    fn each_chain_has_its_own_money_and_each_assertion_its_fee() {
        let id = |chain, n| BountyId { chain, guid: Guid(uuid::Uuid::from_u128(n)) };
        let mut uncharged = Uncharged::default();
        uncharged.add(id(Chain::Side, 1), &[Nct(10), Nct(20)]);
        uncharged.add(id(Chain::Side, 2), &[Nct(40)]);
        uncharged.add(id(Chain::Home, 1), &[Nct(500)]);
        assert_eq!(uncharged.needed(Chain::Side, Nct(1)), Nct(72));
        assert_eq!(uncharged.needed(Chain::Home, Nct(1)), Nct(501));
        uncharged.remove(id(Chain::Side, 1));
        uncharged.add(id(Chain::Side, 2), &[Nct(41)]);
        assert_eq!(uncharged.needed(Chain::Side, Nct(1)), Nct(42));
        uncharged.add(id(Chain::Side, 3), &[Nct(u128::MAX), Nct(1)]);
        assert_eq!(uncharged.needed(Chain::Side, Nct(1)), Nct(u128::MAX));
    }
}
