//! Lives of a bounty on a pretend clock, and the properties that hold whatever happens.

mod properties;
mod trouble;

use super::*;
use crate::{
    bounty::fate::{Fate, Placed},
    units::{Confidence, Nct},
    verdict::Verdict,
};

const TERMS: Terms = Terms { reveal: true, settle: true, answer_unknown: false, one_artifact: false };
const E: u64 = 100;

fn windows() -> Windows {
    Windows { expiration: Tick(E), reveal: 10, vote: 20, assert_margin: 2 }
}

fn announced(now: u64) -> Machine {
    Machine::new(windows(), TERMS, Policy::default(), Tick(now))
}

fn malicious() -> Result<ScanResult, ScanError> {
    Ok(ScanResult::new(Verdict::Malicious, Confidence::ONE))
}

/// Announced at 50, scanned, asserted with index 3.
fn asserted() -> Machine {
    let mut machine = announced(50);
    assert_eq!(machine.poll(), Output::Scan);
    machine.handle(Input::Listed(1));
    machine.handle(Input::Scanned { index: 0, outcome: malicious() });
    assert_eq!(machine.poll(), Output::Submit(Step::Assert));
    machine.handle(Input::Sealed(Step::Assert));
    machine.handle(Input::Fate(Step::Assert, Fate::Placed(3)));
    machine
}

fn at(machine: &mut Machine, tick: u64) -> Output {
    machine.handle(Input::Tick(Tick(tick)));
    machine.poll()
}

#[test]
fn a_whole_life() {
    let mut machine = asserted();
    assert_eq!((machine.poll(), machine.index()), (Output::WaitUntil(Tick(E)), Some(3)));
    assert_eq!(at(&mut machine, E), Output::Submit(Step::Reveal));
    machine.handle(Input::Sealed(Step::Reveal));
    machine.handle(Input::Fate(Step::Reveal, Fate::Done { payout: None }));
    assert_eq!(machine.poll(), Output::WaitUntil(Tick(E + 30)));
    machine.handle(Input::Quorum);
    assert_eq!(machine.poll(), Output::WaitUntil(Tick(E + 10)));
    assert_eq!(at(&mut machine, E + 10), Output::Submit(Step::Settle));
    machine.handle(Input::Sealed(Step::Settle));
    machine.handle(Input::Fate(Step::Settle, Fate::Done { payout: Some(Nct(7)) }));
    assert_eq!(machine.poll(), Output::Finished(Outcome::Settled { payout: Some(Nct(7)) }));
}

#[test]
fn scans_that_are_late_are_left_out() {
    let mut machine = announced(50);
    assert_eq!(machine.poll(), Output::Scan);
    machine.handle(Input::Listed(2));
    machine.handle(Input::Scanned { index: 1, outcome: malicious() });
    assert_eq!(at(&mut machine, E - 3), Output::WaitUntil(Tick(E - 2)));
    assert_eq!(at(&mut machine, E - 2), Output::Submit(Step::Assert));
    assert_eq!(machine.opinion().map(|o| o.mask.clone()), Some(vec![false, true]));
}

#[test]
fn nothing_is_staked_too_late_or_without_an_opinion() {
    assert_eq!(announced(E - 1).poll(), Output::Finished(Outcome::Skipped(Skipped::Late)));
    let mut machine = announced(50);
    machine.poll();
    machine.handle(Input::Listed(1));
    machine.handle(Input::Scanned { index: 0, outcome: Err(ScanError::timed_out("slow")) });
    assert_eq!(machine.poll(), Output::Finished(Outcome::Skipped(Skipped::NoOpinion)));
}

#[test]
fn a_lost_assertion_is_sent_again_then_asked_for_then_given_up() {
    let mut machine = announced(E - 10);
    machine.poll();
    machine.handle(Input::Listed(1));
    machine.handle(Input::Scanned { index: 0, outcome: malicious() });
    assert_eq!(machine.poll(), Output::Submit(Step::Assert));
    machine.handle(Input::Sealed(Step::Assert));
    machine.handle(Input::Lost(Step::Assert));
    assert_eq!(at(&mut machine, E - 2), Output::Resend(Step::Assert));
    machine.handle(Input::Lost(Step::Assert));
    assert_eq!(at(&mut machine, E), Output::Ask);
    machine.handle(Input::Found(None));
    for tick in [E + 2, E + 4] {
        assert_eq!(
            at(&mut machine, tick),
            Output::Ask,
            "a single answer may come from a node that is behind"
        );
        machine.handle(Input::Found(None));
    }
    assert_eq!(machine.poll(), Output::Finished(Outcome::Missed(Step::Assert)));
}

#[test]
fn a_missed_reveal_is_settled_all_the_same() {
    let mut machine = asserted();
    assert_eq!(at(&mut machine, E + 9), Output::WaitUntil(Tick(E + 30)));
    assert_eq!(at(&mut machine, E + 30), Output::Submit(Step::Settle));
    machine.handle(Input::Sealed(Step::Settle));
    machine.handle(Input::Fate(Step::Settle, Fate::Reverted("Sender already settled".into())));
    assert_eq!(machine.poll(), Output::Finished(Outcome::Missed(Step::Reveal)));
}

#[test]
fn due_work_fires_after_a_gap_in_the_ticks() {
    let mut machine = asserted();
    assert_eq!(at(&mut machine, E + 5), Output::Submit(Step::Reveal));
}

#[test]
fn a_restart_acts_when_it_has_heard_of_the_clock() {
    for (stage, first) in [
        (Stage::Signed(Step::Assert), Output::Resend(Step::Assert)),
        (Stage::Done(Step::Assert), Output::WaitUntil(Tick(E))),
    ] {
        let mut machine = Machine::restore(windows(), TERMS, stage, Some(3));
        assert_eq!(machine.poll(), Output::WaitUntil(Tick(1)));
        assert_eq!(at(&mut machine, 60), first);
        assert_ne!(machine.stage(), Stage::Open);
    }
}

/// Answers whatever the machine asks for, so that only the clock is left to move it.
fn answer(machine: &mut Machine, output: &Output) {
    match output {
        Output::Scan => machine.handle(Input::Listed(0)),
        Output::Submit(step) => machine.handle(Input::Dropped { step: *step, again: true }),
        Output::Resend(step) => machine.handle(Input::Lost(*step)),
        Output::Ask => machine.handle(Input::Unanswered),
        Output::WaitUntil(_) | Output::Finished(_) => {}
    }
}
