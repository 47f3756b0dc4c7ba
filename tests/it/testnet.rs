//! The simulated marketplace, played by hand over HTTP and websocket.

mod accounts;
mod chains;
mod commands;
mod engines;
mod fast;
mod faults;
mod gas;
mod player;
mod program;
mod reference;
mod refusals;

use engine_tests::testnet::{Report, Sample, Settings, Testnet, What};
use serde_json::{Value, json};

use self::player::{Listener, Player, promise};

/// One sample of each kind; expiration after 4 blocks, 3 to reveal, 3 to vote.
async fn testnet() -> Testnet {
    Testnet::start(settings()).await.unwrap()
}

fn settings() -> Settings {
    let sample = |name: &str, truth| Sample { name: name.into(), truth, content: name.to_owned().into() };
    Settings {
        samples: vec![sample("bad", true), sample("good", false)],
        per_bounty: 2,
        expiration_blocks: 4,
        reveal_blocks: 3,
        vote_blocks: 3,
        ..Settings::default()
    }
}

/// An assertion, and what it promises: the truth, if the first artifact's verdict is `first`.
fn stake(player: &Player, first: bool) -> Value {
    let promised = promise(player.account(), 77, u64::from(first));
    json!({ "bid": [NCT.to_string()], "mask": [true], "commitment": promised })
}

fn mine_to(net: &Testnet, block: u64) {
    while net.head() < block {
        net.mine();
    }
}

/// The truth of the only bounty as a bit field and as booleans.
fn truth(report: &Report) -> (u64, Vec<bool>) {
    let truth: Vec<bool> = report.bounties[0].artifacts.iter().map(|artifact| artifact.truth).collect();
    (truth.iter().enumerate().map(|(i, set)| u64::from(*set) << i).sum(), truth)
}

const NCT: u128 = 1_000_000_000_000_000_000;
const FEE: u128 = 31_250_000_000_000_000;

#[tokio::test]
async fn a_bounty_is_asserted_revealed_settled_and_scored() {
    let net = testnet().await;
    let player = Player::new(&net, 0x46);
    let mut events = Listener::connect(&net).await;
    let greeting = events.next().await;
    assert!(greeting["event"] == "connected" && greeting["data"]["start_time"].is_string(), "{greeting}");
    net.first_client().await;

    let guid = net.post_bounty();
    net.mine();
    assert_eq!(events.next().await, json!({ "event": "block", "data": { "number": 1 } }));
    let bounty = events.next().await;
    assert_eq!((&bounty["event"], &bounty["data"]["guid"]), (&json!("bounty"), &json!(guid)));
    assert_eq!((&bounty["data"]["expiration"], &bounty["block_number"]), (&json!("5"), &json!(1)));
    let (bits, verdicts) = truth(&net.report());

    let uri = bounty["data"]["uri"].as_str().unwrap();
    let list = player.get(&format!("/artifacts/{uri}/")).await;
    for (i, described) in bounty["data"]["metadata"].as_array().unwrap().iter().enumerate() {
        assert_eq!(list[i]["name"], described["filename"]);
        let (status, content) =
            player.ask(reqwest::Method::GET, &format!("/artifacts/{uri}/{i}/"), None).await;
        assert_eq!((status, &content), (200, &described["filename"]), "a sample holds its own name");
    }

    let path = format!("/bounties/{guid}");
    let bid = [NCT.to_string(), (NCT / 2).to_string()];
    let promised = promise(player.account(), 77, bits);
    let body = json!({ "bid": bid, "mask": [true, true], "commitment": promised });
    assert_eq!(net.reaction_times().len(), 0, "nobody has asserted");
    let (_, answer) = player.act(&net, &format!("{path}/assertions"), body, 0).await;
    let author = player.account().to_checksum(None);
    let assertion = json!({ "bounty_guid": guid, "author": author, "index": 0, "bid": bid,
        "mask": [true, true], "commitment": promised });
    assert_eq!(answer["result"]["assertions"], json!([assertion]), "{answer}");
    assert_eq!(answer["result"]["transfers"][0]["value"], (NCT * 3 / 2 + FEE).to_string());
    assert_eq!(events.until("assertion").await["data"], assertion);
    assert_eq!(net.reaction_times().len(), 1);
    assert_eq!(player.get(&format!("{path}/assertions")).await[0]["verdicts"], json!([null, null]));

    mine_to(&net, 5);
    let metadata = json!([{ "malware_family": "Bad" }, { "malware_family": "" }]);
    let uri = player.post("/bounties/metadata", metadata.clone()).await;
    let body = json!({ "nonce": "77", "verdicts": verdicts, "metadata": uri });
    let (_, answer) = player.act(&net, &format!("{path}/assertions/0/reveal"), body, 2).await;
    assert_eq!(answer["result"]["reveals"][0]["metadata"], uri, "{answer}");
    let reveal = events.until("reveal").await;
    assert_eq!((&reveal["data"]["metadata"], &reveal["data"]["verdicts"]), (&metadata, &json!(verdicts)));

    mine_to(&net, 8);
    assert_eq!(events.until("quorum").await["data"], json!({ "bounty_guid": guid }));
    assert_eq!(player.get(&format!("{path}/votes")).await.as_array().unwrap().len(), 3);
    assert_eq!(player.get(&path).await["quorum_reached"], true);
    let (_, answer) = player.act(&net, &format!("{path}/settle"), Value::Null, 3).await;
    // Alone and right: both bids back, and both portions of the amount of 4 NCT.
    let paid = (NCT * 11 / 2).to_string();
    assert_eq!(answer["result"]["transfers"][0]["value"], paid, "{answer}");
    let settled = events.until("settled_bounty").await;
    assert_eq!(settled["data"]["payout"].to_string(), paid);

    let report = net.report();
    let score = &report.bounties[0];
    assert!(score.asserted && score.revealed && score.settled && score.correct, "{score:?}");
    assert_eq!((score.assertions, score.reveals, &score.payout), (1, 1, &paid));
    assert_eq!((&score.mask, &score.verdicts), (&Some(vec![true, true]), &Some(verdicts)));
    assert_eq!(score.metadata.as_deref(), Some(metadata.to_string().as_str()));
    assert!(report.totals.correct == 1 && report.totals.rejected_requests.is_empty(), "{report:?}");
    assert!(net.is_over());
    let balance = player.get(&format!("/balances/{author}/nct")).await;
    assert_eq!(balance, (NCT * 1_000_004 - FEE).to_string());
    assert_eq!(player.get("/nonce").await, 4);
}

#[tokio::test]
async fn a_wrong_verdict_loses_the_bid_and_is_not_correct() {
    let net = testnet().await;
    let player = Player::new(&net, 0x46);
    let guid = net.post_bounty();
    net.mine();
    let (bits, verdicts) = truth(&net.report());
    let wrong: Vec<bool> = verdicts.iter().map(|verdict| !verdict).collect();
    let promised = promise(player.account(), 77, bits ^ 3);
    let path = format!("/bounties/{guid}");
    let body =
        json!({ "bid": [NCT.to_string(), NCT.to_string()], "mask": [true, true], "commitment": promised });
    player.act(&net, &format!("{path}/assertions"), body, 0).await;
    mine_to(&net, 5);
    let body = json!({ "nonce": "77", "verdicts": wrong, "metadata": "" });
    player.act(&net, &format!("{path}/assertions/0/reveal"), body, 2).await;
    mine_to(&net, 8);
    player.act(&net, &format!("{path}/settle"), Value::Null, 3).await;
    let report = net.report();
    let score = &report.bounties[0];
    assert!(score.revealed && score.settled && !score.correct, "{score:?}");
    assert_eq!((score.payout.as_str(), report.totals.correct), ("0", 0));
}

#[tokio::test]
async fn a_bounty_without_an_assertion_is_over_at_its_expiration() {
    let net = testnet().await;
    net.post_bounty();
    mine_to(&net, 4);
    assert!(!net.is_over());
    let changes = net.mine();
    assert_eq!(changes.iter().map(|change| change.event).collect::<Vec<_>>(), [What::Over]);
    assert!(net.is_over() && !net.report().bounties[0].asserted);
}

#[tokio::test]
async fn an_assertor_who_never_settles_is_waited_for_until_20_blocks_after_the_windows() {
    let net = testnet().await;
    let player = Player::new(&net, 0x46);
    let guid = net.post_bounty();
    net.mine();
    let body =
        json!({ "bid": [NCT.to_string()], "mask": [true], "commitment": promise(player.account(), 7, 1) });
    player.act(&net, &format!("/bounties/{guid}/assertions"), body, 0).await;
    mine_to(&net, 5 + 3 + 3 + 19);
    assert!(!net.is_over());
    net.mine();
    assert!(net.is_over());
    let score = net.report().bounties[0].clone();
    assert!(score.asserted && !score.revealed && !score.settled && !score.correct, "{score:?}");
}
