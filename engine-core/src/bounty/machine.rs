//! One bounty, without I/O: things happen to it ([`Machine::handle`]), and it says what to do next ([`Machine::poll`]).
//!
//! It asks for an assertion once at most, it never asks for anything that its windows do not allow, and it ends whatever happens,
//! as long as ticks come. Input that does not fit its state is noted, not obeyed.

mod answer;
mod input;
mod output;
mod pace;
#[cfg(test)]
mod tests;

use self::pace::Pace;
pub use self::{
    input::Input,
    output::{Outcome, Output, Skipped, Stage},
};
use super::{
    Step,
    fate::Terms,
    opinion::{Opinion, Policy},
    windows::Windows,
};
use crate::{fail_points::is_broken, scanner::ScanError, units::Tick, verdict::ScanResult};

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
    pace: Pace,
    quorum: bool,
    index: Option<u64>,
    opinion: Option<Opinion>,
    reveal_missed: bool,
    /// When the market was first heard to say that our assertion is not there, at a time when that counts.
    absent_since: Option<Tick>,
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
            pace: Pace::new(),
            quorum: false,
            index: None,
            opinion: None,
            reveal_missed: false,
            absent_since: None,
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
                // Should the window grow again, a restart must not have forgotten that nothing was revealed.
                Step::Settle if self.reveal_missed => Stage::Done(Step::Assert),
                Step::Settle => Stage::Done(Step::Reveal),
            },
            State::Sent(step) | State::Uncertain(step) | State::Asking(step) => Stage::Signed(step),
            State::Over(outcome) => Stage::Over(outcome),
        }
    }

    /// Whether something is staked, or may be at this moment: an assertion that is being built may be sealed already.
    pub fn may_be_staked(&self) -> bool {
        match self.stage() {
            Stage::Open => self.state == State::Building(Step::Assert),
            Stage::Signed(_) | Stage::Done(_) => true,
            Stage::Over(_) => false,
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
            Input::Tick(tick) => {
                if tick < self.now {
                    self.absent_since = None;
                    self.pace.turn_back(self.now, tick);
                }
                self.now = tick;
            }
            Input::Windows { reveal, vote } => (self.windows.reveal, self.windows.vote) = (reveal, vote),
            Input::Quorum => self.quorum = true,
            Input::Unwanted(why) if matches!(self.state, State::Announced | State::Scanning(_)) => {
                self.finish(Outcome::Skipped(why));
            }
            Input::Withheld if self.state == State::Building(Step::Assert) => {
                self.finish(Outcome::Skipped(Skipped::Shadow));
            }
            Input::Listed(count) => self.listed(count),
            Input::Scanned { index, outcome } => self.scanned(index, outcome),
            Input::Dropped { step, again } if self.state == State::Building(step) => {
                self.dropped(step, again)
            }
            Input::Sealed(step) if self.state == State::Building(step) => self.state = State::Sent(step),
            Input::Fate(step, fate) if self.awaits(step) => self.fate(step, fate),
            Input::Lost(step) if self.awaits(step) => self.uncertain(step),
            Input::Spent(step) if self.awaits(step) => self.anew(step),
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
                State::Uncertain(step) if self.is_hopeless() => {
                    let step = *step;
                    self.missed(step);
                }
                State::Due(Step::Settle) if self.reveal_missed && !self.windows.reveal_is_over(now) => {
                    // The clock or the window was wrong when it was given up.
                    (self.reveal_missed, self.pace) = (false, Pace::new());
                    self.state = State::Due(Step::Reveal);
                }
                // Without its index nothing can be revealed: the market is asked, as after a lost answer.
                State::Due(Step::Reveal) if self.index.is_none() => {
                    self.state = State::Uncertain(Step::Assert)
                }
                State::Due(_) | State::Uncertain(_) if now < self.pace.not_before() => {
                    return Output::WaitUntil(self.pace.not_before());
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
                    // Reveals are sent and asked for in turn; a settlement cannot be asked for.
                    let resend = match step {
                        Step::Assert => self.windows.can_assert(now),
                        Step::Reveal => self.windows.can_reveal(now) && self.pace.is_even(),
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
            (self.state, self.pace) = (State::Due(Step::Assert), Pace::new());
        } else {
            self.finish(Outcome::Skipped(Skipped::NoOpinion));
        }
    }

    /// Until so many ticks past the vote's end nothing is given up that may be staked.
    const GIVE_UP: u64 = 1000;

    fn opens(&self, step: Step) -> Tick {
        match step {
            Step::Assert => Tick(0),
            Step::Reveal if is_broken("revealed while its window is open") => self.windows.reveal_ends(),
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

    /// Settling has no last tick, and this process may have been away for a month: tries count, not only ticks.
    fn is_hopeless(&self) -> bool {
        self.pace.is_used_up() && self.now > self.windows.vote_ends().after(Self::GIVE_UP)
    }

    fn finish(&mut self, outcome: Outcome) {
        self.state = State::Over(outcome);
    }
}
