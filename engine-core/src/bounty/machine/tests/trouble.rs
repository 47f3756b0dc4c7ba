//! What an operator's bad day brings: weeks of absence, clocks that jump, answers that come too late.

use super::*;

/// Restored at `stage`; its windows are known, and then the clock.
fn restored(stage: Stage, index: Option<u64>, now: u64) -> Machine {
    let mut machine = Machine::restore(windows(), TERMS, stage, index);
    machine.handle(Input::Tick(Tick(now)));
    machine
}

/// Settling has no last block: whoever comes back after a month is paid all the same.
#[test]
fn a_settlement_that_is_owed_is_taken_however_late_the_restart_is() {
    for stage in [Stage::Done(Step::Reveal), Stage::Done(Step::Assert)] {
        assert_eq!(restored(stage, Some(1), 1_000_000).poll(), Output::Submit(Step::Settle), "{stage:?}");
    }
    let mut machine = restored(Stage::Signed(Step::Settle), Some(1), 1_000_000);
    assert_eq!(machine.poll(), Output::Resend(Step::Settle));
}

/// An assertion may stand although nobody knows: it is asked for before it is given up, and then settled.
#[test]
fn what_may_be_staked_is_asked_for_however_late_the_restart_is() {
    let mut machine = restored(Stage::Signed(Step::Assert), None, 1_000_000);
    assert_eq!(machine.poll(), Output::Ask);
    machine.handle(Input::Found(Some(Placed { index: 4, revealed: false })));
    assert_eq!(machine.poll(), Output::Submit(Step::Settle));
}

#[test]
fn a_reveal_that_nobody_answers_for_is_settled_in_the_end() {
    let mut machine = restored(Stage::Signed(Step::Reveal), Some(1), E + 5);
    let mut settles = false;
    for tick in (E + 5..100_000).step_by(20) {
        let output = at(&mut machine, tick);
        settles |= output == Output::Submit(Step::Settle);
        answer(&mut machine, &output);
    }
    assert!(settles, "{machine:?}");
}

/// A node that was set back starts at a low block: what was to rest for two ticks rests for two ticks.
#[test]
fn a_clock_that_goes_back_does_not_lengthen_a_rest() {
    let mut machine = restored(Stage::Signed(Step::Assert), None, 50);
    assert_eq!(machine.poll(), Output::Resend(Step::Assert));
    machine.handle(Input::Lost(Step::Assert));
    assert_eq!(at(&mut machine, 3), Output::WaitUntil(Tick(4)));
    assert_eq!(at(&mut machine, 4), Output::Resend(Step::Assert));
}

/// One wrong block number, or one wrong length of the window, is no reason to lose a bid.
#[test]
fn a_reveal_given_up_too_early_is_taken_up_again() {
    let mut machine = asserted();
    assert_eq!(at(&mut machine, 5_000), Output::Submit(Step::Settle), "a clock far ahead");
    machine.handle(Input::Dropped { step: Step::Settle, again: true });
    assert_eq!(at(&mut machine, 60), Output::WaitUntil(Tick(E)));
    assert_eq!(at(&mut machine, E), Output::Submit(Step::Reveal));

    let mut machine = asserted();
    machine.handle(Input::Windows { reveal: 0, vote: 20 });
    assert_eq!(at(&mut machine, E), Output::WaitUntil(Tick(E + 20)));
    machine.handle(Input::Windows { reveal: 10, vote: 20 });
    assert_eq!(machine.poll(), Output::Submit(Step::Reveal));
}

/// Windows are the market's of today, for bounties that are already up too.
#[test]
fn windows_that_change_move_what_is_due() {
    let mut machine = asserted();
    machine.handle(Input::Windows { reveal: 50, vote: 60 });
    assert_eq!(at(&mut machine, E + 48), Output::Submit(Step::Reveal), "after the old end");
    machine.handle(Input::Sealed(Step::Reveal));
    machine.handle(Input::Fate(Step::Reveal, Fate::Done { payout: None }));
    assert_eq!(machine.poll(), Output::WaitUntil(Tick(E + 110)));
    machine.handle(Input::Windows { reveal: 10, vote: 20 });
    assert_eq!(machine.poll(), Output::Submit(Step::Settle));
}

/// A reveal needs the assertion's index. A journal that could not be written may lack it, the market has it.
#[test]
fn without_an_index_the_market_is_asked_before_the_reveal() {
    let mut machine = restored(Stage::Done(Step::Assert), None, E + 1);
    assert_eq!(machine.poll(), Output::Ask);
    machine.handle(Input::Found(Some(Placed { index: 4, revealed: false })));
    assert_eq!((machine.poll(), machine.index()), (Output::Submit(Step::Reveal), Some(4)));

    let mut machine = restored(Stage::Signed(Step::Reveal), None, E + 1);
    assert_eq!(machine.poll(), Output::Resend(Step::Reveal));
    machine.handle(Input::Spent(Step::Reveal));
    assert_eq!(at(&mut machine, E + 2), Output::Ask, "to be built anew, and for which index?");
}

/// Until the first block is heard of nobody knows whether it is too late.
#[test]
fn nothing_is_asserted_before_the_clock_is_known() {
    let mut machine = announced(0);
    assert_eq!(machine.poll(), Output::Scan);
    machine.handle(Input::Listed(1));
    machine.handle(Input::Scanned { index: 0, outcome: malicious() });
    assert_eq!(machine.poll(), Output::WaitUntil(Tick(1)));
    assert_eq!(at(&mut machine, 60), Output::Submit(Step::Assert));
}

/// A word from the scans that comes late ends no bounty whose assertion may be sealed at this moment.
#[test]
fn once_an_assertion_is_being_built_only_its_own_answer_ends_it() {
    let mut machine = announced(50);
    assert_eq!(machine.poll(), Output::Scan);
    machine.handle(Input::Listed(1));
    machine.handle(Input::Scanned { index: 0, outcome: malicious() });
    assert_eq!(machine.poll(), Output::Submit(Step::Assert));
    assert!(machine.may_be_staked());
    machine.handle(Input::Unwanted(Skipped::Unlisted));
    machine.handle(Input::Sealed(Step::Assert));
    assert_eq!(machine.stage(), Stage::Signed(Step::Assert));
}

/// The reveal's window may be open for three more ticks: whatever comes of a try, the next is made in the next tick at the latest.
#[test]
fn a_reveal_is_tried_in_every_tick() {
    let mut machine = restored(Stage::Signed(Step::Reveal), Some(3), E);
    assert_eq!(machine.poll(), Output::Resend(Step::Reveal));
    machine.handle(Input::Lost(Step::Reveal));
    for tick in E + 1..E + 5 {
        assert_eq!(at(&mut machine, tick), Output::Ask);
        machine.handle(Input::Found(Some(Placed { index: 3, revealed: false })));
        assert_eq!(
            machine.poll(),
            Output::Resend(Step::Reveal),
            "it does not show, so it goes again at once"
        );
        machine.handle(Input::Lost(Step::Reveal));
    }
    assert_eq!(at(&mut machine, E + 5), Output::Ask);
    machine.handle(Input::Found(Some(Placed { index: 3, revealed: false })));
    assert_eq!(machine.poll(), Output::Resend(Step::Reveal));
    machine.handle(Input::Spent(Step::Reveal));
    assert_eq!(
        machine.poll(),
        Output::Submit(Step::Reveal),
        "its bytes are dead, so there are new ones at once"
    );
    machine.handle(Input::Sealed(Step::Reveal));
    machine.handle(Input::Spent(Step::Reveal));
    assert_eq!(machine.poll(), Output::WaitUntil(Tick(E + 6)), "but not again and again");
}
