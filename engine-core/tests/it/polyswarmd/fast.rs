//! A node of the fast variant.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use engine_core::{
    bounty::{
        Step,
        event::Event,
        fate::{Fate, Placed, Terms},
    },
    engine::{
        driver::Driver,
        journal::{Journal, Sealed},
        trial::Trial,
    },
    market::{
        Action, Market, MarketError, Sent,
        polyswarmd::{Polyswarmd, Variant},
    },
    units::{Chain, Nct, Tick},
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use super::{
    ACCOUNT, Connected, GUID, URI, assertion, id,
    node::{Node, Peer, Reply, Request, say, within},
    options, wallet,
};
use crate::driver::rig::{ByContent, plan};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The line of the request that asserts.
fn asserting() -> String {
    format!("POST /bounties/{GUID}/assertions/")
}

#[tokio::test]
async fn it_is_known_by_its_wallets() {
    for status in [200, 204, 302] {
        let node = Node::start(move |request| match request.line().as_str() {
            "OPTIONS /wallets/" => Reply::Raw(status, vec![], vec![]),
            _ => Reply::ok(super::node::parameters()),
        })
        .await;
        let connected = Connected::to_node(&node).await;
        assert_eq!(connected.market.variant(), Variant::Fast, "{status}");
        let terms = Terms { reveal: false, settle: false, answer_unknown: false, one_artifact: true };
        assert_eq!(connected.market.terms(), terms);
    }
}

#[tokio::test]
async fn a_node_in_trouble_is_asked_again_which_kind_it_is() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let node = Node::start(move |request| match request.line().as_str() {
        "OPTIONS /wallets/" if count.fetch_add(1, Relaxed) < 2 => Reply::html(503),
        "OPTIONS /wallets/" => Reply::fail(404, "no wallets"),
        _ => Reply::ok(super::node::parameters()),
    })
    .await;
    let connected = Connected::to_node(&node).await;
    assert_eq!((connected.market.variant(), asked.load(Relaxed)), (Variant::Ethereum, 3));
    let broken = Node::start(|_| Reply::html(503)).await;
    Connected::to(options(broken.url())).await.err().expect("no market");
    assert_eq!(broken.count("OPTIONS /wallets/"), 3);
}

#[tokio::test]
async fn its_clock_is_the_time_of_day_and_blocks_are_none() {
    let mut node = Node::fast(|_| Reply::ok(json!([]))).await;
    let before = now();
    let mut connected = Connected::to_node(&node).await;
    let mut peer = node.peer().await;
    say(&mut peer, r#"{"event":"block","data":{"number":117}}"#).await;
    say(&mut peer, format!(r#"{{"event":"quorum","data":{{"bounty_guid":"{GUID}"}}}}"#)).await;
    let (mut ticks, mut parameters, mut quorum) = (Vec::new(), 0, 0);
    while ticks.len() < 3 || quorum == 0 {
        match connected.event().await {
            Event::Tick(tick) => ticks.push(tick),
            Event::Parameters(_) => parameters += 1,
            Event::Quorum(_) => quorum += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(parameters, 1);
    assert!(ticks.is_sorted() && ticks[0] < ticks[2], "{ticks:?}");
    assert!(ticks.iter().all(|tick| (Tick(before)..=Tick(now())).contains(tick)), "{ticks:?}");
}

/// No block comes, and perhaps no bounty for an hour.
#[tokio::test]
async fn a_quiet_socket_that_answers_pings_is_kept() {
    let mut node = Node::fast(|_| Reply::ok(json!([]))).await;
    let mut quiet = options(node.url());
    quiet.timeouts.ping = Duration::from_millis(10);
    quiet.timeouts.silence_side = Duration::from_millis(200);
    let _connected = Connected::to(quiet).await.unwrap();
    let mut peer = node.peer().await;
    for _ in 0..50 {
        let frame = within("a ping", peer.next()).await.expect("it is kept").unwrap();
        assert!(matches!(frame, Message::Ping(_)), "{frame:?}");
    }
}

#[tokio::test]
async fn its_paths_end_with_a_slash() {
    let node = Node::fast(|request| match request.line() {
        wallet if wallet == format!("GET /wallets/{ACCOUNT}/") => Reply::ok(json!({"nct": "7", "eth": "0"})),
        _ => Reply::ok(json!([])),
    })
    .await;
    let connected = Connected::to_node(&node).await;
    assert_eq!(connected.market.balance(Chain::Side).await.unwrap(), Nct(7));
    assert_eq!(connected.market.artifact_count(id()).await.unwrap(), u64::MAX);
    assert_eq!(connected.market.nonce(Chain::Side).await.unwrap(), 0);
    assert_eq!(connected.market.find(id(), &assertion()).await.unwrap(), None);
    let paths: Vec<String> = node.requests().into_iter().map(|request| request.path).collect();
    assert!(paths.iter().all(|path| path.ends_with('/')), "{paths:?}");
}

#[tokio::test]
async fn a_balance_is_a_text_or_a_number_and_zero_says_nothing() {
    for (nct, expected) in [
        (json!("12"), Ok(Nct(12))),
        (json!(12), Ok(Nct(12))),
        (json!("100000000000000000000000"), Ok(Nct(100_000 * Nct::ONE.0))),
        (json!("0"), Ok(Nct(1000 * Nct::ONE.0))),
        (json!("much"), Err(())),
        (json!(-1), Err(())),
        (Value::Null, Err(())),
    ] {
        let wallet = json!({ "nct": nct });
        let node = Node::fast(move |_| Reply::ok(wallet.clone())).await;
        let connected = Connected::to_node(&node).await;
        assert_eq!(connected.market.balance(Chain::Side).await.map_err(drop), expected, "{nct}");
    }
}

/// An assertion, drafted, signed and as if it were on disk.
async fn sealed(connected: &Connected) -> Sealed {
    let assertion = assertion();
    let draft = connected.market.draft(id(), Action::Assert(&assertion)).await.unwrap();
    let signed = connected.market.sign(draft, 7).unwrap();
    Sealed::for_test(id(), Step::Assert, signed, assertion)
}

async fn send(posted: Reply, listed: Value) -> Result<Sent, MarketError> {
    let node = Node::fast(move |request| match request.method.as_str() {
        "POST" => posted.clone(),
        _ => Reply::ok(listed.clone()),
    })
    .await;
    let connected = Connected::to_node(&node).await;
    let sent = connected.market.send(&sealed(&connected).await).await;
    let posts: Vec<Request> =
        node.requests().into_iter().filter(|request| request.method == "POST").collect();
    let [post] = &posts[..] else { panic!("{posts:?}") };
    assert_eq!(post.line(), asserting());
    assert_eq!((post.query["account"].as_str(), post.query["chain"].as_str()), (ACCOUNT, "side"));
    let body = post.json();
    let message = body["raw_transaction"].as_str().unwrap();
    assert!(
        message
            .starts_with(r#"{"name": "polyswarmtransaction.bounty:AssertionTransaction", "from": "0x9d8A"#)
    );
    assert!(
        message.contains(r#""verdict": true, "bid": 1000000000000000000, "metadata": {"malware_family": "E"#)
    );
    assert_eq!((body.as_object().unwrap().len(), body["signature"].as_str().unwrap().len()), (2, 132));
    sent
}

#[tokio::test]
async fn what_it_takes_is_asserted_and_what_it_refuses_is_not_unless_it_has_it() {
    let ours = json!({ "author": ACCOUNT.to_lowercase(), "verdict": null });
    let theirs = json!({ "author": "0x4B1867c484871926109E3C47668d5C0938CA3527" });
    let refused = |why: &str| Reply::fail(400, why);
    for (posted, listed, expected) in [
        (Reply::ok(json!({"guid": GUID})), json!([]), Sent::Decided(Fate::Placed(0))),
        (Reply::ok(Value::Null), json!([theirs]), Sent::Decided(Fate::Placed(0))),
        (refused("Bounty is over"), json!([theirs, ours]), Sent::Decided(Fate::Placed(1))),
        (refused("Already asserted"), json!([theirs]), Sent::Spent),
        (refused("Bounty is over"), json!([theirs]), Sent::Decided(Fate::Reverted("Bounty is over".into()))),
        (refused("Bounty is over"), Value::Null, Sent::Decided(Fate::Reverted("Bounty is over".into()))),
    ] {
        assert_eq!(send(posted.clone(), listed.clone()).await.unwrap(), expected, "{posted:?} {listed}");
    }
    for lost in [Reply::Lost, Reply::html(502), Reply::fail(500, "no database")] {
        assert!(send(lost.clone(), json!([])).await.unwrap_err().is_transient(), "{lost:?}");
    }
}

#[tokio::test]
async fn an_assertion_is_found_by_its_author() {
    let node =
        Node::fast(|_| Reply::ok(json!([7, {"author": null}, {"author": ACCOUNT, "commitment": "?"}]))).await;
    let connected = Connected::to_node(&node).await;
    let found = connected.market.find(id(), &assertion()).await.unwrap();
    assert_eq!(found, Some(Placed { index: 2, revealed: false }));
    assert_eq!(connected.market.fate(&sealed(&connected).await).await.unwrap(), Fate::Placed(2));
}

#[tokio::test]
async fn votes_are_on_the_first_artifact() {
    let vote = |vote: bool| json!({ "voter": ACCOUNT, "vote": vote });
    for (votes, expected) in [
        (json!([vote(true), vote(false)]), Some(vec![true])),
        (json!([vote(true), vote(false), vote(false)]), Some(vec![false])),
        (json!([vote(true), {"votes": [false]}, {"votes": [false, true]}]), Some(vec![false])),
        (json!([7, {"voter": ACCOUNT}, {"votes": []}]), None),
        (Value::Null, None),
    ] {
        let listed = votes.clone();
        let node = Node::fast(move |_| Reply::ok(listed.clone())).await;
        assert_eq!(Connected::to_node(&node).await.market.truth(id()).await.unwrap(), expected, "{votes}");
        assert_eq!(node.count(&format!("GET /bounties/{GUID}/votes/")), 1);
    }
}

#[tokio::test]
async fn the_same_assertion_is_the_same_bytes_and_there_are_no_other_steps() {
    let node = Node::fast(|_| Reply::Lost).await;
    let connected = Connected::to_node(&node).await;
    assert_eq!(sealed(&connected).await.signed(), sealed(&connected).await.signed());
    assert_eq!(sealed(&connected).await.signed().transactions[0].nonce, 0);
    let assertion = assertion();
    for action in [Action::Reveal { assertion: &assertion, index: 0 }, Action::Settle(&assertion)] {
        let drafted = connected.market.draft(id(), action).await;
        assert!(matches!(drafted, Err(MarketError::Refused { .. })), "{drafted:?}");
    }
}

/// A node with one bounty of two artifacts, of which an assertion is taken; the answer to it is lost `losses` times.
async fn node_with_a_bounty(losses: u32) -> Node {
    let posts = AtomicU32::new(0);
    Node::fast(move |request| {
        let has_it = || posts.load(Relaxed) > 0;
        match request.line() {
            line if line == asserting() => match posts.fetch_add(1, Relaxed) {
                n if n < losses => Reply::Lost,
                0 => Reply::ok(Value::Null),
                _ => Reply::fail(409, "you have asserted on this bounty"),
            },
            line if line == format!("GET /bounties/{GUID}/assertions/") => {
                Reply::ok(if has_it() { json!([{ "author": ACCOUNT }]) } else { json!([]) })
            }
            line if line == format!("GET /artifacts/{URI}/") => {
                Reply::ok(json!([{"name": "a", "hash": "x"}, {"name": "b", "hash": "y"}]))
            }
            line if line.starts_with("GET /artifacts/") => Reply::Raw(200, vec![], b"malicious".to_vec()),
            line if line == format!("GET /wallets/{ACCOUNT}/") => {
                Reply::ok(json!({ "nct": "2000000000000000000" }))
            }
            _ => Reply::ok(json!([])),
        }
    })
    .await
}

async fn announce(peer: &mut Peer) {
    let data = json!({"guid": GUID, "artifact_type": "file", "author": ACCOUNT, "amount": "62500000000000000",
        "uri": URI, "expiration": (now() + 600).to_string(), "metadata": []});
    say(peer, json!({"event": "bounty", "data": data, "block_number": 1, "txhash": "00"}).to_string()).await;
}

/// Runs an engine until it has asserted, and gives the bodies that it posted. Its trial ends with the assertion, and so does the bounty.
async fn asserted(losses: u32) -> Vec<Vec<u8>> {
    let mut node = node_with_a_bounty(losses).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let (cancel, stop) = (CancellationToken::new(), CancellationToken::new());
    let connected = Polyswarmd::connect(options(node.url()), wallet(), cancel.clone()).await;
    let (market, events) = connected.unwrap();
    let journal = Journal::open(&path, ACCOUNT).await.unwrap();
    let driver = Driver::new(Arc::new(market), ByContent::default(), journal, plan()).await.unwrap();
    let trial = Trial::new(1);
    let running = tokio::spawn(driver.trial(trial.clone()).run(events, stop));
    announce(&mut node.peer().await).await;
    within("the end", running).await.unwrap().unwrap();
    cancel.cancel();
    trial.outcome().unwrap();
    let stage = "SELECT stage FROM bounty";
    let stage: String = tokio_rusqlite::rusqlite::Connection::open(&path)
        .unwrap()
        .query_row(stage, [], |row| row.get(0))
        .unwrap();
    assert_eq!(stage, "over: settled");
    let posts = node.requests().into_iter().filter(|request| request.line() == asserting());
    posts.map(|request| request.body).collect()
}

#[tokio::test]
async fn an_engine_asserts_the_first_artifact_once_and_is_done_with_the_bounty() {
    let posted = asserted(0).await;
    let [body] = &posted[..] else { panic!("{} assertions", posted.len()) };
    let body: Value = serde_json::from_slice(body).unwrap();
    let message: Value = serde_json::from_str(body["raw_transaction"].as_str().unwrap()).unwrap();
    assert_eq!((&message["data"]["guid"], &message["data"]["verdict"]), (&json!(GUID), &json!(true)));
    assert_eq!(message["data"]["bid"], json!(1_000_000_000_000_000_000_u64));
}

/// Three answers are lost, after which the clerk gives up, and the machine tries again.
#[tokio::test]
async fn after_lost_answers_the_same_bytes_are_handed_in_until_it_shows() {
    let posted = asserted(4).await;
    assert_eq!(posted.len(), 5);
    assert!(posted.iter().all(|body| *body == posted[0]));
}
