//! What a bounty wants done, and where it stands.

use crate::{
    bounty::Step,
    units::{Nct, Tick},
};

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// List the artifacts and scan them.
    Scan,
    /// Build the step, sign it, seal it on disk, send it, and see what comes of it.
    Submit(Step),
    /// Send the step's sealed bytes again, the very same, and see what comes of it.
    Resend(Step),
    /// Ask the market what it holds of ours.
    Ask,
    /// Nothing before this tick, unless something else happens.
    WaitUntil(Tick),
    /// It is over.
    Finished(Outcome),
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was staked.
    Skipped(Skipped),
    /// The stake is settled.
    Settled {
        /// What was paid to us, if the market told.
        payout: Option<Nct>,
    },
    /// A step was not taken in time. After a missed assertion nothing was staked; after a missed reveal the bids are lost.
    Missed(Step),
}

/// Why nothing was staked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skipped {
    /// Not a type of artifact that this engine takes.
    Type,
    /// None of its artifacts passes the filters.
    Filtered,
    /// Too late to assert.
    Late,
    /// Its artifacts could not be listed.
    Unlisted,
    /// No opinion on any artifact.
    NoOpinion,
    /// The stake could not be built: the balance is too low, or the market refuses it.
    Refused,
    /// Nothing is staked at present: it is only watched.
    Shadow,
    /// The engine is shutting down.
    Closing,
}

/// What of a bounty is worth keeping on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing is staked.
    Open,
    /// Signed for this step, and what came of it is not known.
    Signed(Step),
    /// The last step that is known to be done.
    Done(Step),
    /// It is over.
    Over(Outcome),
}
