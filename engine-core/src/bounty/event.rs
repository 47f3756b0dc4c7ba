//! What a marketplace can tell us, whatever its wire.

use super::{Bounty, Parameters};
use crate::units::{Chain, Guid, Nct, Tick};

/// One thing that a marketplace told, and on which chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Where it happened.
    pub chain: Chain,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The market's clock moved. After a node's restart it may be lower than before.
    Tick(Tick),
    /// The market's parameters, whole: at each connection and whenever one changes.
    Parameters(Parameters),
    /// Somebody put a bounty up. After a gap in the connection, or at the start, also those that were put up before and are still
    /// open; one may be announced more than once.
    Announced(Box<Bounty>),
    /// A bounty's verdict is decided, so that it can be settled early.
    Quorum(Guid),
    /// An account took its payout.
    Settled {
        /// The bounty.
        guid: Guid,
        /// The account, as the market writes it.
        by: String,
        /// How much, where it fits.
        payout: Option<Nct>,
    },
    /// The market's contract is to be replaced: nothing new is put up on it. What is open stays open, and is asserted, revealed and
    /// settled as before.
    Deprecated,
}
