//! A result's reasons as one sentence, for people.

use std::fmt::Write;

use engine_core::{Ballot, ScanResult};
use serde_json::Value;

/// The longest sentence, in characters: it may travel in the metadata of an assertion.
const LONGEST: usize = 1000;
/// What is told of one failure, in characters; the whole of it stands in its ballot.
const LONGEST_FAILURE: usize = 120;

/// `malicious by any (1 say malicious, one is enough): yara malicious 0.90, clamav benign 0.50, own failed (timed_out: …); family
/// Emotet (single source: yara)`
pub(crate) fn explain(rule: &str, result: &ScanResult, ballots: &[Ballot]) -> String {
    let told = |key: &str| result.metadata.get("distilled").and_then(|told| told.get(key));
    let mut text = format!("{} by {rule}", result.verdict);
    if let Some(why) = told("why").and_then(Value::as_str) {
        let _ = write!(text, " ({why})");
    }
    for (place, Ballot { backend, outcome, .. }) in ballots.iter().enumerate() {
        let _ = write!(text, "{} {backend} ", if place == 0 { ":" } else { "," });
        let _ = match outcome {
            Ok(result) if !result.verdict.has_opinion() => write!(text, "no opinion"),
            Ok(result) => write!(text, "{} {:.2}", result.verdict, result.confidence.get()),
            Err(error) => {
                let message: String = error.message.chars().take(LONGEST_FAILURE).collect();
                write!(text, "failed ({}: {message})", error.kind)
            }
        };
        if outcome.as_ref().is_ok_and(|result| !result.complete) {
            text.push_str(" (incomplete)");
        }
    }
    if let (Some(family), Some(basis)) = (&result.family, told("family")) {
        let by = basis.get("by").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let (basis, by) = (basis.get("basis").and_then(Value::as_str), by.collect::<Vec<_>>().join(", "));
        let _ = write!(text, "; family {family} ({}: {by})", basis.unwrap_or_default());
    }
    text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
