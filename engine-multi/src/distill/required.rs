//! Backends without whose answer nothing counts but "malicious".

use engine_core::{Ballot, Confidence, ScanResult, Verdict};
use serde_json::{Value, json};

/// What a rule's result comes to where some backends are required: one of them that failed leaves no opinion, whatever the others
/// say, unless they say malicious, which always stands.
pub(crate) fn demand(result: &mut ScanResult, ballots: &[Ballot], is_required: impl Fn(&str) -> bool) {
    let missing = |ballot: &&Ballot| ballot.outcome.is_err() && is_required(&ballot.backend);
    let missing: Vec<&str> = ballots.iter().filter(missing).map(|ballot| ballot.backend.as_str()).collect();
    if missing.is_empty() {
        return;
    }
    result.complete = false;
    let mut why = None;
    if result.verdict != Verdict::Malicious {
        (result.verdict, result.confidence, result.family) = (Verdict::Unknown, Confidence::ZERO, None);
        why =
            Some(format!("required: {}, without whose answer nothing is called benign", missing.join(", ")));
    }
    // A rule of one's own may tell nothing, or something else.
    let told = result.metadata.entry("distilled").or_insert_with(|| json!({}));
    if let Value::Object(told) = told {
        told.insert("required_failed".to_owned(), json!(missing));
        if let Some(why) = why {
            told.insert("why".to_owned(), json!(why));
            told.remove("family");
        }
    }
}
