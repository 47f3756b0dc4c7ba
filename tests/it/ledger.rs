//! What the journal tells of a day on the marketplace, while the engine runs and after.

use std::{path::Path, process::Command, time::Duration};

use alloy_primitives::U256;
use engine_tests::{
    running::{Engine, program, workspace},
    samples,
    testnet::{BountyReport, Sample, Settings, Testnet},
};
use serde_json::Value;

const BOUNTIES: usize = 4;

fn engine_yara(args: &[&str], journal: &Path) -> String {
    let mut command = Command::new(program("engine-yara").unwrap());
    let output = command.args(args).arg("--journal").arg(journal).output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The lines of `ledger --format jsonl`.
fn ledger(journal: &Path) -> Vec<Value> {
    let text = engine_yara(&["ledger", "--format", "jsonl"], journal);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Whole NCT with decimals, from base units.
fn decimal(units: U256) -> String {
    let text = alloy_primitives::utils::format_ether(units);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn sum(bounties: &[BountyReport], of: impl Fn(&BountyReport) -> U256) -> U256 {
    bounties.iter().map(of).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_says_what_the_marketplace_says() {
    let rules = workspace("deploy/rules/demo");
    let engine = Engine::new("engine-yara", ["--rules".into(), rules.into_os_string()]).unwrap();
    let settings = Settings {
        samples: vec![
            Sample::new("m", true, samples::eicar()),
            // It does not know this one, and says benign.
            Sample::new("x", true, samples::marzipan()),
        ],
        bounties: BOUNTIES,
        expiration_blocks: 30,
        reveal_blocks: 20,
        vote_blocks: 4,
        ..Settings::default()
    };
    let net = Testnet::start(settings).await.unwrap();
    let mut running = engine.run(&net.url()).unwrap();
    running.while_it_runs(net.first_client()).await.unwrap_or_else(|e| panic!("{e}\n{}", engine.log()));
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("copy");
    let story = async {
        net.until(|report| report.totals.asserted == BOUNTIES).await;
        engine_yara(&["journal", "backup", backup.to_str().unwrap()], &engine.journal());
        net.until(|report| report.totals.settled == BOUNTIES).await;
    };
    let all = async { tokio::join!(net.run(Duration::from_millis(100), |_| ()), story) };
    tokio::time::timeout(Duration::from_secs(120), all).await.expect("the bounties are over");
    assert!(running.stop().await.unwrap().success());

    let bounties = net.report().bounties;
    let staked = |bounty: &BountyReport| bounty.bid.iter().map(|bid| bid.parse::<U256>().unwrap()).sum();
    let paid = |bounty: &BountyReport| bounty.payout.parse::<U256>().unwrap();
    let won = sum(&bounties, |b| paid(b).saturating_sub(staked(b)));
    let lost = sum(&bounties, |b| staked(b).saturating_sub(paid(b)));
    let lines = ledger(&engine.journal());
    let total = &lines[0];
    assert_eq!((&total["of"], &total["bounties"]), (&"total".into(), &BOUNTIES.into()), "{total}");
    assert_eq!(total["staked"], decimal(sum(&bounties, staked)), "{total}");
    assert_eq!(
        (total["won"].as_str(), total["lost"].as_str()),
        (Some(&*decimal(won)), Some(&*decimal(lost)))
    );
    assert!(won > U256::ZERO && lost > U256::ZERO, "both kinds were drawn: {bounties:?}");
    assert_eq!((&total["open"], &total["missed"], &total["unknown"]), (&0.into(), &0.into(), &0.into()));
    let eicar = bounties.iter().filter(|b| b.artifacts[0].name == "m").count();
    let rule = lines.iter().find(|line| line["of"] == "rule").unwrap();
    assert_eq!(
        (&rule["backend"], &rule["bounties"], &rule["lost"]),
        (&"yara".into(), &eicar.into(), &"0".into())
    );
    let backend = lines.iter().find(|line| line["of"] == "backend").unwrap();
    assert_eq!((&backend["backend"], &backend["net"]), (&"yara".into(), &total["net"]));

    // As it was at that moment: everything was open.
    assert_eq!(ledger(&backup)[0]["open"], BOUNTIES);
    let text = engine_yara(&["ledger"], &backup);
    assert!(text.contains("yara") && text.lines().count() > 2, "{text}");
    let again = Command::new(program("engine-yara").unwrap())
        .args(["journal", "backup"])
        .arg(&backup)
        .arg("--journal")
        .arg(engine.journal())
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(2), "a backup is never written over");
}
