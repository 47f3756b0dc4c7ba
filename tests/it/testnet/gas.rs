//! Gas with a price: what a transaction costs, what waits, and what the node says of it.

use engine_tests::testnet::{ChainName, Endowment, Settings, Testnet};
use reqwest::Method;
use serde_json::{Value, json};

use super::{player::Player, settings, stake};

const SIDE: ChainName = ChainName::Side;
const PRICE: u128 = 2_000_000_000;
/// What the approve of an assertion uses.
const APPROVE: u128 = 46_000;

async fn dear() -> Testnet {
    Testnet::start(Settings { gas_price: PRICE, ..settings() }).await.unwrap()
}

async fn send(player: &Player, unsigned: &Value, nonce: u64) -> (u16, String) {
    let body = json!({ "transactions": [player.sign(unsigned, nonce)] });
    let (status, answer) = player.ask(Method::POST, "/transactions", Some(body)).await;
    let result = if status == 200 { &answer["result"] } else { &answer["errors"] };
    (status, result[0]["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_mined_transaction_costs_what_it_used() {
    let net = dear().await;
    let player = Player::new(&net, 0x46);
    let ether = format!("/balances/{}/eth", player.account());
    assert_eq!(player.get(&ether).await, "1000000000000000000");
    let guid = net.post_bounty();
    net.mine();
    let path = format!("/bounties/{guid}/assertions");
    let made = player.post(&path, stake(&player, true)).await;
    assert_eq!(made["transactions"][0]["gasPrice"], json!(PRICE));
    assert_eq!(send(&player, &made["transactions"][0], 0).await.0, 200);
    assert_eq!(player.get(&ether).await, "1000000000000000000", "nothing before it is mined");
    net.mine();
    let left = 10u128.pow(18) - APPROVE * PRICE;
    assert_eq!(player.get(&ether).await, left.to_string());
    assert_eq!(net.ether_on(SIDE, player.account()).to_string(), left.to_string());
    // A revert costs as well.
    let settle = player.post(&format!("/bounties/{guid}/settle"), Value::Null).await;
    send(&player, &settle["transactions"][0], 1).await;
    net.mine();
    assert_eq!(net.ether_on(SIDE, player.account()).to_string(), (left - 151_000 * PRICE).to_string());
}

#[tokio::test]
async fn a_stuck_transaction_is_replaced_by_one_that_pays_a_tenth_more() {
    let net = dear().await;
    let player = Player::new(&net, 0x46);
    let guid = net.post_bounty();
    net.mine();
    let path = format!("/bounties/{guid}/assertions");
    let mut approve = player.post(&path, stake(&player, true)).await["transactions"][0].take();
    send(&player, &approve, 0).await;
    net.set_gas_price(SIDE, PRICE * 3);
    net.mine();
    assert_eq!(player.get("/pending").await, json!(["0"]), "it waits");
    assert_eq!(player.get("/nonce").await, 1);
    assert_eq!(player.get("/nonce?ignore_pending=%20").await, 0);
    approve["gasPrice"] = json!(PRICE + PRICE / 11);
    let (status, why) = send(&player, &approve, 0).await;
    assert!(status == 400 && why.contains("replacement transaction underpriced"), "{why}");
    approve["gasPrice"] = json!(PRICE * 3);
    let (status, hash) = send(&player, &approve, 0).await;
    assert_eq!(status, 200, "{hash}");
    net.mine();
    net.mine();
    let receipts = json!({ "transactions": [hash] });
    assert_eq!(player.ask(Method::GET, "/transactions", Some(receipts)).await.0, 200);
    assert_eq!(player.get("/pending").await, json!([]));
}

#[tokio::test]
async fn too_little_ether_and_too_little_gas_are_told_as_nodes_do() {
    let poor = Player::new(&dear().await, 0x46).account();
    let endowment = Endowment { ether: 10u64.pow(16).to_string().parse().unwrap(), ..Endowment::default() };
    let settings = Settings { gas_price: PRICE, endowments: [(poor, endowment)].into(), ..settings() };
    let net = Testnet::start(settings).await.unwrap();
    let player = Player::new(&net, 0x46);
    let guid = net.post_bounty();
    net.mine();
    let path = format!("/bounties/{guid}/assertions");
    let mut approve = player.post(&path, stake(&player, true)).await["transactions"][0].take();
    approve["gas"] = json!(5_000_001);
    let (status, why) = send(&player, &approve, 0).await;
    assert!(status == 400 && why.contains("insufficient funds for gas * price + value"), "{why}");
    approve["gas"] = json!(45_999);
    let (_, hash) = send(&player, &approve, 0).await;
    net.mine();
    net.mine();
    let (status, answer) =
        player.ask(Method::GET, "/transactions", Some(json!({ "transactions": [hash] }))).await;
    assert!(
        status == 400 && answer["errors"]["errors"][0].as_str().unwrap().ends_with(": out of gas"),
        "{answer}"
    );
}
