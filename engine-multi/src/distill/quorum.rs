//! So many have to agree.

use std::num::NonZeroUsize;

use engine_core::{Ballot, ScanError, ScanResult, Verdict};

use super::{BadRule, Distill, Tally};

/// Malicious if at least so many backends say so; unknown if those that failed could still make it so many; else benign if any
/// backend has an opinion, even if all of them are too few malicious ones; else unknown.
///
/// The confidence is the mean over the backends that hold the winning opinion, and an even chance (0.5) where it is benign
/// and none of them holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum(pub NonZeroUsize);

impl Distill for Quorum {
    fn name(&self) -> String {
        format!("quorum={}", self.0)
    }

    fn distill(&self, ballots: &[Ballot]) -> Result<ScanResult, ScanError> {
        let needed = self.0.get();
        let tally = Tally::of(ballots);
        let (malicious, undecided) = (tally.malicious().len(), tally.undecided());
        let (verdict, why) = if malicious >= needed {
            (Verdict::Malicious, format!("{malicious} say malicious, {needed} are needed"))
        } else if malicious + undecided >= needed {
            let why = format!(
                "{malicious} say malicious, {needed} are needed, and {undecided} that failed might have said so"
            );
            (Verdict::Unknown, why)
        } else if tally.has_opinion() {
            (Verdict::Benign, format!("only {malicious} say malicious, {needed} are needed"))
        } else {
            (Verdict::Unknown, "nobody has an opinion".to_owned())
        };
        Ok(tally.result_because(&self.name(), verdict, &why))
    }

    fn fits(&self, backends: usize) -> Result<(), BadRule> {
        if self.0.get() > backends {
            return Err(BadRule::QuorumTooLarge { needed: self.0, backends });
        }
        Ok(())
    }
}
