//! What a test can have happen on the running net, as its clients see it.

use alloy_primitives::U256;
use engine_tests::testnet::{Sample, Settings, Testnet};
use serde_json::{Value, json};

use super::{
    FEE, mine_to,
    player::{Listener, Player},
    settings, stake, testnet,
};

#[tokio::test]
async fn new_windows_hold_for_open_bounties_and_are_told() {
    let net = testnet().await;
    let player = Player::new(&net, 0x46);
    let mut events = Listener::connect(&net).await;
    net.first_client().await;
    let guid = net.post_bounty();
    net.mine();
    player.send(&format!("/bounties/{guid}/assertions"), stake(&player, true), 0).await;
    net.set_windows(5, 2);
    net.mine();
    let told = events.until("window_update").await;
    let windows = json!({ "assertion_reveal_window": 5, "arbiter_vote_window": 2 });
    assert_eq!((&told["data"], &told["block_number"]), (&windows, &json!(2)));
    assert_eq!(player.get("/bounties/parameters").await["assertion_reveal_window"], 5);
    // Expiration at 5; the old reveal window would end at 8.
    mine_to(&net, 8);
    let body = json!({ "nonce": "77", "verdicts": [true], "metadata": "" });
    let (status, answer) = player.act(&net, &format!("/bounties/{guid}/assertions/0/reveal"), body, 2).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(events.until("vote").await["block_number"], 10);
}

#[tokio::test]
async fn arbiters_vote_and_the_author_settles_once_when_windows_shrink() {
    let net = testnet().await;
    let player = Player::new(&net, 0x46);
    let guid = net.post_bounty();
    net.mine();
    player.send(&format!("/bounties/{guid}/assertions"), stake(&player, true), 0).await;
    mine_to(&net, 6);
    net.set_windows(1, 2);
    net.mine();
    let path = format!("/bounties/{guid}/votes");
    assert_eq!(player.get(&path).await.as_array().unwrap().len(), 3, "the reveal window ended at 6");
    mine_to(&net, 12);
    assert_eq!(net.report().totals.rejected_requests, []);
}

#[tokio::test]
async fn new_fees_are_told_and_taken() {
    let net = testnet().await;
    let player = Player::new(&net, 0x46);
    let mut events = Listener::connect(&net).await;
    net.first_client().await;
    net.set_fees(U256::from(7), U256::from(FEE * 2));
    let guid = net.post_bounty();
    net.mine();
    let told = events.until("fee_update").await;
    assert_eq!(told["data"], json!({ "bounty_fee": 7, "assertion_fee": FEE * 2 }));
    let before = net.balance(player.account());
    let (status, answer) =
        player.act(&net, &format!("/bounties/{guid}/assertions"), stake(&player, true), 0).await;
    assert_eq!(status, 200, "{answer}");
    let paid = before.max(U256::from(super::NCT * 1_000_000)) - net.balance(player.account());
    assert_eq!(paid, U256::from(super::NCT + FEE * 2));
}

#[tokio::test]
async fn a_deprecated_contract_takes_no_bounty_and_finishes_the_others() {
    let net = testnet().await;
    let player = Player::new(&net, 0x46);
    let mut events = Listener::connect(&net).await;
    net.first_client().await;
    let guid = net.post_bounty();
    net.mine();
    net.deprecate();
    net.post_bounty();
    net.mine();
    assert_eq!(events.until("deprecated").await["data"], json!({ "rollover": false }));
    let report = net.report();
    assert_eq!(report.bounties.len(), 1);
    assert!(report.totals.rejected_requests[0].why.ends_with("Contract is deprecated"), "{report:?}");
    let path = format!("/bounties/{guid}");
    player.act(&net, &format!("{path}/assertions"), stake(&player, true), 0).await;
    mine_to(&net, 8);
    let (status, answer) = player.act(&net, &format!("{path}/settle"), Value::Null, 2).await;
    assert_eq!(status, 200, "{answer}");
    assert!(net.is_over());
}

#[tokio::test]
async fn dropped_sockets_are_gone_and_new_ones_hear_what_comes() {
    let net = testnet().await;
    let mut events = Listener::connect(&net).await;
    events.until("connected").await;
    net.mine();
    assert_eq!(events.next().await["data"]["number"], 1);
    net.drop_sockets();
    assert!(events.ended().await, "without a word");
    net.mine();
    let mut events = Listener::connect(&net).await;
    events.until("connected").await;
    net.mine();
    assert_eq!(events.next().await["data"]["number"], 3);
}

#[tokio::test]
async fn a_regression_tells_lower_numbers_for_a_while() {
    let net = testnet().await;
    let player = Player::new(&net, 0x46);
    let mut events = Listener::connect(&net).await;
    events.until("connected").await;
    mine_to(&net, 10);
    net.regress(4, 2);
    assert_eq!(player.get("/status").await["side"]["block"], 10, "from the next block on");
    let guid = net.post_bounty();
    net.mine();
    let bounty = events.until("bounty").await;
    assert_eq!((&bounty["block_number"], &bounty["data"]["expiration"]), (&json!(7), &json!("15")));
    assert_eq!(player.get("/status").await["side"]["block"], 7);
    net.mine();
    net.mine();
    let numbers = [events.next().await, events.next().await].map(|event| event["data"]["number"].clone());
    assert_eq!(numbers, [json!(8), json!(13)]);
    assert_eq!(player.get(&format!("/bounties/{guid}")).await["expiration"], 15);
}

#[tokio::test]
async fn a_bounty_can_be_on_urls() {
    let url = "https://example.com/a";
    let sample = Sample { name: "a".into(), truth: true, content: url.into() };
    let net = Testnet::start(Settings { urls: vec![sample], per_bounty: 1, ..settings() }).await.unwrap();
    let player = Player::new(&net, 0x46);
    let mut events = Listener::connect(&net).await;
    net.first_client().await;
    let guid = net.post_url_bounty();
    net.mine();
    let data = events.until("bounty").await["data"].clone();
    assert_eq!((&data["guid"], &data["artifact_type"]), (&json!(guid), &json!("url")));
    assert_eq!(data["metadata"], json!([{ "uri": url, "protocol": "https" }]));
    assert_eq!(player.get(&format!("/bounties/{guid}")).await["artifact_type"], "url");
    let path = format!("/artifacts/{}/0/", data["uri"].as_str().unwrap());
    assert_eq!(player.ask(reqwest::Method::GET, &path, None).await.1, url);
}
