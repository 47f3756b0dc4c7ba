//! Deciding: one result out of what several backends said. Pure; nothing here waits, logs or looks at a clock.
//!
//! - [`Any`]: malicious if one backend says so. The default.
//! - [`Quorum`]: malicious if a certain number of backends say so.
//! - [`Majority`]: what more than half of the backends with an opinion say.
//! - [`Rule`]: one of these, as a setting names it (`any`, `quorum=2`, `majority`).
//!
//! Whatever the rule, **a failure is not an opinion**: a backend that failed votes for nothing, a result that might be
//! otherwise had it answered is [`Unknown`](engine_core::Verdict::Unknown), and every result without it is marked
//! `complete: false`.

mod any;
mod explain;
mod family;
mod majority;
mod quorum;
mod required;
mod rule;
mod tally;

use engine_core::{Ballot, ScanError, ScanResult};

pub use self::{
    any::Any,
    majority::Majority,
    quorum::Quorum,
    rule::{BadRule, Rule},
    tally::Tally,
};
pub(crate) use self::{explain::explain, required::demand};

/// Makes one result of the ballots of a panel.
///
/// Called once per scan, from any task, with one ballot for each backend in the order of the panel; a backend that failed has an
/// `Err` in its ballot. The same ballots give the same result. An `Err` fails the whole scan, so it is for a rule that cannot
/// decide at all: "no opinion" is a result too. The panel itself adds the ballots to the result.
pub trait Distill: Send + Sync + 'static {
    /// The rule's name, for `check` and for what [`Tally::result`] tells of the decision: `quorum=2`.
    fn name(&self) -> String {
        "own".to_owned()
    }

    /// Decides.
    fn distill(&self, ballots: &[Ballot]) -> Result<ScanResult, ScanError>;

    /// Whether the rule makes sense for a panel of `backends` backends; asked once, when the panel is put together.
    fn fits(&self, backends: usize) -> Result<(), BadRule> {
        let _ = backends;
        Ok(())
    }
}
