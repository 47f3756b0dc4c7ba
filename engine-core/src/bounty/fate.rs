//! What a market has, and what it says of what we sent: the answers that a bounty's life turns on.

use crate::units::Nct;

/// What a market has; the life cycle leaves out what it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Assertions are committed first and revealed later.
    pub reveal: bool,
    /// Payouts have to be asked for.
    pub settle: bool,
    /// An answer is wanted even without an opinion.
    pub answer_unknown: bool,
    /// Only the first artifact with an opinion can be asserted.
    pub one_artifact: bool,
}

/// What came of signed bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Our assertion stands, with this index.
    Placed(u64),
    /// The reveal or the settlement is done.
    Done {
        /// What was paid to us, if the market told.
        payout: Option<Nct>,
    },
    /// It was mined and failed for this reason.
    Reverted(String),
    /// The market does not know yet.
    Pending,
}

/// What the market holds of ours for a bounty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The assertion's index within its bounty.
    pub index: u64,
    /// Whether it has been revealed.
    pub revealed: bool,
}
