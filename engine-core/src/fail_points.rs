//! Where tests of the reliability break the engine on purpose, or kill it. Compiled to nothing without the feature `failpoints`,
//! which no released program has.
//!
//! Two kinds of points, both of the crate `fail`:
//!
//! - [`is_broken`]: named after an invariant of the life cycle that is not kept while the point is set to `return`. Simulations have
//!   to find each of them out, see `tests/simulate --broken`.
//! - [`reached`]: named `STEP.MOMENT` (`reveal.sealed`) after a place between two writes of the journal. Set to `return` in the
//!   variable `FAILPOINTS`, the process dies there as by SIGKILL.

use crate::bounty::Step;

/// Whether a test wants the engine without what keeps this invariant.
pub(crate) fn is_broken(invariant: &str) -> bool {
    #[cfg(feature = "failpoints")]
    fail::fail_point!(invariant, |_| true);
    let _ = invariant;
    false
}

/// A place at which a test may kill the process.
pub(crate) fn reached(step: Step, moment: &str) {
    #[cfg(feature = "failpoints")]
    fail::fail_point!(&format!("{step}.{moment}"), |_| die());
    let _ = (step, moment);
}

/// Sets the points that the variable `FAILPOINTS` names, for as long as the process lives.
#[cfg(feature = "failpoints")]
pub(crate) fn from_environment() {
    // Dropped, it would take them away again.
    std::mem::forget(fail::FailScenario::setup());
}

/// SIGKILL: nothing is tidied up.
#[cfg(feature = "failpoints")]
fn die() {
    use rustix::process::{Signal, getpid, kill_process};
    if kill_process(getpid(), Signal::KILL).is_err() {
        std::process::abort();
    }
}
