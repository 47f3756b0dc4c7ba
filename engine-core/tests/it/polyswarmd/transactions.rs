use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use alloy_primitives::{Address, U256};
use engine_core::{
    bounty::{Step, fate::Fate},
    engine::journal::{Sealed, Signed, SignedTransaction},
    market::{
        Action, Market, MarketError, Sent,
        polyswarmd::{calldata::Call, verify::Pins},
    },
    units::{Chain, Nct},
};
use serde_json::{Value, json};

use super::{
    ACCOUNT, Connected, GUID, assertion, id,
    node::{Node, Reply, Request},
};

const TOKEN: Address = Address::repeat_byte(0x2a);
pub(super) const REGISTRY: Address = Address::repeat_byte(0x21);

fn sealed(step: Step) -> Sealed {
    let one = |n: u64| SignedTransaction { raw: format!("f8{n:02}"), hash: format!("{n:064x}"), nonce: n };
    Sealed::for_test(id(), step, Signed { transactions: vec![one(1), one(2)] }, assertion())
}

/// What a transaction of a POST is answered with.
fn taken() -> Reply {
    Reply::ok(json!([{"is_error": false, "message": "0x00"}]))
}

fn not_taken(message: &str) -> Reply {
    let message = format!("Invalid transaction error for tx 00: {{'code': -32000, 'message': '{message}'}}");
    Reply::fail(400, json!([{"is_error": true, "message": message}]))
}

/// Hands in two transactions; tells what was made of the answers, and how many arrived.
async fn send(first: Reply, second: Reply) -> (Result<Sent, MarketError>, usize) {
    let node = Node::usual(move |request: &Request| match request.json()["transactions"][0].as_str() {
        Some("f801") => first.clone(),
        _ => second.clone(),
    })
    .await;
    let connected = Connected::to_node(&node).await;
    (connected.market.send(&sealed(Step::Assert)).await, node.count("POST /transactions"))
}

#[tokio::test]
async fn every_transaction_is_handed_in_by_itself_and_in_order() {
    let node = Node::usual(|_| taken()).await;
    let connected = Connected::to_node(&node).await;
    assert_eq!(connected.market.send(&sealed(Step::Assert)).await.unwrap(), Sent::Pooled);
    let bodies: Vec<Value> =
        node.requests().iter().filter(|r| r.path == "/transactions").map(Request::json).collect();
    assert_eq!(bodies, [json!({"transactions": ["f801"]}), json!({"transactions": ["f802"]})]);
}

#[tokio::test]
async fn what_is_in_the_pool_already_is_sent() {
    for words in ["known transaction: 00", "already known"] {
        let (sent, arrived) = send(not_taken(words), taken()).await;
        assert_eq!((sent.unwrap(), arrived), (Sent::Pooled, 2), "{words}");
    }
}

#[tokio::test]
async fn a_used_nonce_asks_for_a_look() {
    for (first, second) in [
        (not_taken("nonce too low"), taken()),
        (not_taken("nonce too low"), not_taken("nonce too low")),
        (not_taken("nonce too low"), not_taken("insufficient funds")),
    ] {
        let (sent, arrived) = send(first, second).await;
        assert_eq!((sent.unwrap(), arrived), (Sent::Spent, 2));
    }
}

#[tokio::test]
async fn refused_is_only_what_left_nothing_behind() {
    let no = || not_taken("insufficient funds for gas * price + value");
    let (sent, arrived) = send(no(), no()).await;
    let Err(MarketError::Refused { reason, .. }) = sent else { panic!("{sent:?}") };
    assert!(reason.contains("insufficient funds"), "{reason}");
    assert_eq!(arrived, 2, "the first one's refusal does not keep the second back");

    // Half of it is in the pool: nobody may conclude that it did not leave.
    for (first, second) in [(no(), taken()), (taken(), no()), (taken(), Reply::Lost), (Reply::Lost, taken())]
    {
        let (sent, _) = send(first, second).await;
        assert!(matches!(sent, Err(MarketError::Lost { .. })), "{sent:?}");
    }
    let unhandled = Reply::Json(500, json!({"message": "500 Internal Server Error"}));
    let (sent, _) = send(taken(), unhandled).await;
    assert!(matches!(sent, Err(MarketError::Lost { .. })), "{sent:?}");
}

#[tokio::test]
async fn busy_says_that_nothing_left() {
    let busy = || Reply::Raw(429, vec![("retry-after", "0".into())], vec![]);
    let (sent, _) = send(busy(), taken()).await;
    assert!(matches!(sent, Err(MarketError::Busy { .. })), "{sent:?}");
    let (sent, _) = send(taken(), busy()).await;
    assert!(matches!(sent, Err(MarketError::Lost { .. })), "the first one did leave: {sent:?}");
}

async fn fate(step: Step, reply: Reply) -> Result<Fate, MarketError> {
    let node = Node::usual(move |_| reply.clone()).await;
    let connected = Connected::to_node(&node).await;
    let fate = connected.market.fate(&sealed(step)).await;
    let asked = node.requests().into_iter().find(|request| request.path == "/transactions").unwrap();
    assert_eq!(asked.method, "GET");
    assert_eq!(asked.json(), json!({"transactions": [format!("{:064x}", 1), format!("{:064x}", 2)]}));
    fate
}

#[tokio::test]
async fn the_fate_is_in_the_events_also_of_a_failure() {
    let commitment = assertion().commitment.to_string();
    let entry = json!({"bounty_guid": GUID, "author": ACCOUNT, "index": 3, "bid": ["1"], "mask": [true], "commitment": commitment});
    let placed = fate(Step::Assert, Reply::ok(json!({"assertions": [entry]}))).await.unwrap();
    assert_eq!(placed, Fate::Placed(3));
    let half = json!({"assertions": [entry], "errors": ["transaction 00: timeout during wait for receipt"]});
    assert_eq!(fate(Step::Assert, Reply::fail(400, half)).await.unwrap(), Fate::Placed(3));

    let reverted =
        json!({"errors": ["transaction 00: transaction failed at block 118, error: Bounty inactive"]});
    assert_eq!(
        fate(Step::Assert, Reply::fail(400, reverted)).await.unwrap(),
        Fate::Reverted("Bounty inactive".into())
    );
    let waiting = json!({"errors": ["transaction 00: timeout during wait for receipt"]});
    assert_eq!(fate(Step::Settle, Reply::fail(400, waiting)).await.unwrap(), Fate::Pending);
    let paid = json!({"transfers": [{"from": "0x21", "to": ACCOUNT, "value": "123"}]});
    assert_eq!(fate(Step::Settle, Reply::ok(paid)).await.unwrap(), Fate::Done { payout: Some(Nct(123)) });
}

#[tokio::test]
async fn a_fate_that_nobody_told_is_not_guessed() {
    for reply in
        [Reply::Lost, Reply::html(504), Reply::Json(500, json!({"message": "x"})), Reply::ok(json!([1]))]
    {
        let fate = fate(Step::Reveal, reply).await;
        assert!(matches!(fate, Err(MarketError::Lost { .. })), "{fate:?}");
    }
    let refused = fate(Step::Reveal, Reply::fail(400, "Invalid JSON: too many")).await;
    assert!(matches!(refused, Err(MarketError::Refused { .. })), "{refused:?}");
}

pub(super) fn transaction(to: Address, call: &Call) -> Value {
    json!({"chainId": 1338, "data": format!("0x{}", hex::encode(call.encode())), "gas": 5_000_000, "gasPrice": 0,
        "nonce": 0, "to": to, "value": 0})
}

/// What an honest node builds for [`assertion`].
pub(super) fn built() -> Value {
    let assertion = assertion();
    let amount = U256::from(Nct::ONE.0 + 31_250_000_000_000_000);
    let post = Call::PostAssertion {
        guid: id().guid,
        bids: vec![U256::from(Nct::ONE.0)],
        mask: U256::from(1),
        commitment: assertion.commitment.to_int(),
    };
    json!({"transactions": [
        transaction(TOKEN, &Call::Approve { spender: REGISTRY, amount }),
        transaction(REGISTRY, &post),
    ]})
}

#[tokio::test]
async fn the_first_assertion_teaches_what_must_hold_from_then_on() {
    let answer = std::sync::Arc::new(Mutex::new(built()));
    let script = std::sync::Arc::clone(&answer);
    let node = Node::usual(move |_| Reply::ok(script.lock().unwrap().clone())).await;
    let connected = Connected::to_node(&node).await;
    let assertion = assertion();
    let market = &connected.market;
    assert_eq!(market.learned(Chain::Side), None);

    // A failed one teaches nothing.
    answer.lock().unwrap()["transactions"][1]["value"] = 1.into();
    let drafted = market.draft(id(), Action::Assert(&assertion)).await;
    assert!(matches!(drafted, Err(MarketError::Mismatch { .. })), "{drafted:?}");
    assert_eq!(market.learned(Chain::Side), None);

    *answer.lock().unwrap() = built();
    let draft = market.draft(id(), Action::Assert(&assertion)).await.unwrap();
    let signed = market.sign(draft, 7).unwrap();
    assert_eq!(signed.transactions.iter().map(|t| t.nonce).collect::<Vec<_>>(), [7, 8]);
    let pins = Pins { chain_id: Some(1338), token: Some(TOKEN), registry: Some(REGISTRY) };
    assert_eq!(market.pins(Chain::Side), Some(pins));

    for (at, field, other) in [(0, "to", json!(REGISTRY)), (1, "to", json!(TOKEN)), (1, "chainId", json!(1))]
    {
        let mut changed = built();
        changed["transactions"][at][field] = other;
        *answer.lock().unwrap() = changed;
        let drafted = market.draft(id(), Action::Assert(&assertion)).await;
        assert!(matches!(drafted, Err(MarketError::Mismatch { .. })), "{at} {field}: {drafted:?}");
    }

    // After a restart.
    let learned = market.learned(Chain::Side).unwrap();
    *answer.lock().unwrap() = built();
    let again = Connected::to_node(&node).await;
    again.market.recall(Chain::Side, &learned).unwrap();
    assert_eq!(again.market.pins(Chain::Side), Some(pins));
    let other = learned.replace("1338", "1337");
    assert!(matches!(again.market.recall(Chain::Side, &other), Err(MarketError::Mismatch { .. })));
}

/// A node that builds any reveal, but stores no metadata and takes none longer than `longest`.
async fn revealed_with(metadata: String, longest: usize, stored: Reply) -> Vec<String> {
    let mut assertion = assertion();
    assertion.metadata = metadata;
    let secret = assertion.secret.reveal();
    let node = Node::usual(move |request: &Request| {
        if request.path == "/bounties/metadata" {
            return stored.clone();
        }
        let text = request.json()["metadata"].as_str().unwrap().to_owned();
        if text.len() > longest {
            return Reply::fail(400, "Invalid JSON: data.metadata");
        }
        let (guid, verdicts) = (id().guid, U256::from(1));
        let call = Call::RevealAssertion { guid, index: 4, nonce: secret, verdicts, metadata: text };
        Reply::ok(json!({"transactions": [transaction(REGISTRY, &call)]}))
    })
    .await;
    let connected = Connected::to_node(&node).await;
    connected.market.draft(id(), Action::Reveal { assertion: &assertion, index: 4 }).await.unwrap();
    let tried = node.requests().into_iter().filter(|request| request.path.ends_with("/assertions/4/reveal"));
    tried.map(|request| request.json()["metadata"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_reveal_names_where_its_metadata_is() {
    let whole = assertion().metadata;
    assert_eq!(revealed_with(whole, 1024, Reply::ok("QmMeta2dd2477b")).await, ["QmMeta2dd2477b"]);
}

#[tokio::test]
async fn f04_a_reveal_matters_more_than_its_metadata() {
    let whole = assertion().metadata;
    for stored in
        [Reply::Lost, Reply::html(200), Reply::fail(400, "Invalid metadata"), Reply::ok("x".repeat(2000))]
    {
        assert_eq!(revealed_with(whole.clone(), 1024, stored).await, std::slice::from_ref(&whole));
    }
    let tried = revealed_with(whole.clone(), 0, Reply::Lost).await;
    assert_eq!(tried.first(), Some(&whole));
    assert_eq!(tried.last().map(String::as_str), Some(""), "at last without any");

    let long = format!(r#"[{{"malware_family":"Eicar","more":"{}"}}]"#, "é".repeat(2000));
    let tried = revealed_with(long, 1024, Reply::Lost).await;
    assert!(tried.iter().all(|text| text.chars().count() <= 1024), "{tried:?}");
    assert_eq!(revealed_with("no JSON".into(), 1024, Reply::ok("QmX")).await, ["no JSON"]);
}

#[tokio::test]
async fn a_draft_that_the_node_refuses_costs_nothing() {
    let posted = std::sync::Arc::new(AtomicU32::new(0));
    let count = std::sync::Arc::clone(&posted);
    let node = Node::usual(move |_| {
        count.fetch_add(1, Relaxed);
        Reply::fail(400, "Invalid JSON: data.bid must be array")
    })
    .await;
    let connected = Connected::to_node(&node).await;
    let drafted = connected.market.draft(id(), Action::Assert(&assertion())).await;
    assert!(matches!(drafted, Err(MarketError::Refused { .. })), "{drafted:?}");
    assert_eq!(posted.load(Relaxed), 1);
}
