//! What can happen to a bounty.

use super::Skipped;
use crate::{
    bounty::{
        Step,
        fate::{Fate, Placed},
    },
    scanner::ScanError,
    units::Tick,
    verdict::ScanResult,
};

/// What can happen to a bounty.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The market's clock moved.
    Tick(Tick),
    /// The market changed the lengths of its windows.
    Windows {
        /// The new reveal window.
        reveal: u64,
        /// The new vote window.
        vote: u64,
    },
    /// The bounty is decided.
    Quorum,
    /// It has this many artifacts.
    Listed(usize),
    /// One artifact was scanned, or could not be.
    Scanned {
        /// Which one.
        index: usize,
        /// What came of it.
        outcome: Result<ScanResult, ScanError>,
    },
    /// It is not for us.
    Unwanted(Skipped),
    /// The assertion is not to be posted: nothing was signed for it.
    Withheld,
    /// The step could not be taken and nothing was signed for it.
    Dropped {
        /// Which step.
        step: Step,
        /// Whether trying again can help.
        again: bool,
    },
    /// The step's signed bytes are on disk and on their way.
    Sealed(Step),
    /// This came of the step's signed bytes.
    Fate(Step, Fate),
    /// It is not known what came of the step's signed bytes.
    Lost(Step),
    /// The account nonce of the step's signed bytes was used up by something else.
    Spent(Step),
    /// The market holds this of ours.
    Found(Option<Placed>),
    /// The market could not be asked.
    Unanswered,
}
