//! What is left out, and what is trusted more or less, by what its poster says of it.

use engine_core::{
    bounty::{
        Bounty, Step,
        filter::{BountyFilter, ConfidenceModifier, Filter, Filters},
    },
    engine::driver::Plan,
    units::Nct,
};
use serde_json::{Value, json};

use super::{
    market::Call,
    rig::{Bench, bounty, id, plan},
};

fn only(key: &str, comparison: &str, value: &str) -> Vec<Filter> {
    vec![Filter::new(key, comparison, value).unwrap()]
}

fn rejecting(filters: Vec<Filter>) -> Plan {
    let bounties = BountyFilter::new(Vec::new(), filters);
    Plan { filters: Filters { bounties, ..Filters::default() }, ..plan() }
}

/// The `n`th bounty, of whose artifacts its poster says this.
fn described(n: u128, artifacts: &[Value]) -> Bounty {
    let metadata = artifacts.iter().map(|told| told.as_object().unwrap().clone()).collect();
    Bounty { metadata, ..bounty(n) }
}

/// The reference downloads first and filters then.
#[tokio::test]
async fn f16_a_filtered_artifact_is_not_even_fetched() {
    let bench = Bench::new();
    bench.market.world().artifacts = vec![b"malicious".to_vec(), b"malicious".to_vec(), b"benign".to_vec()];
    let rig = bench.start_with(rejecting(only("filesize", ">", "1000000"))).await;
    rig.announce(&described(1, &[json!({}), json!({ "filesize": 2_000_000 }), json!({ "filesize": 5 })]))
        .await;
    bench.market.asked(Call::Send(Step::Assert), 1).await;
    rig.kill();
    let world = bench.market.world();
    assert_eq!(world.handed_in[0].assertion().mask, [true, false, true]);
    assert_eq!(world.count_of(Call::Download), 2);
}

#[tokio::test]
async fn a_bounty_of_which_nothing_is_left_is_skipped() {
    let bench = Bench::new();
    let rig = bench.start_with(rejecting(only("mimetype", "startswith", "text/"))).await;
    rig.announce(&described(1, &[json!({ "mimetype": "text/plain" })])).await;
    bench.market.asked(Call::List, 1).await;
    rig.announce(&bounty(2)).await;
    bench.market.until("the other is asserted", |world| world.stakes.contains_key(&id(2))).await;
    rig.stop().await;
    assert_eq!(bench.stage(id(1)), None);
    assert_eq!(bench.market.world().count_of(Call::Download), 1, "the other's alone");
}

/// The scanner says 0.5; between a minimum of 1/16 and a maximum of 1 that is a bid of 17/32.
#[tokio::test]
async fn a_modified_confidence_shows_in_the_bid_and_never_passes_the_maximum() {
    let bid = |confidence: f64| ((0.0625 + 0.9375 * confidence) * Nct::ONE.0 as f64) as u128;
    let named = || only("name", "eq", "x");
    let favor = || ConfidenceModifier::new(named(), Vec::new());
    let penalize = || ConfidenceModifier::new(Vec::new(), named());
    for (content, confidence, wanted) in [
        ("benign", ConfidenceModifier::default(), 0.5),
        ("benign", favor(), 0.6),
        ("benign", penalize(), 0.4),
        ("malicious", favor(), 1.0),
    ] {
        let bench = Bench::new();
        bench.market.world().artifacts = vec![content.into()];
        let filters = Filters { confidence, ..Filters::default() };
        let rig = bench.start_with(Plan { filters, ..plan() }).await;
        rig.announce(&described(1, &[json!({ "name": "x" })])).await;
        bench.market.asked(Call::Send(Step::Assert), 1).await;
        rig.kill();
        let bids = bench.market.world().handed_in[0].assertion().bids.clone();
        assert!(bids[0].0.abs_diff(bid(wanted)) < 1000, "{content} {wanted}: {bids:?}");
    }
}
