use engine_core::{
    bounty::{
        Parameters,
        bid::{BidStrategy, Linear},
    },
    metadata::{AssertionMetadata, Form, VerdictMetadata},
    units::{Confidence, Nct, Tick},
    verdict::{ScanResult, Verdict},
};
use serde::Deserialize;
use serde_json::Value;

use crate::vectors::cases;

#[derive(Deserialize)]
struct Decision {
    strategy: String,
    artifact_type: String,
    parameters: Limits,
    expiration: String,
    results: Vec<WireResult>,
    balance_needed: Option<Nct>,
    assertion: Option<Asserted>,
    scheduled: Vec<Due>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Due {
    block: Tick,
}

#[derive(Deserialize)]
struct Limits {
    assertion_fee: u64,
    assertion_bid_minimum: u64,
    assertion_bid_maximum: u64,
    assertion_reveal_window: u64,
    arbiter_vote_window: u64,
}

#[derive(Deserialize)]
struct WireResult {
    bit: bool,
    verdict: bool,
    confidence: f64,
    metadata: String,
}

#[derive(Deserialize)]
struct Asserted {
    bid: Vec<Nct>,
    mask: Vec<bool>,
    verdicts: Vec<bool>,
    metadata: String,
}

/// `None` where the confidence is no number from 0 to 1: no scanner of ours can return that.
fn result(wire: &WireResult) -> Option<ScanResult> {
    let verdict = match (wire.bit, wire.verdict) {
        (true, true) => Verdict::Malicious,
        (true, false) => Verdict::Benign,
        // The pair (false, true) does not exist inside the program.
        (false, _) => Verdict::Unknown,
    };
    Some(ScanResult::new(verdict, Confidence::new(wire.confidence).ok()?))
}

/// What is valid of a result's metadata text; else an entry without a family, in place of the reference's raw text.
fn metadata(text: &str) -> VerdictMetadata {
    serde_json::from_str(text)
        .ok()
        .and_then(|value: Value| VerdictMetadata::read(&value).ok())
        .unwrap_or_default()
}

/// Equal, but: a verdict without a bit is false; metadata is always a list of valid entries; a confidence outside 0 to 1
/// is refused.
#[test]
fn vectors_engine_decisions_are_equal_but_for_the_reference_faults() {
    for case in cases::<Decision>("engine_decisions.json") {
        let results: Option<Vec<_>> = case.results.iter().map(result).collect();
        assert_eq!(case.error.is_some(), results.is_none(), "only a confidence that is none is an error");
        // The engine of the vectors takes files only.
        let Some(results) = results.filter(|_| case.artifact_type == "file") else {
            assert!(case.assertion.is_none(), "asserted with a confidence that is none, or of a URL");
            continue;
        };
        let mask: Vec<_> = results.iter().map(|r| r.verdict.has_opinion()).collect();
        let verdicts: Vec<_> = results.iter().map(|r| r.verdict.is_malicious()).collect();
        let Some(theirs) = case.assertion else {
            assert!(!mask.contains(&true), "the reference asserts nothing");
            continue;
        };

        assert_eq!(mask, theirs.mask);
        let with_bit: Vec<_> = theirs.verdicts.iter().zip(&theirs.mask).map(|(v, bit)| *v && *bit).collect();
        assert_eq!(verdicts, with_bit);

        let limits = Parameters {
            assertion_fee: Nct(case.parameters.assertion_fee.into()),
            bid_minimum: Nct(case.parameters.assertion_bid_minimum.into()),
            bid_maximum: Nct(case.parameters.assertion_bid_maximum.into()),
            reveal_window: case.parameters.assertion_reveal_window,
            vote_window: case.parameters.arbiter_vote_window,
        };
        let strategy = match case.strategy.as_str() {
            "aggressive" => Linear::aggressive(),
            "conservative" => Linear::conservative(),
            _ => Linear::default(),
        };
        let expiration = Tick(case.expiration.parse().unwrap());
        let over = expiration.after(limits.reveal_window).after(limits.vote_window);
        assert_eq!(case.scheduled.iter().map(|due| due.block).collect::<Vec<_>>(), [expiration, over]);

        let confidences: Vec<_> = results.iter().map(|r| r.confidence).collect();
        let bids = strategy.bids(&limits, &mask, &confidences);
        assert_eq!(bids, theirs.bid);
        assert_eq!(Nct::checked_sum(bids.into_iter().chain([limits.assertion_fee])), case.balance_needed);

        let ours = AssertionMetadata(case.results.iter().map(|r| metadata(&r.metadata)).collect());
        let ours: Value = serde_json::from_str(&ours.text(Form::Full)).unwrap();
        match serde_json::from_str::<Value>(&theirs.metadata) {
            Ok(theirs) if AssertionMetadata::read(&theirs).is_ok() => assert_eq!(ours, theirs),
            // Joined with semicolons, or no verdict metadata: no node takes that as a document.
            _ => assert!(AssertionMetadata::read(&ours).is_ok()),
        }
    }
}
