//! Several accounts at once: what each starts with, and a report about each.

use engine_tests::testnet::{Endowment, Settings, Testnet};
use reqwest::Method;
use serde_json::{Value, json};

use super::{NCT, mine_to, player::Player, settings, stake, truth};

#[tokio::test]
async fn each_account_has_its_score() {
    let net = Testnet::start(settings()).await.unwrap();
    let (right, wrong) = (Player::new(&net, 0x46), Player::new(&net, 0x47));
    let guid = net.post_bounty();
    net.mine();
    let truth = truth(&net.report()).1[0];
    let path = format!("/bounties/{guid}");
    for (player, verdict) in [(&right, truth), (&wrong, !truth)] {
        player.send(&format!("{path}/assertions"), stake(player, verdict), 0).await;
    }
    mine_to(&net, 5);
    for (index, player, verdict) in [(0, &right, truth), (1, &wrong, !truth)] {
        let body = json!({ "nonce": "77", "verdicts": [verdict], "metadata": "" });
        player.send(&format!("{path}/assertions/{index}/reveal"), body, 2).await;
    }
    net.mine();
    mine_to(&net, 8);
    right.act(&net, &format!("{path}/settle"), Value::Null, 3).await;
    wrong.act(&net, &format!("{path}/settle"), Value::Null, 3).await;

    assert_eq!(wrong.ask(Method::GET, "/bounties?count=1", None).await.0, 400);

    let report = net.report();
    let scores: Vec<_> = report.accounts.iter().map(|a| (a.account.as_str(), a.settled, a.correct)).collect();
    let names = [&right, &wrong].map(|player| player.account().to_checksum(None));
    assert_eq!(scores, [(names[0].as_str(), 1, 1), (names[1].as_str(), 1, 0)]);
    let [first, second] = &report.accounts[..] else { panic!("two accounts") };
    assert_eq!((&first.staked, &second.payout), (&NCT.to_string(), &"0".to_owned()));
    assert!(first.payout.parse::<u128>().unwrap() >= NCT * 2, "both bids and the portion: {}", first.payout);
    assert_eq!((first.rejected, second.rejected, second.asserted_twice), (0, 1, 0));
    assert_eq!(report.totals.rejected_requests[0].account.as_deref(), Some(names[1].as_str()));
    assert!(report.bounties[0].correct, "the first that asserted");
    let other = net.report_of(wrong.account());
    assert!(other.bounties[0].settled && !other.bounties[0].correct, "{other:?}");
    assert_eq!(other.totals.correct, 0);
}

#[tokio::test]
async fn an_account_can_start_poor() {
    let poor = Player::new(&Testnet::start(settings()).await.unwrap(), 0x46).account();
    let endowment: Endowment = "1,0.5".parse().unwrap();
    let net =
        Testnet::start(Settings { endowments: [(poor, endowment)].into(), ..settings() }).await.unwrap();
    let (poor, rich) = (Player::new(&net, 0x46), Player::new(&net, 0x47));
    let guid = net.post_bounty();
    net.mine();
    let path = format!("/bounties/{guid}/assertions");
    let (status, answer) = poor.act(&net, &path, stake(&poor, true), 0).await;
    assert!(status == 400 && answer.to_string().contains("transfer amount exceeds balance"), "{answer}");
    assert_eq!(poor.get(&format!("/balances/{}/nct", poor.account())).await, NCT.to_string());
    assert_eq!(poor.get(&format!("/balances/{}/eth", poor.account())).await, (NCT / 2).to_string());
    rich.get("/nonce").await;
    assert_eq!(net.balance(rich.account()).to_string(), (NCT * 1_000_000).to_string());
    let report = net.report();
    assert_eq!((report.accounts.len(), report.accounts[0].rejected), (1, 2), "the revert, and its look-up");
    assert!(report.accounts[0].asserted == 0);
    for text in ["", "much", "1,", "-1", ",1"] {
        let why = text.parse::<Endowment>().unwrap_err().to_string();
        assert!(why.contains("write NCT"), "{text}: {why}");
    }
}
