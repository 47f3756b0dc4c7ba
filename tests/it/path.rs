//! The main job: each engine takes bounties from the marketplace, scans, asserts, reveals and is paid. With a real clamd.

use std::{ffi::OsString, time::Duration};

use bytes::Bytes;
use engine_tests::{
    peers::clamd::Clamd,
    running::{Engine, workspace},
    samples,
    testnet::{Report, Sample, Settings, Testnet},
};
use tokio::time;

const BOUNTIES: usize = 6;

/// Malicious samples that YARA's demo rules, ClamAV's database, or both know, and benign ones.
fn artifacts(known_to_yara: bool, known_to_clamav: bool) -> Vec<Sample> {
    let sample =
        |name: String, truth, content: Vec<u8>| Sample { name, truth, content: Bytes::from(content) };
    let mut all = vec![sample("m-eicar".into(), true, samples::eicar())];
    if known_to_clamav && !known_to_yara {
        all.push(sample("m-marzipan".into(), true, samples::marzipan()));
    }
    all.extend((0..4).map(|i| sample(format!("b-noise-{i}"), false, samples::noise(1 << (6 * i)))));
    all.push(sample("b-empty".into(), false, vec![b' ']));
    all
}

async fn earns(engine: &Engine, samples: Vec<Sample>) -> Report {
    let settings = Settings {
        samples,
        bounties: BOUNTIES,
        per_bounty: 2,
        expiration_blocks: 30,
        reveal_blocks: 20,
        vote_blocks: 4,
        seed: 5,
        ..Settings::default()
    };
    let net = Testnet::start(settings).await.unwrap();
    let mut running = engine.run(&net.url()).unwrap();
    running.while_it_runs(net.first_client()).await.unwrap_or_else(|e| panic!("{e}\n{}", engine.log()));
    let over = time::timeout(Duration::from_secs(180), net.run(Duration::from_millis(150), |_| ())).await;
    assert!(over.is_ok(), "the bounties are over within three minutes\n{}", engine.log());
    let status = running.stop().await.unwrap();
    assert!(status.success(), "{status}\n{}", engine.log());
    net.report()
}

fn all_right(engine: &Engine, report: &Report) {
    let totals = &report.totals;
    assert_eq!(totals.correct, BOUNTIES, "{report:#?}\n{}", engine.log());
    assert_eq!(totals.settled, BOUNTIES, "{report:#?}\n{}", engine.log());
    assert!(totals.rejected_requests.is_empty(), "{:?}", totals.rejected_requests);
    assert!(report.bounties.iter().all(|b| (b.assertions, b.reveals) == (1, 1)), "{report:#?}");
}

fn rules() -> [OsString; 2] {
    ["--rules".into(), workspace("deploy/rules/demo").into_os_string()]
}

#[tokio::test(flavor = "multi_thread")]
async fn engine_yara_earns() {
    let engine = Engine::new("engine-yara", rules()).unwrap();
    let report = earns(&engine, artifacts(true, false)).await;
    all_right(&engine, &report);
}

#[tokio::test(flavor = "multi_thread")]
async fn engine_clamav_earns() {
    let clamd = Clamd::start().unwrap();
    let engine = Engine::new("engine-clamav", ["--clamd".to_owned(), clamd.tcp()]).unwrap();
    let report = earns(&engine, artifacts(false, true)).await;
    all_right(&engine, &report);
}

#[tokio::test(flavor = "multi_thread")]
async fn engine_multi_earns() {
    let clamd = Clamd::start().unwrap();
    let mut options = rules().to_vec();
    options.extend(["--clamd".into(), clamd.unix().into()]);
    let engine = Engine::new("engine-multi", options).unwrap();
    let report = earns(&engine, artifacts(false, true)).await;
    all_right(&engine, &report);
    let metadata = report.bounties[0].metadata.as_deref().unwrap();
    let entries: Vec<serde_json::Value> = serde_json::from_str(metadata).unwrap();
    assert_eq!(entries.len(), 2, "one entry an artifact: {metadata}");
}
