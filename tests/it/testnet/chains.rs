//! Both chains at once: each has its own blocks, accounts, contracts and events.

use engine_tests::testnet::{ChainName, Settings, Testnet};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    NCT,
    player::{Listener, Player},
    settings, stake,
};

const HOME: ChainName = ChainName::Home;
const SIDE: ChainName = ChainName::Side;

async fn both() -> Testnet {
    Testnet::start(Settings { chains: vec![HOME, SIDE], ..settings() }).await.unwrap()
}

#[tokio::test]
async fn each_chain_has_its_own_blocks_and_events() {
    let net = both().await;
    let (home, side) = (Player::on(&net, 0x46, HOME), Player::on(&net, 0x46, SIDE));
    let (mut at_home, mut at_side) = (Listener::on(&net, HOME).await, Listener::on(&net, SIDE).await);
    at_home.until("connected").await;
    at_side.until("connected").await;
    net.mine_on(SIDE);
    net.mine_on(SIDE);
    let guid = net.post_bounty_on(HOME);
    net.mine();
    assert_eq!(
        (net.head_on(HOME), net.head_on(SIDE), net.head()),
        (1, 3, 1),
        "the first is that of the settings"
    );
    assert_eq!(at_home.next().await["data"]["number"], 1);
    assert_eq!(at_home.next().await["data"]["guid"], json!(guid));
    for block in 1..=3 {
        assert_eq!(at_side.next().await["data"]["number"], block);
    }
    assert_eq!(home.get("/bounties").await, json!([guid]));
    assert_eq!(side.get("/bounties").await, json!([]));
    assert_eq!(side.ask(Method::GET, &format!("/bounties/{guid}"), None).await.0, 404);
    let status = home.get("/status").await;
    assert_eq!((&status["home"]["block"], &status["side"]["block"]), (&json!(1), &json!(3)));
}

#[tokio::test]
async fn a_chain_that_there_is_not_stands_for_the_first_in_commands_and_is_refused_in_requests() {
    let net = Testnet::start(settings()).await.unwrap();
    let mut events = Listener::on(&net, SIDE).await;
    events.until("connected").await;
    let guid = net.post_bounty_on(HOME);
    assert_eq!(net.mine_on(HOME)[0].chain, SIDE);
    assert_eq!(events.until("bounty").await["data"]["guid"], json!(guid));
    let (status, answer) = Player::on(&net, 0x46, HOME).ask(Method::GET, "/nonce", None).await;
    assert!(status == 400 && answer["errors"] == "this testnet has the side chain only", "{answer}");
}

#[tokio::test]
async fn a_stake_is_on_one_chain_and_a_signature_for_one_chain() {
    let net = both().await;
    let (home, side) = (Player::on(&net, 0x46, HOME), Player::on(&net, 0x46, SIDE));
    let guid = net.post_bounty_on(HOME);
    net.post_bounty_on(SIDE);
    net.mine();
    let path = format!("/bounties/{guid}/assertions");
    let made = home.post(&path, stake(&home, true)).await;
    let approve = &made["transactions"][0];
    assert_eq!(approve["chainId"], 1337);
    let signed = json!({ "transactions": [home.sign(approve, 0)] });
    let (status, answer) = side.ask(Method::POST, "/transactions", Some(signed)).await;
    assert!(status == 400 && answer.to_string().contains("invalid sender"), "{answer}");
    let (status, answer) = home.act(&net, &path, stake(&home, true), 0).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!((home.get("/nonce").await, side.get("/nonce").await), (json!(2), json!(0)));
    let tokens = format!("/balances/{}/nct", home.account());
    assert_ne!(home.get(&tokens).await, side.get(&tokens).await);
    assert_eq!(net.balance_on(SIDE, home.account()).to_string(), (NCT * 1_000_000).to_string());

    let report = net.report();
    let scores: Vec<_> = report.bounties.iter().map(|bounty| (bounty.chain, bounty.asserted)).collect();
    assert_eq!(scores, [(HOME, true), (SIDE, false)]);
    assert_eq!(serde_json::to_value(&report).unwrap()["bounties"][0]["chain"], "home");
}

#[tokio::test]
async fn the_timetable_posts_on_each_chain() {
    let net =
        Testnet::start(Settings { chains: vec![SIDE, HOME], bounties: 2, every: 1, ..settings() }).await;
    let net = net.unwrap();
    let player = Player::on(&net, 0x46, HOME);
    for _ in 0..3 {
        net.mine();
    }
    let chains: Vec<_> = net.report().bounties.iter().map(|bounty| bounty.chain).collect();
    assert_eq!(chains, [SIDE, HOME, SIDE, HOME]);
    let listed: Value = player.get("/bounties").await;
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert!(!net.is_over());
    for _ in 0..4 {
        net.mine();
    }
    assert!(net.is_over());
}
