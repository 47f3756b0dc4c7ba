//! The fast variant: signed texts that hold at once, seconds for blocks, and pay at the end.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine_tests::testnet::{Settings, Testnet, Variant};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    FEE, NCT,
    player::{Listener, Player},
    settings,
};

async fn fast() -> Testnet {
    Testnet::start(Settings { variant: Variant::Fast, per_bounty: 1, ..settings() }).await.unwrap()
}

/// A signed assertion with another layout than the reference's, which is as good.
fn assertion(player: &Player, guid: Uuid, verdict: bool, bid: u128) -> Value {
    let family = if verdict { "Bad" } else { "" };
    let text = json!({
        "data": { "bid": bid, "guid": guid, "metadata": { "malware_family": family }, "verdict": verdict },
        "from": player.account().to_checksum(None),
        "name": "polyswarmtransaction.bounty:AssertionTransaction",
    });
    signed(player, &text)
}

fn signed(player: &Player, text: &Value) -> Value {
    json!({ "raw_transaction": text.to_string(), "signature": player.sign_text(&text.to_string()) })
}

#[tokio::test]
async fn a_bounty_is_asserted_at_once_judged_and_paid() {
    let net = fast().await;
    let (right, wrong) = (Player::new(&net, 0x46), Player::new(&net, 0x47));
    assert_eq!(right.ask(Method::OPTIONS, "/wallets/", None).await.0, 200);
    let wallet = |player: &Player| format!("/wallets/{}/", player.account());
    assert_eq!(right.get(&wallet(&right)).await["nct"], (NCT * 1_000_000).to_string());
    wrong.get(&wallet(&wrong)).await;
    let mut events = Listener::connect(&net).await;
    events.until("connected").await;

    let started = net.head();
    let guid = net.post_bounty();
    net.mine();
    assert_eq!(net.head(), started + 1, "a second");
    let bounty = events.next().await;
    assert_eq!(bounty["event"], "bounty", "blocks are not told of");
    assert_eq!(bounty["data"]["expiration"], (started + 1 + 4).to_string());
    let truth = net.report().bounties[0].artifacts[0].truth;

    let path = format!("/bounties/{guid}/assertions/");
    let taken = right.post(&path, assertion(&right, guid, truth, NCT)).await;
    assert_eq!(taken["index"], 0);
    let told = events.next().await;
    assert_eq!((&told["event"], &told["data"]["bid"]), (&json!("assertion"), &json!([NCT.to_string()])));
    wrong.post(&path, assertion(&wrong, guid, !truth, NCT)).await;
    let shown = right.get(&path).await;
    assert_eq!(
        (shown.as_array().unwrap().len(), &shown[1]["author"]),
        (2, &json!(wrong.account().to_checksum(None)))
    );
    assert_eq!(
        (&shown[0]["verdicts"], &shown[0]["nonce"]),
        (&json!([null]), &json!("0")),
        "nobody copies it"
    );
    assert_eq!(net.balance(right.account()).to_string(), (NCT * 999_999 - FEE).to_string());

    for _ in 0..4 {
        net.mine();
    }
    assert_eq!(right.get(&path).await[0]["verdicts"], json!([truth]), "the time is over");
    for _ in 0..3 {
        net.mine();
    }
    assert_eq!(events.until("quorum").await["data"]["bounty_guid"], json!(guid));
    // Both bids and the amount of 2 NCT.
    let paid = events.until("settled_bounty").await;
    assert_eq!(paid["data"]["payout"].to_string(), (NCT * 4).to_string());
    assert_eq!(right.get(&wallet(&right)).await["nct"], (NCT * 1_000_003 - FEE).to_string());
    let report = net.report();
    let score = &report.bounties[0];
    assert!(score.asserted && score.settled && score.correct && score.assertions == 1, "{score:?}");
    assert!(score.metadata.as_ref().unwrap().contains("malware_family"), "{score:?}");
    assert!(!net.report_of(wrong.account()).bounties[0].correct);
    assert!(report.totals.rejected_requests.is_empty() && net.is_over(), "{report:?}");
    assert!(net.report().accounts.len() == 2 && net.reaction_times().len() == 1);
    net.mine();
    net.mine();
    net.mine();
    assert_eq!(net.report().totals.rejected_requests, [], "ambassador and arbiters settle once");
}

#[tokio::test]
async fn what_is_signed_wrong_is_refused() {
    let net = fast().await;
    let (player, other) = (Player::new(&net, 0x46), Player::new(&net, 0x47));
    let guid = net.post_bounty();
    net.mine();
    let path = format!("/bounties/{guid}/assertions/");
    let good = assertion(&player, guid, true, NCT);
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    let text = |change: fn(&mut Value)| {
        let mut text: Value = serde_json::from_str(good["raw_transaction"].as_str().unwrap()).unwrap();
        change(&mut text);
        signed(&player, &text)
    };
    let altered = good["raw_transaction"].as_str().unwrap().replace("true", "false");
    let mut parity = good["signature"].as_str().unwrap().to_owned();
    parity.replace_range(130.., "1b");
    for (body, why) in [
        (json!({}), "Invalid JSON: data must contain ['raw_transaction', 'signature'] properties"),
        (with("raw_transaction", json!(altered)), "signed by"),
        (with("signature", json!("00")), "Invalid signature: it begins with 0x"),
        (with("signature", json!("0x00")), "Invalid signature: 65 bytes"),
        (with("signature", json!(parity)), "the last of them 0 or 1"),
        (assertion(&other, guid, true, NCT), "Invalid sender: expected"),
        (assertion(&player, Uuid::nil(), true, NCT), "Invalid transaction: it is about 00000000-"),
        (assertion(&player, guid, true, NCT * 2), "Bid not between min & max"),
        (text(|t| t["name"] = json!("VoteTransaction")), "VoteTransaction is no assertion"),
        (text(|t| t["data"]["bid"] = json!("1")), "Invalid transaction: invalid type: string"),
        (text(|t| t["data"]["bid"] = json!(0.5)), "Invalid transaction: a bid of 0.5"),
        (text(|t| t["data"]["metadata"] = json!({})), "Invalid metadata"),
        (text(|t| t["data"]["more"] = json!(1)), "unknown field `more`"),
    ] {
        let (status, answer) = player.ask(Method::POST, &path, Some(body.clone())).await;
        assert!(status == 400 && answer["errors"].to_string().contains(why), "{why}: {answer}");
    }
    assert_eq!(net.report().totals.rejected_requests.len(), 13);
    player.post(&path, good.clone()).await;
    let (_, answer) = player.ask(Method::POST, &path, Some(good)).await;
    assert_eq!(answer["errors"], "Sender has already asserted");
    assert_eq!(net.report().bounties[0].assertions, 3, "two that the contract refused");
    for _ in 0..4 {
        net.mine();
    }
    let (_, answer) = other.ask(Method::POST, &path, Some(assertion(&other, guid, true, NCT))).await;
    assert_eq!(answer["errors"], "Bounty inactive");
    for (method, path) in [
        (Method::GET, "/nonce".to_owned()),
        (Method::POST, "/transactions".into()),
        (Method::POST, format!("/bounties/{guid}/settle")),
        (Method::POST, format!("/bounties/{guid}/assertions/0/reveal")),
    ] {
        assert_ne!(player.ask(method, &path, None).await.0, 200, "{path} is not of this variant");
    }
}

#[tokio::test]
async fn the_clock_is_that_of_the_world_when_it_runs_by_itself() {
    let settings = Settings {
        variant: Variant::Fast,
        bounties: 1,
        per_bounty: 1,
        expiration_blocks: 1,
        reveal_blocks: 1,
        vote_blocks: 1,
        ..settings()
    };
    let net = Testnet::start(settings).await.unwrap();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let before = now();
    let mut posted = 0;
    net.run(Duration::from_millis(5), |change| posted = posted.max(change.block)).await;
    assert!((before..=now()).contains(&net.head()) && posted >= before, "{before} {posted} {}", net.head());
    assert_eq!(net.report().bounties.len(), 1, "in many ticks a second");
}
