//! What a result says of itself, and that it fits into the metadata of an assertion.

use std::time::Duration;

use engine_core::{
    Artifact, ErrorKind, ScanContext, ScanResult, Scanner,
    metadata::{Product, VerdictMetadata},
};
use engine_multi::{Backend, Panel, Rule};

use crate::scripted::{Does, Scripted, benign, malicious};

async fn scan(rule: &str, backends: Vec<(&'static str, Does)>) -> ScanResult {
    let backends = backends.into_iter().map(|(name, does)| Backend::new(Scripted::new(name, does)));
    let panel = Panel::new(backends.collect(), rule.parse::<Rule>().unwrap()).unwrap().explaining();
    panel.scan(&Artifact::file("x"), &ScanContext::within(Duration::from_secs(1))).await.unwrap()
}

fn emotet(spelling: &str, confidence: f64) -> Does {
    let mut result = malicious(confidence);
    result.family = Some(spelling.to_owned());
    Does::Say(result)
}

#[tokio::test(start_paused = true)]
async fn which_ballots_which_rule_and_why() {
    let backends = || {
        vec![
            ("yara", emotet("Heodo", 0.9)),
            ("clamav", emotet("Win.Trojan.Emotet-123-0", 1.0)),
            ("own", Does::Say(benign(0.5))),
            ("silent", Does::Say(ScanResult::unknown())),
            ("dead", Does::Fail(ErrorKind::Unavailable)),
        ]
    };
    let ballots = ": yara malicious 0.90, clamav malicious 1.00, own benign 0.50, silent no opinion, dead failed (unavailable: as told)";
    let family = "; family Emotet (agreed: yara, clamav)";
    for (rule, told) in [
        ("any", format!("malicious by any (2 say malicious, one is enough){ballots}{family}")),
        ("quorum=2", format!("malicious by quorum=2 (2 say malicious, 2 are needed){ballots}{family}")),
        (
            "quorum=3",
            format!(
                "unknown by quorum=3 (2 say malicious, 3 are needed, and 1 that failed might have said so){ballots}"
            ),
        ),
        ("quorum=4", format!("benign by quorum=4 (only 2 say malicious, 4 are needed){ballots}")),
        (
            "majority",
            format!(
                "unknown by majority (2 say malicious, 1 benign, and 1 that failed might turn it){ballots}"
            ),
        ),
    ] {
        let result = scan(rule, backends()).await;
        assert_eq!(result.metadata["explanation"], told, "{rule}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_short_and_stays_at_home() {
    let name = |n: usize| -> &'static str { format!("a-long-backend-name-{n}").leak() };
    let many = (0..200).map(|n| (name(n), Does::Panic));
    let result = scan("any", many.collect()).await;
    let told = result.metadata["explanation"].as_str().unwrap();
    assert_eq!(told.chars().count(), 1000);
    let metadata = serde_json::to_value(VerdictMetadata::of(&result, Product::default())).unwrap();
    VerdictMetadata::read(&metadata).unwrap();
    // It has the words of failures, which are the operator's.
    assert_eq!(metadata.get("explanation"), None);
}

#[tokio::test(start_paused = true)]
async fn nobody_asked_for_it() {
    let backends = vec![Backend::new(Scripted::new("own", Does::Say(benign(0.5))))];
    let panel = Panel::new(backends, Rule::Any).unwrap();
    let result =
        panel.scan(&Artifact::file("x"), &ScanContext::within(Duration::from_secs(1))).await.unwrap();
    assert_eq!(result.metadata.get("explanation"), None);
    assert_eq!(result.metadata["distilled"]["why"], "1 say benign, and none malicious");
}
