use std::{collections::BTreeMap, error::Error};

use engine_core::{
    market::{MarketError, polyswarmd::ConnectError},
    units::Chain,
};
use serde_json::json;
use tokio::net::TcpListener;

use super::{
    ACCOUNT, Connected,
    node::{Node, Reply},
    options,
};

const KEY: &str = "0123456789abcdef0123456789abcdef";

async fn refused(reply: impl Fn() -> Reply + Send + Sync + 'static) -> ConnectError {
    let node = Node::start(move |_| reply()).await;
    Connected::to(options(node.url())).await.err().expect("no market")
}

/// The message and all its causes.
fn told(error: &ConnectError) -> String {
    let causes = std::iter::successors(Some(error as &dyn Error), |error: &&dyn Error| (*error).source());
    causes.map(|error| error.to_string()).collect::<Vec<_>>().join(": ")
}

#[tokio::test]
async fn a_node_that_is_not_there_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = Connected::to(options(format!("http://{free}"))).await.err().unwrap();
    assert!(matches!(&error, ConnectError::NoNode { source: MarketError::Lost { .. }, .. }), "{error:?}");
    assert!(
        told(&error).contains(&free.to_string()) && told(&error).contains("check the address"),
        "{error}"
    );
}

#[tokio::test]
async fn a_web_server_is_no_node() {
    // A plain web server knows no OPTIONS /wallets/ either.
    let error = refused(|| Reply::html(404)).await;
    assert!(matches!(error, ConnectError::NoNode { .. }), "{error:?}");
    assert!(told(&error).contains("text/html") && told(&error).contains("It works!"), "{}", told(&error));
}

#[tokio::test]
async fn what_cannot_be_worked_with_says_why() {
    let closed = refused(|| Reply::Json(401, json!({"message": "Unauthorized"}))).await;
    assert!(
        matches!(closed, ConnectError::Unauthorized { .. }) && told(&closed).contains("API_KEY"),
        "{closed:?}"
    );
    let broken = refused(|| Reply::html(500)).await;
    assert!(matches!(broken, ConnectError::Unclear { .. }), "{broken:?}");
    let moved = refused(|| Reply::Raw(301, vec![("location", "http://127.0.0.1:1/".into())], vec![])).await;
    assert!(told(&moved).contains("redirect"), "{}", told(&moved));
}

#[tokio::test]
async fn options_that_risk_money_or_the_key_are_refused_before_anything_is_sent() {
    let node = Node::usual(|_| Reply::Lost).await;
    let mut plain = options(node.url());
    plain.api_key = Some(KEY.parse().unwrap());
    let refused = Connected::to(plain.clone()).await.err().unwrap();
    assert!(matches!(refused, ConnectError::KeyOverHttp), "{refused:?}");

    let mut home = options(node.url());
    home.chains = BTreeMap::from([(Chain::Home, Default::default())]);
    let refused = Connected::to(home.clone()).await.err().unwrap();
    assert!(matches!(refused, ConnectError::Unpinned(Chain::Home)), "{refused:?}");
    assert!(refused.to_string().contains("[chains.home]"), "{refused}");

    home.chains.clear();
    assert!(matches!(Connected::to(home).await.err().unwrap(), ConnectError::NoChain));
    assert!(node.requests().is_empty());

    plain.allow_key_over_http = true;
    drop(Connected::to(plain).await.unwrap());
    assert!(node.requests().iter().all(|request| request.headers["authorization"] == KEY));
}

#[tokio::test]
async fn every_lookup_says_who_asks_and_the_socket_says_nothing() {
    let mut node = Node::usual(|_| Reply::Lost).await;
    let mut with_key = options(node.url());
    with_key.api_key = Some(KEY.parse().unwrap());
    with_key.allow_key_over_http = true;
    let _connected = Connected::to(with_key).await.unwrap();
    let (opened, _peer) = node.peer_and_request().await;
    assert_eq!((opened.path.as_str(), opened.query.len()), ("/events/", 1));
    assert_eq!(opened.query["chain"], "side");
    assert!(!opened.headers.contains_key("authorization"));

    let requests = node.requests();
    assert!(requests[0].query.is_empty(), "OPTIONS /wallets/ has no query");
    assert_eq!(requests[1].query["account"], ACCOUNT);
    assert_eq!(requests[1].query["chain"], "side");
}

#[tokio::test]
async fn a_node_that_starts_slowly_is_asked_again() {
    let asked = std::sync::atomic::AtomicU32::new(0);
    let node = Node::usual(|_| Reply::Lost).await;
    let slow = Node::start(move |request| match request.line().as_str() {
        "OPTIONS /wallets/" if asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2 => Reply::Lost,
        "OPTIONS /wallets/" => Reply::Json(404, json!({"message": "404 Not Found"})),
        _ => Reply::ok(super::node::parameters()),
    })
    .await;
    assert!(Connected::to(options(slow.url())).await.is_ok());
    drop(node);
}
