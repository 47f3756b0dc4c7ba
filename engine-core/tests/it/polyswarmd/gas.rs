//! What gas may cost: held back before anything is staked, capped by what it saves, raised when it has become dear.

use std::sync::{Arc, Mutex};

use alloy_primitives::U256;
use engine_core::{
    bounty::Step,
    engine::journal::Sealed,
    market::{
        Action, Market, MarketError,
        polyswarmd::{calldata::Call, verify::Limits},
    },
    units::Chain,
};
use serde_json::json;

use super::{
    Connected, assertion, id,
    node::{Node, Reply, Request},
    options,
    transactions::{REGISTRY, built, transaction},
};

/// The gas of each transaction that this node builds.
const GAS: u128 = 5_000_000;
const GWEI: u128 = 1_000_000_000;

/// A node that asks for this price, in gwei, and says that we have this much ether.
async fn node(price: &Arc<Mutex<u128>>, ether: u128) -> Node {
    let price = Arc::clone(price);
    Node::usual(move |request: &Request| {
        let mut answer = match request.path.rsplit('/').next() {
            Some("eth") => return Reply::ok(ether.to_string()),
            Some("metadata") => return Reply::ok("QmMetadata"),
            Some("assertions") => built(),
            Some("reveal") => {
                let (guid, nonce) = (id().guid, assertion().secret.reveal());
                let (verdicts, metadata) = (U256::from(1), "QmMetadata".to_owned());
                let call = Call::RevealAssertion { guid, index: 4, nonce, verdicts, metadata };
                json!({"transactions": [transaction(REGISTRY, &call)]})
            }
            _ => json!({"transactions": [transaction(REGISTRY, &Call::SettleBounty { guid: id().guid })]}),
        };
        let wei = *price.lock().unwrap() * GWEI;
        for transaction in answer["transactions"].as_array_mut().unwrap() {
            transaction["gasPrice"] = json!(u64::try_from(wei).unwrap());
        }
        Reply::ok(answer)
    })
    .await
}

/// With a ceiling of 200 gwei, and with what an NCT is worth in ETH.
async fn market(node: &Node, eth_per_nct: Option<f64>) -> Connected {
    let mut options = options(node.url());
    let side = options.chains.get_mut(&Chain::Side).unwrap();
    side.gas = Limits { gas_price: 200 * GWEI, ..side.gas };
    side.eth_per_nct = eth_per_nct;
    Connected::to(options).await.unwrap()
}

/// What the reveal is signed for: the price of its gas, in gwei, and its bytes.
async fn reveal(connected: &Connected) -> (u128, Sealed) {
    let assertion = assertion();
    let draft =
        connected.market.draft(id(), Action::Reveal { assertion: &assertion, index: 4 }).await.unwrap();
    sign(connected, draft, 7)
}

fn sign(
    connected: &Connected,
    draft: <engine_core::market::polyswarmd::Polyswarmd as Market>::Draft,
    nonce: u64,
) -> (u128, Sealed) {
    use alloy_consensus::{TxLegacy, transaction::RlpEcdsaDecodableTx};
    let signed = connected.market.sign(draft, nonce).unwrap();
    let raw = hex::decode(&signed.transactions[0].raw).unwrap();
    let read = TxLegacy::rlp_decode_signed(&mut raw.as_slice()).unwrap();
    assert_eq!(read.tx().nonce, nonce);
    (read.tx().gas_price / GWEI, Sealed::for_test(id(), Step::Reveal, signed, assertion()))
}

#[tokio::test]
async fn gas_for_what_will_be_owed_is_held_back() {
    // This assertion takes two transactions; each stake a reveal and a settlement at twice the price.
    let needed = |staked: u128| GAS * 10 * GWEI * (2 + 4 * staked);
    for (ether, staked, enough) in
        [(needed(1), 1, true), (needed(1) - 1, 1, false), (needed(3) - 1, 3, false), (needed(3), 3, true)]
    {
        let node = node(&Arc::new(Mutex::new(10)), ether).await;
        let connected = market(&node, None).await;
        let draft = connected.market.draft(id(), Action::Assert(&assertion())).await.unwrap();
        let reserved = connected.market.reserve(Chain::Side, &draft, staked).await;
        assert_eq!(reserved.is_ok(), enough, "{ether} for {staked}: {reserved:?}");
        if let Err(error) = reserved {
            assert!(
                matches!(error, MarketError::Refused { .. }) && error.to_string().contains("add ETH"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn where_gas_is_free_nothing_is_asked() {
    let node = node(&Arc::default(), 0).await;
    let connected = market(&node, Some(1.0)).await;
    let draft = connected.market.draft(id(), Action::Assert(&assertion())).await.unwrap();
    connected.market.reserve(Chain::Side, &draft, u64::MAX).await.unwrap();
    let (price, sealed) = reveal(&connected).await;
    assert_eq!(price, 0);
    let asked = node.requests().len();
    let action = assertion();
    let dearer = connected.market.dearer(&sealed, Action::Reveal { assertion: &action, index: 4 }).await;
    assert!(dearer.unwrap().is_none());
    assert_eq!(node.requests().len(), asked);
}

/// Nothing new is staked at a price over the ceiling; what is owed is sent at the ceiling.
#[tokio::test]
async fn over_the_ceiling_nothing_is_staked_and_what_is_owed_is_capped() {
    let price = Arc::new(Mutex::new(201));
    let node = node(&price, 0).await;
    let connected = market(&node, None).await;
    let drafted = connected.market.draft(id(), Action::Assert(&assertion())).await;
    assert!(matches!(drafted, Err(MarketError::Mismatch { .. })), "{drafted:?}");
    assert_eq!(reveal(&connected).await.0, 200);
    let assertion = assertion();
    let settle = connected.market.draft(id(), Action::Settle(&assertion)).await.unwrap();
    assert_eq!(sign(&connected, settle, 9).0, 200);

    // The stake of 1 NCT is worth 0.0005 ETH, which pays 5,000,000 units of gas at 0.1 gwei; 0.5 ETH at 100.
    for (eth_per_nct, expected) in [(0.0005, 0), (0.5, 100), (5.0, 200)] {
        let connected = market(&node, Some(eth_per_nct)).await;
        assert_eq!(reveal(&connected).await.0, expected, "{eth_per_nct}");
    }
}

/// A reveal that waits while gas becomes dearer is signed again for the same nonce, up to what the stake is worth.
#[tokio::test]
async fn a_reveal_that_waits_is_raised_when_gas_is_dearer() {
    let price = Arc::new(Mutex::new(10));
    let node = node(&price, 0).await;
    let connected = market(&node, Some(0.5)).await;
    let assertion = assertion();
    let action = || Action::Reveal { assertion: &assertion, index: 4 };
    let (offered, sealed) = reveal(&connected).await;
    assert_eq!(offered, 10);

    let dearer = async |price_now: u128| {
        *price.lock().unwrap() = price_now;
        connected.market.dearer(&sealed, action()).await.unwrap().map(|draft| sign(&connected, draft, 7).0)
    };
    assert_eq!(dearer(10).await, None, "it is not the price that it waits for");
    assert_eq!(dearer(9).await, None);
    assert_eq!(dearer(11).await, Some(11), "an eighth more than before, which a pool takes in its place");
    assert_eq!(dearer(60).await, Some(60));
    assert_eq!(dearer(150).await, Some(100), "no more than the stake is worth");
}
