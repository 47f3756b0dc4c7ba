//! Faults on the running net, as its clients meet them.

use std::time::Duration;

use engine_tests::testnet::{ChainName, Settings, Testnet};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    player::{Listener, Player},
    settings, stake,
};

async fn with(faults: &str) -> Testnet {
    Testnet::start(Settings { faults: faults.parse().unwrap(), ..settings() }).await.unwrap()
}

#[tokio::test]
async fn a_lost_request_was_not_applied_and_a_lost_answer_was() {
    let net = with(
        "[[fault]]\non = 'request'\nmethod = 'POST'\npath = '/transactions'\nwhat = 'lose_request'
        [[fault]]\non = 'request'\nmethod = 'POST'\npath = '/transactions'\nnth = 2\nwhat = 'lose_answer'",
    )
    .await;
    let player = Player::new(&net, 0x46);
    let guid = net.post_bounty();
    net.mine();
    let made = player.post(&format!("/bounties/{guid}/assertions"), stake(&player, true)).await;
    let body = json!({ "transactions": [player.sign(&made["transactions"][0], 0)] });
    let send = async || player.try_ask(Method::POST, "/transactions", Some(body.clone())).await;
    assert!(send().await.is_err());
    assert_eq!(player.get("/pending").await, json!([]));
    assert!(send().await.is_err());
    assert_eq!(player.get("/pending").await, json!(["0"]));
    let (status, answer) = send().await.unwrap();
    assert!(status == 400 && answer.to_string().contains("known transaction"), "{answer}");
    assert_eq!(net.faults_hit(), [1, 1]);
    assert_eq!(net.report().totals.rejected_requests.len(), 1, "only what the node itself refused");
}

#[tokio::test]
async fn answers_can_be_429_500_html_or_late() {
    let fault = |what: &str| format!("[[fault]]\non = 'request'\npath = '/nonce'\n{what}\n");
    let faults = [
        "what = '429'\nretry_after = 2",
        "nth = 2\nwhat = '429'",
        "nth = 3\nwhat = '500'",
        "nth = 4\nwhat = 'html'",
        "nth = 5\nwhat = 'html'\nstatus = 200",
        "nth = 6\nwhat = 'delay'\nms = 1",
    ];
    let net = with(&faults.map(fault).concat()).await;
    let player = Player::new(&net, 0x46);
    let url = format!("{}/nonce?account={}", net.url(), player.account());
    let answer = reqwest::get(&url).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"2".parse().unwrap()));
    let answer = reqwest::get(&url).await.unwrap();
    assert!(answer.status() == 429 && !answer.headers().contains_key("retry-after"));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let (status, answer) = player.ask(Method::GET, "/nonce/", None).await;
        let page = answer.as_str().is_some_and(|text| text.starts_with("<html>"));
        statuses.push((status, page));
    }
    assert_eq!(statuses, [(500, false), (502, true), (200, true)]);
    assert_eq!(player.get("/nonce").await, 0, "late, but right");
    assert_eq!(net.faults_hit(), [1; 6]);
    assert_eq!(net.report().totals.rejected_requests, []);
}

#[tokio::test]
async fn a_lying_node_builds_what_was_not_asked_for_and_the_contract_tells() {
    let net = with(
        "[[fault]]\non = 'request'\nlie = 'commitment'\npath = '/bounties/*/assertions'
        [[fault]]\non = 'request'\npath = '/bounties/*/assertions/*/reveal'\nlie = 'verdicts'",
    )
    .await;
    let player = Player::new(&net, 0x46);
    let guid = net.post_bounty();
    net.mine();
    let path = format!("/bounties/{guid}/assertions");
    let lied = player.post(&path, stake(&player, true)).await;
    let honest = player.post(&path, stake(&player, true)).await;
    assert_eq!(lied["transactions"][0], honest["transactions"][0]);
    assert_ne!(lied["transactions"][1], honest["transactions"][1]);
    player.act(&net, &path, stake(&player, true), 0).await;
    super::mine_to(&net, 5);
    let body = json!({ "nonce": "77", "verdicts": [true], "metadata": "" });
    let (status, answer) = player.act(&net, &format!("{path}/0/reveal"), body, 2).await;
    assert!(status == 400 && answer.to_string().contains("Commitment hash mismatch"), "{answer}");
}

#[tokio::test]
async fn sockets_drop_at_an_event_and_blocks_bring_what_the_file_says() {
    let net = with(
        "[[fault]]\non = 'event'\nevent = 'bounty'\nwhat = 'drop_socket'
        [[fault]]\non = 'block'\nnth = 3\nwhat = 'gas_price'\nwei = 7\nblocks = 2
        [[fault]]\non = 'block'\nnth = 4\nwhat = 'regression'\nby = 2\nblocks = 1
        [[fault]]\non = 'block'\nnth = 4\nwhat = 'window_update'\nreveal = 9\nvote = 8
        [[fault]]\non = 'block'\nnth = 6\nwhat = 'drop_sockets'",
    )
    .await;
    let player = Player::new(&net, 0x46);
    let mut events = Listener::connect(&net).await;
    events.until("connected").await;
    net.post_bounty();
    net.mine();
    assert_eq!(events.next().await["event"], "block");
    assert!(events.ended().await);
    net.until_fault(0).await;

    let mut events = Listener::connect(&net).await;
    events.until("connected").await;
    let mut prices = Vec::new();
    for _ in 2..=5 {
        net.mine();
        let made = player.post(&format!("/bounties/{}/settle", uuid::Uuid::nil()), Value::Null).await;
        prices.push(made["transactions"][0]["gasPrice"].clone());
    }
    assert_eq!(prices, [0, 7, 7, 0]);
    let mut numbers = Vec::new();
    for _ in 2..=5 {
        numbers.push(events.until("block").await["data"]["number"].clone());
    }
    assert_eq!(numbers, [2, 3, 2, 5]);
    assert_eq!(player.get("/bounties/parameters").await["arbiter_vote_window"], 8);
    net.mine();
    assert!(events.ended().await);
    assert_eq!(net.faults_hit(), [1; 5]);
}

#[tokio::test]
async fn faults_can_be_added_and_are_counted_from_then_on() {
    let net = with("").await;
    let player = Player::new(&net, 0x46);
    player.get("/nonce").await;
    net.inflict("[[fault]]\non = 'request'\npath = '/nonce'\nwhat = '500'\nchain = 'side'".parse().unwrap());
    let waiting = net.until_fault(0);
    let asking = player.ask(Method::GET, "/nonce", None);
    let (asked, ()) =
        tokio::time::timeout(Duration::from_secs(30), async { tokio::join!(asking, waiting) }).await.unwrap();
    assert_eq!(asked.0, 500);
    assert_eq!(player.get("/nonce").await, 0);
    assert_eq!(net.ether_on(ChainName::Side, player.account()).to_string(), super::NCT.to_string());
}
