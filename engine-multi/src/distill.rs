//! Deciding: one result out of what several backends said. Pure; nothing here waits, logs or looks at a clock.
//!
//! - [`Any`]: malicious if one backend says so. The default.
//! - [`Quorum`]: malicious if a certain number of backends say so.
//! - [`Rule`]: one of these, as a setting names it (`any`, `quorum=2`).
//!
//! Whatever the rule, **a failure is not an opinion**: a backend that failed votes for nothing, a result that might be
//! otherwise had it answered is [`Unknown`](engine_core::Verdict::Unknown), and every result without it is marked
//! `complete: false`.

mod any;
mod quorum;
mod rule;
mod tally;

use engine_core::{Ballot, ScanError, ScanResult};

pub use self::{
    any::Any,
    quorum::Quorum,
    rule::{BadRule, Rule},
    tally::Tally,
};

/// Makes one result of the ballots of a panel.
///
/// Called once per scan, from any task, with one ballot for each backend in the order of the panel; a backend that failed has an
/// `Err` in its ballot. The same ballots give the same result. An `Err` fails the whole scan, so it is for a rule that cannot
/// decide at all: "no opinion" is a result too. The panel itself adds the ballots to the result.
pub trait Distill: Send + Sync + 'static {
    /// Decides.
    fn distill(&self, ballots: &[Ballot]) -> Result<ScanResult, ScanError>;

    /// Whether the rule makes sense for a panel of `backends` backends; asked once, when the panel is put together.
    fn fits(&self, backends: usize) -> Result<(), BadRule> {
        let _ = backends;
        Ok(())
    }
}
