use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use engine_core::{
    artifact::ArtifactKind,
    bounty::{Bounty, fate::Placed},
    market::{Action, Market, MarketError},
    units::{Chain, Nct, Tick},
};
use serde_json::{Value, json};

use super::{
    ACCOUNT, Connected, GUID, URI, assertion, id,
    node::{Node, Reply},
    options,
};

pub(crate) fn bounty(uri: &str) -> Bounty {
    Bounty {
        id: id(),
        kind: ArtifactKind::File,
        amount: Nct::ONE,
        uri: uri.to_owned(),
        expiration: Tick(137),
        metadata: vec![json!({"mimetype": "text/plain"}).as_object().unwrap().clone()],
    }
}

#[tokio::test]
async fn artifacts_are_listed_with_what_their_poster_said() {
    let node =
        Node::usual(|_| Reply::ok(json!([{"name": "a", "hash": "x"}, {"name": null, "more": 1}]))).await;
    let connected = Connected::to_node(&node).await;
    let listed = connected.market.artifacts(&bounty(URI)).await.unwrap();
    let [first, second] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!((first.name.as_str(), first.metadata["mimetype"].as_str()), ("a", Some("text/plain")));
    assert_eq!((second.name.as_str(), second.metadata.len()), ("", 0));
}

#[tokio::test]
async fn a_list_that_is_none_or_too_long_is_told() {
    let many = |n: usize| Reply::ok(vec![json!({"name": "", "hash": ""}); n]);
    for (reply, expected) in [(many(256), Ok(256)), (Reply::ok(Value::Null), Ok(0)), (many(257), Err(()))] {
        let node = Node::usual(move |_| reply.clone()).await;
        let connected = Connected::to_node(&node).await;
        let listed = connected.market.artifacts(&bounty(URI)).await;
        assert_eq!(listed.map(|listed| listed.len()).map_err(drop), expected);
    }
}

#[tokio::test]
async fn f27_a_hostile_uri_is_never_asked_for() {
    let node = Node::usual(|_| Reply::ok(json!([]))).await;
    let connected = Connected::to_node(&node).await;
    let before = node.requests().len();
    for uri in ["../nonce", "a/../../transactions", "x?chain=home", "é", ""] {
        let listed = connected.market.artifacts(&bounty(uri)).await;
        assert!(matches!(listed, Err(MarketError::Refused { .. })), "{uri}");
        let bytes = connected.market.artifact(&bounty(uri), 0, 10).await;
        assert!(matches!(bytes, Err(MarketError::Refused { .. })), "{uri}");
    }
    assert_eq!(node.requests().len(), before);
}

#[tokio::test]
async fn f16_bytes_come_whole_or_not_at_all() {
    let stream = |announced: &str, body: &[u8]| {
        Reply::Stuck([format!("HTTP/1.1 200 x\r\n{announced}\r\n\r\n").as_bytes(), body].concat())
    };
    let whole = Reply::Raw(200, vec![], b"0123456789".to_vec());
    let announced = stream("content-length: 11", b"");
    let streamed = stream("transfer-encoding: chunked", b"b\r\n0123456789x\r\n");
    let page = Reply::Raw(200, vec![("content-type", "text/html".into())], b"<html>".to_vec());
    for (reply, expected) in [
        (whole, Ok("0123456789")),
        (page, Ok("<html>")),
        (announced, Err("more than 10 bytes")),
        (streamed, Err("more than 10 bytes")),
        (Reply::fail(404, "Artifact not found"), Err("Artifact not found")),
        (Reply::html(502), Err("no answer")),
        (Reply::Lost, Err("no answer")),
    ] {
        let node = Node::usual(move |_| reply.clone()).await;
        let connected = Connected::to_node(&node).await;
        match (connected.market.artifact(&bounty(URI), 1, 10).await, expected) {
            (Ok(bytes), Ok(expected)) => assert_eq!(bytes, expected.as_bytes()),
            (Err(MarketError::Lost { .. }), Err("no answer")) => {}
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
        let asked =
            node.requests().into_iter().rfind(|request| request.path.starts_with("/artifacts/")).unwrap();
        assert_eq!(asked.path, format!("/artifacts/{URI}/1/"));
        assert_eq!(asked.query.keys().collect::<Vec<_>>(), ["account"]);
    }
}

#[tokio::test]
async fn a_body_that_stops_is_given_up() {
    let head = b"HTTP/1.1 200 x\r\ncontent-length: 5\r\n\r\nabc";
    let node = Node::usual(|_| Reply::Stuck(head.to_vec())).await;
    let mut impatient = options(node.url());
    impatient.timeouts.download = Duration::from_millis(50);
    impatient.timeouts.request = Duration::from_millis(50);
    let connected = Connected::to(impatient).await.unwrap();
    let bytes = connected.market.artifact(&bounty(URI), 0, 10).await;
    assert!(matches!(bytes, Err(MarketError::Lost { .. })), "{bytes:?}");
    let balance = connected.market.balance(Chain::Side).await;
    assert!(matches!(balance, Err(MarketError::Lost { .. })), "{balance:?}");
}

#[tokio::test]
async fn a_look_up_is_tried_twice_and_an_order_once() {
    let node = Node::usual(|_| Reply::Lost).await;
    let connected = Connected::to_node(&node).await;
    assert!(connected.market.balance(Chain::Side).await.unwrap_err().is_transient());
    assert_eq!(node.count(&format!("GET /balances/{ACCOUNT}/nct")), 2);
    assert!(connected.market.draft(id(), Action::Settle(&assertion())).await.unwrap_err().is_transient());
    assert_eq!(node.count(&format!("POST /bounties/{GUID}/settle")), 1);
}

#[tokio::test]
async fn f20_too_many_requests_quiet_the_whole_client() {
    let asked = AtomicU32::new(0);
    let node = Node::usual(move |_| match asked.fetch_add(1, Relaxed) {
        0 => Reply::Raw(429, vec![("retry-after", "1".into())], b"<html>slow down</html>".to_vec()),
        _ => Reply::ok("7"),
    })
    .await;
    let connected = Connected::to_node(&node).await;
    let busy = connected.market.draft(id(), Action::Settle(&assertion())).await;
    let Err(MarketError::Busy { retry_after, .. }) = busy else { panic!("{busy:?}") };
    assert_eq!(retry_after, Duration::from_secs(1));
    // Now nothing goes out before the second is over; that the order was not carried out is certain.
    let mut balance = std::pin::pin!(connected.market.balance(Chain::Side));
    // Somebody else, who has not been told, is answered meanwhile.
    let other = Connected::to_node(&node).await;
    let others = async {
        for _ in 0..10 {
            assert_eq!(other.market.balance(Chain::Side).await.unwrap(), Nct(7));
        }
    };
    tokio::select! {
        _ = &mut balance => panic!("it went out at once"),
        () = others => {}
    }
    assert_eq!(node.count(&format!("GET /balances/{ACCOUNT}/nct")), 10);
    assert_eq!(balance.await.unwrap(), Nct(7));
}

#[tokio::test]
async fn an_answer_that_is_none_is_lost_and_a_no_is_refused() {
    for (reply, lost) in [
        (Reply::html(200), true),
        (Reply::Json(500, json!({"message": "500 Internal Server Error"})), true),
        (Reply::ok(json!(["7"])), true),
        (Reply::ok("-7"), true),
        (Reply::fail(400, "Invalid address"), false),
        (Reply::fail(400, "x".repeat(100_000)), false),
    ] {
        let node = Node::usual(move |_| reply.clone()).await;
        let connected = Connected::to_node(&node).await;
        let error = connected.market.balance(Chain::Side).await.unwrap_err();
        assert_eq!(matches!(error, MarketError::Lost { .. }), lost, "{error:?}");
        assert_eq!(matches!(error, MarketError::Refused { .. }), !lost, "{error:?}");
        assert!(format!("{error:?}").len() < 1000);
    }
}

#[tokio::test]
async fn a_nonce_is_free_in_the_pool_too() {
    let fail = || Reply::fail(500, "no pool");
    for (nonce, pending, expected) in [
        (5, Reply::ok(json!([])), Some(5)),
        (5, Reply::ok(json!(["5", "6"])), Some(7)),
        (5, Reply::ok(json!(["6", "5", "8"])), Some(7)),
        (5, Reply::ok(json!(["7", "8"])), Some(5)),
        (5, Reply::fail(404, "no pool"), Some(5)),
        (5, fail(), None),
    ] {
        let node = Node::usual(move |request| match request.path.as_str() {
            "/nonce" => Reply::ok(nonce),
            _ => pending.clone(),
        })
        .await;
        let connected = Connected::to_node(&node).await;
        assert_eq!(connected.market.nonce(Chain::Side).await.ok(), expected);
        let asked = node.requests().into_iter().find(|request| request.path == "/nonce").unwrap();
        assert!(!asked.query.contains_key("ignore_pending"), "what waits in the pool counts");
    }
}

/// A node whose list of assertions leaves out what it could not read.
async fn find(list: Value, by_index: Value) -> Result<Option<Placed>, MarketError> {
    let node = Node::usual(move |request| {
        let path = request.path.strip_prefix(&format!("/bounties/{GUID}/assertions")).unwrap();
        match path.strip_prefix('/') {
            None => Reply::ok(list.clone()),
            Some(index) => by_index
                .get(index)
                .map_or_else(|| Reply::fail(404, "Assertion not found"), |e| Reply::ok(e.clone())),
        }
    })
    .await;
    Connected::to_node(&node).await.market.find(id(), &assertion()).await
}

#[tokio::test]
async fn our_assertion_is_found_by_who_and_what() {
    let entry = |author: &str, commitment: &str, nonce: &str| json!({"author": author, "mask": [true], "commitment": commitment, "nonce": nonce, "verdicts": [null]});
    let commitment = assertion().commitment.to_string();
    let ours = entry(&ACCOUNT.to_lowercase(), &commitment, "0");
    let other = entry("0x4B1867c484871926109E3C47668d5C0938CA3527", &commitment, "0");
    let before = entry(ACCOUNT, "12", "0");

    let placed = find(json!([other, ours]), json!({"0": other, "1": ours})).await.unwrap();
    assert_eq!(placed, Some(Placed { index: 1, revealed: false }));
    // The list leaves one out: the index is higher than the position.
    let revealed = entry(ACCOUNT, &commitment, "9");
    let placed = find(json!([7, ours]), json!({"0": other, "1": other, "4": revealed})).await.unwrap();
    assert_eq!(placed, Some(Placed { index: 4, revealed: true }));

    assert_eq!(find(json!([]), json!({})).await.unwrap(), None);
    assert_eq!(find(json!([other, before]), json!({})).await.unwrap(), None);
    let unclear = find(json!([ours]), json!({"0": other})).await;
    assert!(unclear.unwrap_err().is_transient(), "listed, but under no index: ask again");
}
