//! One is enough.

use engine_core::{Ballot, ScanError, ScanResult, Verdict};

use super::{Distill, Tally};

/// Malicious if any backend says so, else benign if any has an opinion, else unknown.
///
/// The confidence is the mean over the backends that hold the winning opinion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Any;

impl Distill for Any {
    fn distill(&self, ballots: &[Ballot]) -> Result<ScanResult, ScanError> {
        let tally = Tally::of(ballots);
        let verdict = if !tally.malicious().is_empty() {
            Verdict::Malicious
        } else if !tally.benign().is_empty() {
            Verdict::Benign
        } else {
            Verdict::Unknown
        };
        Ok(tally.result("any", verdict))
    }
}
