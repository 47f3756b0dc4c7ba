//! What is staked on, and what is said of it.

use std::time::Duration;

use engine_core::{
    Confidence, ScanResult, Verdict,
    bounty::{
        Step,
        opinion::{Opinion, Policy},
    },
    engine::{driver::Plan, fetch::Limits},
    metadata::AssertionMetadata,
};
use serde_json::json;

use crate::driver::{
    market::Call,
    rig::{Bench, bounty, id, plan},
};

/// A bench whose bounties hold these artifacts.
fn bench(artifacts: &[&[u8]]) -> Bench {
    let bench = Bench::new();
    bench.market.world().artifacts = artifacts.iter().map(|bytes| bytes.to_vec()).collect();
    bench
}

/// Waits so long for each scan.
fn patient(timeout: Duration) -> Plan {
    Plan { limits: Limits { timeout, ..plan().limits }, ..plan() }
}

/// The mask and the verdicts of the first assertion.
async fn asserted(bench: &Bench) -> (Vec<bool>, Vec<bool>) {
    bench.market.asked(Call::Send(Step::Assert), 1).await;
    let assertion = bench.market.world().handed_in[0].assertion().clone();
    (assertion.mask, assertion.verdicts)
}

/// The reference waits for its slowest scan, and posts when the bounty is over.
#[tokio::test]
async fn f10_before_the_expiration_what_is_scanned_is_asserted() {
    let bench = bench(&[b"hang", b"malicious"]);
    let rig = bench.start_with(patient(Duration::from_secs(3600))).await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Download, 2).await;
    rig.tick(97).await;
    rig.heard().await;
    assert_eq!(
        bench.market.world().count_of(Call::Draft(Step::Assert)),
        0,
        "there is a block left for scans"
    );
    rig.tick(98).await;
    assert_eq!(asserted(&bench).await, (vec![false, true], vec![false, true]));
    rig.kill();
}

/// The reference's mode with workers puts verdicts on the wrong artifacts when one in the middle has no result.
#[tokio::test]
async fn f12_each_artifact_keeps_its_place() {
    let large = [b'x'; 65];
    // The first is the last of which something comes.
    let bench =
        bench(&[b"hang", b"benign", b"panic", b"malicious", &large, b"malicious", b"broken", b"benign"]);
    let rig = bench.start_with(patient(Duration::from_millis(50))).await;
    rig.announce(&bounty(1)).await;
    let wanted = |text: &str| text.chars().map(|bit| bit == '1').collect::<Vec<_>>();
    assert_eq!(asserted(&bench).await, (wanted("01010101"), wanted("00010100")));
    rig.kill();
}

/// The reference's mode with workers counts blocks as seconds.
#[tokio::test]
async fn f13_time_to_scan_is_counted_in_seconds_whatever_blocks_do() {
    let bench = bench(&[b"hang", b"malicious"]);
    let rig = bench.start_with(patient(Duration::from_millis(50))).await;
    rig.announce(&bounty(1)).await;
    // Not a block is mined.
    assert_eq!(asserted(&bench).await, (vec![false, true], vec![false, true]));
    rig.kill();
}

/// The reference calls benign what it could not scan.
#[tokio::test]
async fn f15_a_failure_is_no_opinion() {
    let bench = bench(&[b"broken", b"panic"]);
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Download, 2).await;
    rig.stop().await;
    assert_eq!(bench.market.world().count_of(Call::Draft(Step::Assert)), 0);
    assert_eq!(bench.stage(id(1)), None);
}

/// The reference posts what its scanner says, is refused, and reveals nothing.
#[test]
fn f26_whatever_a_scanner_says_what_is_asserted_has_valid_metadata() {
    let mut odd = ScanResult::new(Verdict::Malicious, Confidence::ONE);
    odd.family = Some("x".repeat(1000));
    for (member, value) in [
        ("malware_family", json!(7)),
        ("domains", json!("none")),
        ("ip_addresses", json!(["300.1.2.3"])),
        ("scanner", json!({"version": "v1"})),
        ("heuristic", json!("perhaps")),
        ("more", json!("x".repeat(100_000))),
    ] {
        odd.metadata.insert(member.to_owned(), value);
    }
    let opinion = Opinion::of(&[Some(Ok(odd)), None], Policy::default(), false).unwrap();
    let parsed = AssertionMetadata::parse(&opinion.metadata);
    assert_eq!(parsed.unwrap_or_else(|error| panic!("{error}: {}", opinion.metadata)).0.len(), 2);
}
