//! What the market's answers, and the lack of them, make of a bounty.

use super::{Machine, Outcome, Skipped, State, pace::Pace};
use crate::{
    bounty::{
        Step,
        fate::{Fate, Placed},
    },
    fail_points::is_broken,
    units::Nct,
};

impl Machine {
    pub(super) fn dropped(&mut self, step: Step, again: bool) {
        match step {
            Step::Assert if !again => self.finish(Outcome::Skipped(Skipped::Refused)),
            _ => self.again(step),
        }
    }

    pub(super) fn fate(&mut self, step: Step, fate: Fate) {
        match (step, fate) {
            (Step::Assert, Fate::Placed(index)) => {
                self.index = Some(index);
                self.done(Step::Assert, None);
            }
            (Step::Assert, Fate::Reverted(reason)) if !reason.contains("already asserted") => {
                self.missed(step)
            }
            (Step::Reveal, Fate::Reverted(reason)) if reason.contains("already revealed") => {
                self.done(step, None)
            }
            (Step::Settle, Fate::Reverted(reason)) if reason.contains("already settled") => {
                self.done(step, None)
            }
            (Step::Reveal | Step::Settle, Fate::Reverted(_)) => self.again(step),
            (Step::Settle, Fate::Done { .. }) if is_broken("settled once") => self.again(step),
            (Step::Reveal | Step::Settle, Fate::Done { payout }) => self.done(step, payout),
            (_, _) => self.uncertain(step),
        }
    }

    pub(super) fn found(&mut self, placed: Option<Placed>) {
        let State::Asking(step) = self.state else { return };
        self.index = placed.map(|placed| placed.index).or(self.index);
        match (step, placed) {
            (Step::Assert, Some(placed)) => {
                self.done(if placed.revealed { Step::Reveal } else { Step::Assert }, None);
            }
            (Step::Assert, None) if is_broken("absence counts after its window") => self.missed(step),
            (Step::Assert, None) if self.now >= self.windows.absence_counts() => {
                // One answer may come from a node that is behind: what is staked would be forgotten. The next tick tells.
                if *self.absent_since.get_or_insert(self.now) < self.now {
                    self.missed(step);
                } else {
                    self.uncertain(step);
                }
            }
            (Step::Reveal, Some(placed)) if placed.revealed => self.done(step, None),
            (Step::Reveal, _) if self.windows.reveal_is_over(self.now) => self.missed(step),
            // The window is short: what does not show is sent again in the same tick.
            (Step::Reveal, Some(_)) if self.windows.can_reveal(self.now) => {
                self.pace.go_on();
                self.state = State::Uncertain(step);
            }
            (_, _) => self.uncertain(step),
        }
    }

    /// The step is done; on to the next that this market has.
    pub(super) fn done(&mut self, step: Step, payout: Option<Nct>) {
        self.pace = Pace::new();
        let next = match step {
            Step::Assert if self.terms.reveal => Some(Step::Reveal),
            Step::Assert | Step::Reveal if self.terms.settle => Some(Step::Settle),
            _ => None,
        };
        match next {
            Some(next) => self.state = State::Due(next),
            None if self.reveal_missed => self.finish(Outcome::Missed(Step::Reveal)),
            None => self.finish(Outcome::Settled { payout }),
        }
    }

    /// The step cannot be taken any more. What is staked is settled all the same.
    pub(super) fn missed(&mut self, step: Step) {
        match step {
            Step::Reveal => {
                self.reveal_missed = true;
                self.done(Step::Reveal, None);
            }
            Step::Assert | Step::Settle => self.finish(Outcome::Missed(step)),
        }
    }

    /// To be built anew, after a while.
    pub(super) fn again(&mut self, step: Step) {
        self.pause(step);
        self.state = State::Due(step);
    }

    /// To be built anew: its bytes can never be mined. A reveal does not wait for that, its window is short.
    pub(super) fn anew(&mut self, step: Step) {
        match step {
            Step::Assert => return self.uncertain(step),
            Step::Reveal => self.pace.hurry(self.now, self.longest(step)),
            Step::Settle => self.pause(step),
        }
        self.state = State::Due(step);
    }

    /// To be sent again or asked for, after a while.
    pub(super) fn uncertain(&mut self, step: Step) {
        self.pause(step);
        self.state = State::Uncertain(step);
    }

    fn pause(&mut self, step: Step) {
        self.pace.rest(self.now, self.longest(step));
    }

    /// To the power of what a rest grows: a reveal is promised within three ticks, an assertion has a window of minutes; a settlement
    /// can wait for longer, and everything can when all windows are over.
    fn longest(&self, step: Step) -> u32 {
        match step {
            _ if self.now > self.windows.vote_ends() => 10,
            Step::Settle => 5,
            Step::Assert => 1,
            Step::Reveal => 0,
        }
    }
}
