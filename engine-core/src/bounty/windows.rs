//! When each step opens and closes, in ticks.
//!
//! What is sent at tick `t` is mined at `t + 1` at the earliest, so a step is sent only while `t + 1` is inside its window.

use crate::units::Tick;

/// The windows of one bounty. The market may change their lengths at any time, for bounties that are already up too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// The first tick at which nothing can be asserted any more, and from which on assertions can be revealed.
    pub expiration: Tick,
    /// For how many ticks from then on assertions can be revealed.
    pub reveal: u64,
    /// For how many ticks after that arbiters vote.
    pub vote: u64,
    /// How many ticks before the expiration scans are cut off; at least [`Windows::LEAST_MARGIN`] counts.
    pub assert_margin: u64,
}

impl Windows {
    /// An assertion sent this many ticks before the expiration is mined just in time.
    pub const LEAST_MARGIN: u64 = 2;

    /// From this tick on scans that are not done count as timed out.
    pub fn scans_end(&self) -> Tick {
        self.expiration.before(self.assert_margin.max(Self::LEAST_MARGIN))
    }

    /// An assertion sent after this tick is not mined in time.
    pub fn last_call(&self) -> Tick {
        self.expiration.before(Self::LEAST_MARGIN)
    }

    /// Whether an assertion sent now is mined in time.
    pub fn can_assert(&self, now: Tick) -> bool {
        now <= self.last_call()
    }

    /// Whether a reveal sent now falls into its window.
    pub fn can_reveal(&self, now: Tick) -> bool {
        now >= self.expiration && !self.reveal_is_over(now)
    }

    /// Whether a reveal sent now would be mined too late.
    pub fn reveal_is_over(&self, now: Tick) -> bool {
        now.after(1) >= self.reveal_ends()
    }

    /// The first tick at which nothing can be revealed any more, and from which on a decided bounty can be settled.
    pub fn reveal_ends(&self) -> Tick {
        self.expiration.after(self.reveal)
    }

    /// The first tick at which a bounty can be settled whether it is decided or not.
    pub fn vote_ends(&self) -> Tick {
        self.reveal_ends().after(self.vote)
    }

    /// The tick at which a bounty can be settled, if by then it is decided (`quorum`) or not.
    pub fn settle_opens(&self, quorum: bool) -> Tick {
        if quorum { self.reveal_ends() } else { self.vote_ends() }
    }

    /// By this tick an assertion that does not show was not placed.
    pub fn absence_counts(&self) -> Tick {
        self.expiration.after(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges() {
        let w = Windows { expiration: Tick(100), reveal: 10, vote: 20, assert_margin: 0 };
        assert_eq!(w.scans_end(), Tick(98));
        assert_eq!([97, 98, 99].map(|t| w.can_assert(Tick(t))), [true, true, false]);
        assert_eq!([99, 100, 108, 109].map(|t| w.can_reveal(Tick(t))), [false, true, true, false]);
        assert_eq!((w.settle_opens(true), w.settle_opens(false)), (Tick(110), Tick(130)));
    }
}
