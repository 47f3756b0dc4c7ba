//! Lives of a bounty on a pretend clock, and the properties that hold whatever happens.

mod trouble;

use proptest::prelude::*;

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
    assert_eq!(at(&mut machine, E + 2), Output::Ask);
    machine.handle(Input::Found(None));
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

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![Just(Step::Assert), Just(Step::Reveal), Just(Step::Settle)]
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        (0..3u64).prop_map(Fate::Placed),
        Just(Fate::Done { payout: None }),
        Just(Fate::Pending),
        prop_oneof![
            Just("Bounty inactive"),
            Just("Sender has already asserted"),
            Just("Bounty already revealed")
        ]
        .prop_map(|reason| Fate::Reverted(reason.into())),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        4 => (0..160u64).prop_map(|tick| Input::Tick(Tick(tick))),
        1 => (0..30u64, 0..30u64).prop_map(|(reveal, vote)| Input::Windows { reveal, vote }),
        1 => Just(Input::Quorum),
        2 => (0..3usize).prop_map(Input::Listed),
        3 => (0..3usize).prop_map(|index| Input::Scanned { index, outcome: malicious() }),
        1 => (step(), any::<bool>()).prop_map(|(step, again)| Input::Dropped { step, again }),
        3 => step().prop_map(Input::Sealed),
        3 => (step(), fate()).prop_map(|(step, fate)| Input::Fate(step, fate)),
        1 => step().prop_map(Input::Lost),
        1 => step().prop_map(Input::Spent),
        1 => proptest::option::of((0..3u64, any::<bool>()))
            .prop_map(|found| Input::Found(found.map(|(index, revealed)| Placed { index, revealed }))),
        1 => Just(Input::Unanswered),
        1 => Just(Input::Unwanted(Skipped::Unlisted)),
    ]
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

proptest! {
    /// Whatever happens in whatever order: after one assertion is sealed no other is asked for, every step is asked for within its
    /// window, and nothing is sent again that was not sealed.
    #[test]
    fn no_order_of_inputs_asserts_twice_or_out_of_time(inputs in proptest::collection::vec(input(), 1..60)) {
        let mut machine = announced(50);
        let mut asked = std::collections::HashSet::new();
        let mut sealed = std::collections::HashSet::new();
        for input in inputs {
            if let Input::Sealed(step) = &input && asked.remove(step) {
                sealed.insert(*step);
            }
            if let Input::Dropped { step, .. } = &input {
                asked.remove(step);
            }
            machine.handle(input);
            for _ in 0..10 {
                let (output, now) = (machine.poll(), machine.now());
                match &output {
                    Output::Submit(step) => {
                        if *step == Step::Assert {
                            prop_assert!(!sealed.contains(step), "asserted twice");
                            prop_assert!(machine.windows().can_assert(now), "asserted too late");
                        } else {
                            prop_assert!(sealed.contains(&Step::Assert), "{step} of nothing");
                            prop_assert!(*step != Step::Reveal || machine.windows().can_reveal(now), "revealed out of time");
                        }
                        asked.insert(*step);
                    }
                    Output::Resend(step) => prop_assert!(sealed.contains(step), "sent again what was not sealed"),
                    Output::WaitUntil(_) | Output::Finished(_) => break,
                    Output::Scan | Output::Ask => {}
                }
            }
        }
    }

    /// As long as ticks come and questions are answered, it ends.
    #[test]
    fn it_always_ends(inputs in proptest::collection::vec(input(), 1..60)) {
        let mut machine = announced(50);
        for input in inputs {
            machine.handle(input);
            let output = machine.poll();
            answer(&mut machine, &output);
        }
        // Whatever was asked for before is answered now.
        for step in [Step::Assert, Step::Reveal, Step::Settle] {
            machine.handle(Input::Dropped { step, again: true });
            machine.handle(Input::Lost(step));
        }
        machine.handle(Input::Unanswered);
        machine.handle(Input::Listed(0));
        for tick in (160..1500).chain((1500..100_000).step_by(50)) {
            machine.handle(Input::Tick(Tick(tick)));
            let output = machine.poll();
            answer(&mut machine, &output);
        }
        prop_assert!(matches!(machine.poll(), Output::Finished(_)), "{machine:?}");
    }
}
