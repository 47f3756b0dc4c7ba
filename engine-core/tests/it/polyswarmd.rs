//! The polyswarmd market against a node that does what a test says.

pub(crate) mod node;

/// What is wrong with a node is said before the first bounty.
mod connect;
/// What the node tells, whatever the network does.
mod events;
/// The other kind of node.
mod fast;
/// What gas may cost.
mod gas;
/// Bounties that were posted while nobody listened.
mod missed;
/// What is asked of the node, and how its answers are taken.
pub(crate) mod requests;
/// Signed bytes handed in, and what came of them.
mod transactions;

use std::time::Duration;

use engine_core::{
    bounty::{
        Assertion, BountyId,
        event::{Event, Heard},
    },
    market::polyswarmd::{ConnectError, Options, Polyswarmd, keystore::Wallet},
    units::{Chain, Nct},
};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use self::node::{Node, within};

/// The account of [`wallet`].
pub(crate) const ACCOUNT: &str = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";
pub(crate) const GUID: &str = "ad243eec-b4d5-4932-b0c8-ff598e4d0018";
pub(crate) const URI: &str = "QmYNmQKp6SuaVrpgWRsPTgCQCnpxUYGq76YEKBXuj2N4H6";

pub(crate) fn wallet() -> Wallet {
    Wallet::from_key(&alloy_primitives::B256::repeat_byte(0x46)).unwrap()
}

pub(crate) fn id() -> BountyId {
    BountyId { chain: Chain::Side, guid: GUID.parse().unwrap() }
}

/// Options that wait for nothing longer than a test has to.
pub(crate) fn options(address: impl Into<String>) -> Options {
    let mut options = Options::new(address);
    options.timeouts.first_wait = Duration::from_millis(1);
    options.timeouts.longest_wait = Duration::from_millis(5);
    options
}

/// A market on a node; it ends with the returned token's guard.
pub(crate) struct Connected {
    pub(crate) market: Polyswarmd,
    pub(crate) events: Receiver<Heard>,
    pub(crate) cancel: CancellationToken,
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Connected {
    pub(crate) async fn to(options: Options) -> Result<Self, ConnectError> {
        let cancel = CancellationToken::new();
        let (market, events) = Polyswarmd::connect(options, wallet(), cancel.clone()).await?;
        Ok(Self { market, events, cancel })
    }

    pub(crate) async fn to_node(node: &Node) -> Self {
        Self::to(options(node.url())).await.unwrap()
    }

    /// The next event.
    pub(crate) async fn event(&mut self) -> Event {
        within("an event", self.events.recv()).await.expect("the market listens").event
    }
}

/// An assertion on one malicious artifact.
pub(crate) fn assertion() -> Assertion {
    let secret =
        "85728934834513485924299482971228200793358557936958006986559729438465354302495".parse().unwrap();
    let account = ACCOUNT.parse().unwrap();
    Assertion {
        mask: vec![true],
        verdicts: vec![true],
        bids: vec![Nct::ONE],
        secret,
        commitment: engine_core::bounty::commitment::Commitment::new(account, &[true], secret).unwrap(),
        metadata: r#"[{"malware_family":"Eicar Test File"}]"#.to_owned(),
    }
}
