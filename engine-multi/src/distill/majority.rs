//! More than half have to agree.

use engine_core::{Ballot, ScanError, ScanResult, Verdict};

use super::{Distill, Tally};

/// What more than half of the backends with an opinion say. Unknown at a tie, when nobody has an opinion, and when the backends that
/// failed could make another verdict of it, or a tie.
///
/// The confidence is the mean over the backends that hold the winning opinion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Majority;

impl Distill for Majority {
    fn name(&self) -> String {
        "majority".to_owned()
    }

    fn distill(&self, ballots: &[Ballot]) -> Result<ScanResult, ScanError> {
        let tally = Tally::of(ballots);
        let (malicious, benign) = (tally.malicious().len(), tally.benign().len());
        // A panel among the backends that says benign without one of its own may yet change sides.
        let firm = tally.benign().iter().filter(|(_, result)| result.complete).count();
        let split = format!("{malicious} say malicious, {benign} benign");
        let (verdict, why) = if malicious > benign + tally.silent() {
            (Verdict::Malicious, split)
        } else if firm > malicious + tally.undecided() {
            (Verdict::Benign, split)
        } else if tally.undecided() > 0 {
            let undecided = tally.undecided();
            (Verdict::Unknown, format!("{split}, and {undecided} that failed might turn it"))
        } else if tally.has_opinion() {
            (Verdict::Unknown, format!("{split}: a tie"))
        } else {
            (Verdict::Unknown, "nobody has an opinion".to_owned())
        };
        Ok(tally.result_because(&self.name(), verdict, &why))
    }
}
