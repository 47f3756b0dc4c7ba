//! One is enough.

use engine_core::{Ballot, ScanError, ScanResult, Verdict};

use super::{Distill, Tally};

/// Malicious if any backend says so, else benign if any has an opinion, else unknown.
///
/// The confidence is the mean over the backends that hold the winning opinion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Any;

impl Distill for Any {
    fn name(&self) -> String {
        "any".to_owned()
    }

    fn distill(&self, ballots: &[Ballot]) -> Result<ScanResult, ScanError> {
        let tally = Tally::of(ballots);
        let (malicious, benign) = (tally.malicious().len(), tally.benign().len());
        let (verdict, why) = if malicious > 0 {
            (Verdict::Malicious, format!("{malicious} say malicious, one is enough"))
        } else if benign > 0 {
            (Verdict::Benign, format!("{benign} say benign, and none malicious"))
        } else {
            (Verdict::Unknown, "nobody has an opinion".to_owned())
        };
        Ok(tally.result_because(&self.name(), verdict, &why))
    }
}
