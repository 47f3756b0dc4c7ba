//! How a step's failed try is spaced from the next, and when there have been enough of them.

use crate::units::Tick;

/// The tries of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    not_before: Tick,
    tries: u32,
    /// The last tick at which a failed try was followed by the next at once.
    hurried: Tick,
}

impl Pace {
    /// So many failed tries are enough, once nothing can be lost any more by giving up.
    const ENOUGH: u32 = 40;

    /// No try yet. Nothing is due at tick 0: the market's clock has not been heard of.
    pub(super) fn new() -> Self {
        Self { not_before: Tick(1), tries: 0, hurried: Tick(0) }
    }

    /// When the next try may be.
    pub(super) fn not_before(&self) -> Tick {
        self.not_before
    }

    /// Whether an even number of tries has failed.
    pub(super) fn is_even(&self) -> bool {
        self.tries.is_multiple_of(2)
    }

    /// Whether there have been enough tries.
    pub(super) fn is_used_up(&self) -> bool {
        self.tries >= Self::ENOUGH
    }

    /// A try failed: the next one waits twice as long as the last, up to 2 to the power of `longest` ticks.
    pub(super) fn rest(&mut self, now: Tick, longest: u32) {
        self.not_before = now.after(1 << self.tries.min(longest));
        self.tries = self.tries.saturating_add(1);
    }

    /// What was learned by a try makes the next one worth while at once.
    pub(super) fn go_on(&mut self) {
        self.tries = self.tries.saturating_add(1);
    }

    /// The same, but once a tick: a second time the next try rests.
    pub(super) fn hurry(&mut self, now: Tick, longest: u32) {
        if self.hurried == now {
            self.rest(now, longest);
        } else {
            self.hurried = now;
            self.go_on();
        }
    }

    /// The clock went back, from one tick to another: what is left of a rest stays as long as it was.
    pub(super) fn turn_back(&mut self, from: Tick, to: Tick) {
        self.not_before = to.after(self.not_before.0.saturating_sub(from.0)).max(Tick(1));
    }
}
