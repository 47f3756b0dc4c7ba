//! One bounty, without I/O: things happen to it ([`Machine::handle`]), and it says what to do next ([`Machine::poll`]).
//!
//! It asks for an assertion once at most, it never asks for anything that its windows do not allow, and it ends whatever happens,
//! as long as ticks come. Input that does not fit its state is noted, not obeyed.

mod input;
mod output;
#[cfg(test)]
mod tests;

pub use self::{
    input::Input,
    output::{Outcome, Output, Skipped, Stage},
};
use super::{
    Step,
    fate::{Fate, Placed, Terms},
    opinion::{Opinion, Policy},
    windows::Windows,
};
use crate::{
    scanner::ScanError,
    units::{Nct, Tick},
    verdict::ScanResult,
};

/// Where the bounty stands.
#[derive(Clone, Debug, PartialEq)]
enum State {
    Announced,
    Scanning(Option<Vec<Option<Result<ScanResult, ScanError>>>>),
    /// Waiting until the step can be taken.
    Due(Step),
    /// The step is being taken; nothing is signed yet, as far as we know.
    Building(Step),
    /// The step's bytes are on disk; an answer is on its way.
    Sent(Step),
    /// The step's bytes are on disk; nobody knows what came of them.
    Uncertain(Step),
    /// The market was asked what it holds.
    Asking(Step),
    Over(Outcome),
}

/// One bounty's life.
#[derive(Clone, Debug)]
pub struct Machine {
    windows: Windows,
    terms: Terms,
    policy: Policy,
    now: Tick,
    /// Not before this tick: how a failed try is spaced from the next.
    not_before: Tick,
    tries: u32,
    quorum: bool,
    index: Option<u64>,
    opinion: Option<Opinion>,
    reveal_missed: bool,
    state: State,
}

impl Machine {
    /// A bounty that was just announced, at tick `now`.
    pub fn new(windows: Windows, terms: Terms, policy: Policy, now: Tick) -> Self {
        Self {
            windows,
            terms,
            policy,
            now,
            not_before: Tick(1),
            tries: 0,
            quorum: false,
            index: None,
            opinion: None,
            reveal_missed: false,
            state: State::Announced,
        }
    }

    /// A bounty on which something was staked before a restart. It acts when it has heard of the market's clock.
    pub fn restore(windows: Windows, terms: Terms, stage: Stage, index: Option<u64>) -> Self {
        let mut machine = Self::new(windows, terms, Policy::default(), Tick(0));
        machine.index = index;
        match stage {
            Stage::Open => machine.finish(Outcome::Skipped(Skipped::Closing)),
            Stage::Signed(step) => machine.state = State::Uncertain(step),
            Stage::Done(step) => machine.done(step, None),
            Stage::Over(outcome) => machine.finish(outcome),
        }
        machine
    }

    /// What of it is worth keeping on disk.
    pub fn stage(&self) -> Stage {
        match self.state {
            State::Announced | State::Scanning(_) => Stage::Open,
            State::Due(step) | State::Building(step) => match step {
                Step::Assert => Stage::Open,
                Step::Reveal => Stage::Done(Step::Assert),
                Step::Settle => Stage::Done(Step::Reveal),
            },
            State::Sent(step) | State::Uncertain(step) | State::Asking(step) => Stage::Signed(step),
            State::Over(outcome) => Stage::Over(outcome),
        }
    }

    /// What is to be asserted, once the scans are done.
    pub fn opinion(&self) -> Option<&Opinion> {
        self.opinion.as_ref()
    }

    /// Our assertion's index, once it is known.
    pub fn index(&self) -> Option<u64> {
        self.index
    }

    /// When each step opens and closes.
    pub fn windows(&self) -> &Windows {
        &self.windows
    }

    /// The last tick it heard of.
    pub fn now(&self) -> Tick {
        self.now
    }

    /// Takes in what happened.
    pub fn handle(&mut self, input: Input) {
        match input {
            Input::Tick(tick) => self.now = tick,
            Input::Windows { reveal, vote } => (self.windows.reveal, self.windows.vote) = (reveal, vote),
            Input::Quorum => self.quorum = true,
            Input::Unwanted(why) if self.stage() == Stage::Open => self.finish(Outcome::Skipped(why)),
            Input::Listed(count) => self.listed(count),
            Input::Scanned { index, outcome } => self.scanned(index, outcome),
            Input::Dropped { step, again } if self.state == State::Building(step) => {
                self.dropped(step, again)
            }
            Input::Sealed(step) if self.state == State::Building(step) => self.state = State::Sent(step),
            Input::Fate(step, fate) if self.awaits(step) => self.fate(step, fate),
            Input::Lost(step) if self.awaits(step) => self.uncertain(step),
            Input::Spent(step) if self.awaits(step) => match step {
                Step::Assert => self.uncertain(step),
                Step::Reveal | Step::Settle => self.again(step),
            },
            Input::Found(placed) => self.found(placed),
            Input::Unanswered => {
                if let State::Asking(step) = self.state {
                    self.uncertain(step);
                }
            }
            stray => tracing::debug!(?stray, state = ?self.state, "input that does not fit"),
        }
    }

    /// What to do next. Ask until it says to wait or that it is over.
    pub fn poll(&mut self) -> Output {
        loop {
            let now = self.now;
            match &self.state {
                State::Over(outcome) => return Output::Finished(*outcome),
                State::Announced => {
                    if !self.windows.can_assert(now) {
                        self.finish(Outcome::Skipped(Skipped::Late));
                        continue;
                    }
                    self.state = State::Scanning(None);
                    return Output::Scan;
                }
                State::Scanning(results) => {
                    let done = results.as_ref().is_some_and(|r| r.iter().all(Option::is_some));
                    if !done && now < self.windows.scans_end() {
                        return Output::WaitUntil(self.windows.scans_end());
                    }
                    self.decide();
                }
                State::Building(_) | State::Sent(_) | State::Asking(_) => {
                    return Output::WaitUntil(now.after(1));
                }
                State::Uncertain(step) if self.is_hopeless() => self.finish(Outcome::Missed(*step)),
                State::Due(_) | State::Uncertain(_) if now < self.not_before => {
                    return Output::WaitUntil(self.not_before);
                }
                State::Due(step) => {
                    let step = *step;
                    if self.is_too_late(step) {
                        self.missed(step);
                    } else if now < self.opens(step) {
                        return Output::WaitUntil(self.opens(step));
                    } else {
                        self.state = State::Building(step);
                        return Output::Submit(step);
                    }
                }
                State::Uncertain(step) => {
                    let step = *step;
                    // Reveals are asked for first: the answer may be there already. Settlements can only be sent again.
                    let resend = match step {
                        Step::Assert => self.windows.can_assert(now),
                        Step::Reveal => self.windows.can_reveal(now) && self.tries.is_multiple_of(2),
                        Step::Settle => true,
                    };
                    self.state = if resend { State::Sent(step) } else { State::Asking(step) };
                    return if resend { Output::Resend(step) } else { Output::Ask };
                }
            }
        }
    }

    /// Whether an answer to the step's signed bytes is of use.
    fn awaits(&self, step: Step) -> bool {
        [State::Sent(step), State::Uncertain(step), State::Asking(step)].contains(&self.state)
    }

    fn listed(&mut self, count: usize) {
        if self.state == State::Scanning(None) {
            self.state = State::Scanning(Some(vec![None; count]));
        }
    }

    fn scanned(&mut self, index: usize, outcome: Result<ScanResult, ScanError>) {
        if let State::Scanning(Some(results)) = &mut self.state
            && let Some(place @ None) = results.get_mut(index)
        {
            *place = Some(outcome);
        }
    }

    fn decide(&mut self) {
        let State::Scanning(results) = &self.state else { return };
        let results = results.as_deref().unwrap_or_default();
        self.opinion = Opinion::of(results, self.policy, self.terms.one_artifact);
        if self.opinion.is_some() || self.terms.answer_unknown {
            self.again(Step::Assert);
            self.not_before = self.now;
        } else {
            self.finish(Outcome::Skipped(Skipped::NoOpinion));
        }
    }

    fn dropped(&mut self, step: Step, again: bool) {
        match step {
            Step::Assert if !again => self.finish(Outcome::Skipped(Skipped::Refused)),
            _ => self.again(step),
        }
    }

    fn fate(&mut self, step: Step, fate: Fate) {
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
            (Step::Reveal | Step::Settle, Fate::Done { payout }) => self.done(step, payout),
            (_, _) => self.uncertain(step),
        }
    }

    fn found(&mut self, placed: Option<Placed>) {
        let State::Asking(step) = self.state else { return };
        match (step, placed) {
            (Step::Assert, Some(placed)) => {
                self.index = Some(placed.index);
                self.done(if placed.revealed { Step::Reveal } else { Step::Assert }, None);
            }
            (Step::Assert, None) if self.now >= self.windows.absence_counts() => self.missed(step),
            (Step::Reveal, Some(placed)) if placed.revealed => self.done(step, None),
            (Step::Reveal, _) if self.windows.reveal_is_over(self.now) => self.missed(step),
            (_, _) => self.uncertain(step),
        }
    }

    /// The step is done; on to the next that this market has.
    fn done(&mut self, step: Step, payout: Option<Nct>) {
        (self.tries, self.not_before) = (0, Tick(1));
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
    fn missed(&mut self, step: Step) {
        match step {
            Step::Reveal => {
                self.reveal_missed = true;
                self.done(Step::Reveal, None);
            }
            Step::Assert | Step::Settle => self.finish(Outcome::Missed(step)),
        }
    }

    /// To be built anew, after a while.
    fn again(&mut self, step: Step) {
        self.pause(step);
        self.state = State::Due(step);
    }

    /// To be sent again or asked for, after a while.
    fn uncertain(&mut self, step: Step) {
        self.pause(step);
        self.state = State::Uncertain(step);
    }

    /// Assertions and reveals have short windows; a settlement can wait for longer with each try, up to 32 ticks.
    fn pause(&mut self, step: Step) {
        let longest = if step == Step::Settle { 5 } else { 1 };
        self.not_before = self.now.after(1 << self.tries.min(longest));
        self.tries = self.tries.saturating_add(1);
    }

    /// After so many ticks past the vote's end a step that still fails is given up.
    const GIVE_UP: u64 = 1000;

    fn opens(&self, step: Step) -> Tick {
        match step {
            Step::Assert => Tick(0),
            Step::Reveal => self.windows.expiration,
            Step::Settle => self.windows.settle_opens(self.quorum),
        }
    }

    fn is_too_late(&self, step: Step) -> bool {
        match step {
            Step::Assert => !self.windows.can_assert(self.now),
            Step::Reveal => self.windows.reveal_is_over(self.now),
            Step::Settle => self.is_hopeless(),
        }
    }

    fn is_hopeless(&self) -> bool {
        self.now > self.windows.vote_ends().after(Self::GIVE_UP)
    }

    fn finish(&mut self, outcome: Outcome) {
        self.state = State::Over(outcome);
    }
}
