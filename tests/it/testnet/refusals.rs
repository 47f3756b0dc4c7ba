//! What the node refuses, with its words, and what of that is held against an engine.

use std::time::Duration;

use engine_tests::testnet::{Settings, Testnet};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    NCT, mine_to,
    player::{Player, promise},
    testnet,
};

#[tokio::test]
async fn requests_are_refused_with_the_nodes_words() {
    let net = testnet().await;
    let player = Player::new(&net, 0x46);
    let guid = net.post_bounty();
    net.mine();
    let (assertions, reveal) =
        (format!("/bounties/{guid}/assertions"), format!("/bounties/{guid}/assertions/0/reveal"));
    let one = NCT.to_string();
    let post = Method::POST;
    let cases = [
        (&post, assertions.as_str(), json!([]), "Invalid JSON: data must be object"),
        (
            &post,
            &assertions,
            json!({ "bid": [] }),
            "Invalid JSON: data must contain ['bid', 'mask'] properties",
        ),
        (
            &post,
            &assertions,
            json!({ "bid": [1], "mask": [true] }),
            "Invalid JSON: data.bid[0] must be string",
        ),
        (
            &post,
            &assertions,
            json!({ "bid": ["-1"], "mask": [true] }),
            "Invalid JSON: data.bid[0] must match pattern ^\\d+$",
        ),
        (
            &post,
            &assertions,
            json!({ "bid": [one], "mask": [1] }),
            "Invalid JSON: data.mask[0] must be boolean",
        ),
        (
            &post,
            &assertions,
            json!({ "bid": [one], "mask": vec![true; 257], "commitment": "1" }),
            "Invalid JSON: data.mask must contain less than or equal to 256 items",
        ),
        (
            &post,
            &assertions,
            json!({ "bid": [one], "mask": [true] }),
            "Require verdicts and bid_portions or a commitment",
        ),
        (
            &post,
            &assertions,
            json!({ "bid": [one], "mask": [true, true], "commitment": "1" }),
            "bid_portions must be equal in length to the number of true mask values",
        ),
        (
            &post,
            &reveal,
            json!({ "nonce": "1", "verdicts": [], "metadata": null }),
            "Invalid JSON: data.metadata must be string",
        ),
        (
            &post,
            &reveal,
            json!({ "nonce": "1", "verdicts": [], "metadata": "x".repeat(1025) }),
            "Invalid JSON: data.metadata must be shorter than or equal to 1024 characters",
        ),
        (&post, "/bounties/metadata", json!([{ "malware_family": 1 }]), "Invalid metadata"),
        (
            &post,
            "/transactions",
            json!({ "transactions": ["0x00"] }),
            "Invalid JSON: data.transactions[0] must match pattern ^[0-9a-fA-F]+$",
        ),
        (&Method::GET, "/bounties?count=10", Value::Null, "Count must be a multiple of page size 25"),
        (&Method::GET, "/bounties?count=100", Value::Null, "Count must be a multiple of page size 25"),
        (&Method::GET, "/balances/0x12/nct", Value::Null, "Invalid address"),
        (&Method::GET, "/artifacts/no-uri/", Value::Null, "Invalid artifact URI"),
    ];
    for (method, path, body, why) in &cases {
        let (status, answer) = player.ask((*method).clone(), path, Some(body.clone())).await;
        assert_eq!((status, &answer["errors"]), (400, &json!(why)), "{path} {body}");
    }
    let rejected = net.report().totals.rejected_requests;
    assert_eq!(rejected.len(), cases.len(), "{rejected:?}");
    assert_eq!(rejected[0].path, assertions);
    assert!(rejected[0].why.contains("data must be object"), "{}", rejected[0].why);
}

#[tokio::test]
async fn looking_for_what_does_not_exist_is_no_offence() {
    let net = testnet().await;
    let player = Player::new(&net, 0x46);
    let guid = net.post_bounty();
    net.mine();
    let nobody = uuid::Uuid::new_v4();
    for (method, path, why) in [
        (Method::OPTIONS, "/wallets/".to_owned(), json!(null)),
        (Method::GET, format!("/bounties/{nobody}"), json!("Bounty not found")),
        (Method::GET, format!("/bounties/{guid}/assertions/0"), json!("Assertion not found")),
        (Method::GET, format!("/bounties/{guid}/votes/0/"), json!("Vote not found")),
        (Method::GET, "/artifacts/QmNone".to_owned(), json!("Artifact with URI QmNone not found")),
    ] {
        let (status, answer) = player.ask(method, &path, None).await;
        assert_eq!((status, &answer["errors"]), (404, &why), "{path}");
    }
    assert_eq!(net.report().totals.rejected_requests, []);
    assert_eq!(player.ask(Method::GET, "/no/such/path", None).await.0, 404);
    assert_eq!(player.ask(Method::DELETE, "/nonce", None).await.0, 405);
    assert_eq!(net.report().totals.rejected_requests.len(), 2, "but asking for no endpoint is");
}

#[tokio::test]
async fn the_account_and_the_chain_have_to_be_right() {
    let net = testnet().await;
    for (query, why) in [
        ("", "Account must be provided"),
        ("?account=0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F&chain=moon", "Chain must one of home, side"),
        (
            "?account=0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F&chain=home",
            "this testnet has the side chain only",
        ),
    ] {
        let answer = reqwest_get(&net, &format!("/nonce{query}")).await;
        assert_eq!(answer["errors"], why);
    }
    let answer = reqwest_get(&net, "/nonce/?account=0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F").await;
    assert_eq!(answer, json!({ "status": "OK", "result": 0 }), "a missing chain means side");
}

async fn reqwest_get(net: &Testnet, path: &str) -> Value {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::get(format!("{}{path}", net.url())).await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn transactions_are_refused_by_the_pool_and_reverted_by_the_contract() {
    let net = testnet().await;
    let (player, other) = (Player::new(&net, 0x46), Player::new(&net, 0x47));
    let guid = net.post_bounty();
    net.mine();
    let body =
        json!({ "bid": [NCT.to_string()], "mask": [true], "commitment": promise(player.account(), 7, 1) });
    let path = format!("/bounties/{guid}/assertions");
    let made = player.post(&path, body.clone()).await;
    let approve = made["transactions"][0].clone();
    let signed = player.sign(&approve, 0);
    let send = async |who: &Player, signed: &str| {
        let (status, answer) =
            who.ask(Method::POST, "/transactions", Some(json!({ "transactions": [signed] }))).await;
        let results = if status == 200 { &answer["result"] } else { &answer["errors"] };
        assert_eq!(results[0]["is_error"], status != 200, "{answer}");
        results[0]["message"].as_str().unwrap().to_owned()
    };
    assert!(send(&other, &signed).await.starts_with("Invalid transaction sender for tx 0x"));
    let elsewhere = json!({ "to": "0x0000000000000000000000000000000000000001", "data": "0x", "chainId": 1338, "gas": 50000, "gasPrice": 0 });
    assert!(
        send(&player, &player.sign(&elsewhere, 0))
            .await
            .starts_with("Invalid transaction recipient for tx 0x")
    );
    assert!(send(&player, "00").await.starts_with("Invalid transaction: "));
    assert!(send(&player, &signed).await.starts_with("0x"));
    assert!(send(&player, &signed).await.contains("'message': 'known transaction: "));
    let mut home = approve.clone();
    home["gas"] = json!(60_000);
    assert!(
        send(&player, &player.sign(&home, 0))
            .await
            .ends_with("'message': 'replacement transaction underpriced'}")
    );
    home["chainId"] = json!(1337);
    assert!(send(&player, &player.sign(&home, 1)).await.ends_with("'message': 'invalid sender'}"));
    net.mine();
    assert!(send(&player, &signed).await.ends_with("{'code': -32000, 'message': 'nonce too low'}"));
    assert_eq!(net.report().totals.rejected_requests.len(), 7);

    mine_to(&net, 5);
    let (status, answer) = player.act(&net, &path, body, 1).await;
    let why = answer["errors"]["errors"][0].as_str().unwrap();
    assert!(
        status == 400 && why.ends_with("transaction failed at block 6, error: Bounty inactive"),
        "{answer}"
    );
    let report = net.report();
    assert_eq!(report.bounties[0].assertions, 1, "a reverted one counts");
    assert!(!report.bounties[0].asserted);
    let reverts: Vec<_> =
        report.totals.rejected_requests.iter().filter(|r| r.why.contains("reverted")).collect();
    assert!(reverts.len() == 1 && reverts[0].why.ends_with("block 6: Bounty inactive"), "{reverts:?}");
}

#[tokio::test]
async fn a_receipt_that_does_not_come_is_a_timeout() {
    let settings = Settings { receipt_wait: Duration::from_millis(50), ..Settings::default() };
    let net = Testnet::start(settings).await.unwrap();
    let player = Player::new(&net, 0x46);
    let hash = "ab".repeat(32);
    let (status, answer) = player
        .ask(Method::GET, "/transactions", Some(json!({ "transactions": [format!("0x{hash}")] })))
        .await;
    let why = format!("transaction {hash}: timeout during wait for receipt");
    assert_eq!((status, &answer["errors"]["errors"]), (400, &json!([why])));
    assert_eq!(net.report().totals.rejected_requests, [], "it does not exist");

    let made = player.post(&format!("/bounties/{}/settle", uuid::Uuid::new_v4()), Value::Null).await;
    let signed = player.sign(&made["transactions"][0], 0);
    let sent = player.post("/transactions", json!({ "transactions": [signed] })).await;
    let look = async || {
        let body = json!({ "transactions": [sent[0]["message"]] });
        player.ask(Method::GET, "/transactions", Some(body)).await.1["errors"]["errors"][0].to_string()
    };
    assert!(look().await.contains("timeout"), "it waits in the pool");
    net.mine();
    assert!(look().await.contains("timeout"), "no block is on top of it");
    assert_eq!(net.report().totals.rejected_requests.len(), 3, "two look-ups and the revert");
    net.mine();
    assert!(look().await.contains("block 1, error: Bounty not initialized"));
}
