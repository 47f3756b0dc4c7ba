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
    fn distill(&self, ballots: &[Ballot]) -> Result<ScanResult, ScanError> {
        let needed = self.0.get();
        let tally = Tally::of(ballots);
        let malicious = tally.malicious().len();
        let verdict = if malicious >= needed {
            Verdict::Malicious
        } else if malicious + tally.undecided() >= needed || !tally.has_opinion() {
            Verdict::Unknown
        } else {
            Verdict::Benign
        };
        Ok(tally.result(&format!("quorum={needed}"), verdict))
    }

    fn fits(&self, backends: usize) -> Result<(), BadRule> {
        if self.0.get() > backends {
            return Err(BadRule::QuorumTooLarge { needed: self.0, backends });
        }
        Ok(())
    }
}
