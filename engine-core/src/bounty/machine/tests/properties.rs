//! What holds whatever happens, in whatever order: to a new bounty, and to one that was taken over at any stage.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

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
        1 => Just(Input::Withheld),
    ]
}

/// A machine at its start: announced, or taken over after a restart.
fn machine() -> impl Strategy<Value = Machine> {
    let stage = prop_oneof![step().prop_map(Stage::Signed), step().prop_map(Stage::Done)];
    let restored = (stage, proptest::option::of(0..3u64))
        .prop_map(|(stage, index)| Machine::restore(windows(), TERMS, stage, index));
    prop_oneof![2 => (0..E).prop_map(announced), 3 => restored]
}

/// What the outside knows of a machine: which steps it was asked for, and which of them are on disk.
#[derive(Debug, Default)]
struct Outside {
    building: Option<Step>,
    sealed: BTreeSet<Step>,
    is_over: bool,
}

impl Outside {
    /// What a machine was told when it was made.
    fn of(machine: &Machine) -> Self {
        let sealed = match machine.stage() {
            Stage::Signed(step) | Stage::Done(step) => {
                [Step::Assert, Step::Reveal, Step::Settle].into_iter().filter(|each| *each <= step).collect()
            }
            Stage::Open | Stage::Over(_) => BTreeSet::new(),
        };
        Self { building: None, sealed, is_over: false }
    }

    fn tell(&mut self, input: &Input) {
        match input {
            Input::Sealed(step) if self.building == Some(*step) => {
                self.sealed.insert(*step);
                self.building = None;
            }
            Input::Dropped { step, .. } if self.building == Some(*step) => self.building = None,
            Input::Withheld if self.building == Some(Step::Assert) => self.building = None,
            _ => {}
        }
    }

    fn hear(&mut self, machine: &Machine, output: &Output) -> Result<(), TestCaseError> {
        let (now, windows) = (machine.now(), machine.windows());
        prop_assert!(!self.is_over || matches!(output, Output::Finished(_)), "after its end: {output:?}");
        match output {
            Output::Submit(step) => {
                prop_assert_eq!(self.building, None, "two steps at once");
                self.building = Some(*step);
                match step {
                    Step::Assert => {
                        prop_assert!(!self.sealed.contains(step), "asserted twice");
                        prop_assert!(windows.can_assert(now), "asserted too late");
                    }
                    Step::Reveal => {
                        prop_assert!(self.sealed.contains(&Step::Assert), "revealed what is not asserted");
                        prop_assert!(windows.can_reveal(now), "revealed out of time");
                        prop_assert!(machine.index().is_some(), "revealed without an index");
                    }
                    Step::Settle => {
                        prop_assert!(self.sealed.contains(&Step::Assert), "settled what is not asserted");
                        prop_assert!(now >= windows.reveal_ends(), "settled too early");
                    }
                }
            }
            Output::Resend(step) => {
                prop_assert!(self.sealed.contains(step), "sent again what is not sealed");
                prop_assert!(*step != Step::Assert || windows.can_assert(now), "asserted too late");
            }
            Output::Finished(_) => {
                prop_assert_eq!(self.building, None, "it ended although what it asked for may be sealed");
                self.is_over = true;
            }
            Output::Scan | Output::Ask | Output::WaitUntil(_) => {}
        }
        Ok(())
    }
}

/// What the market, or the lack of it, answers to a step or a question.
#[derive(Clone, Copy, Debug)]
enum Answer {
    Dropped,
    Lost,
    Spent,
    Pending,
    Reverted,
    Nothing,
    NotRevealed,
    Revealed,
}

impl Answer {
    fn any() -> impl Strategy<Value = Self> {
        let all = [
            Self::Dropped,
            Self::Lost,
            Self::Spent,
            Self::Pending,
            Self::Reverted,
            Self::Nothing,
            Self::NotRevealed,
            Self::Revealed,
        ];
        proptest::sample::select(all.to_vec())
    }

    /// What a machine hears that has asked for this.
    fn inputs(self, output: &Output) -> Vec<Input> {
        let sent = |step: Step| match self {
            Self::Spent => Input::Spent(step),
            Self::Pending => Input::Fate(step, Fate::Pending),
            Self::Reverted => Input::Fate(step, Fate::Reverted("No Quorum and vote active".into())),
            _ => Input::Lost(step),
        };
        match output {
            Output::Scan => vec![Input::Listed(1), Input::Scanned { index: 0, outcome: malicious() }],
            Output::Submit(step) if matches!(self, Self::Dropped) => {
                vec![Input::Dropped { step: *step, again: true }]
            }
            Output::Submit(step) => vec![Input::Sealed(*step), sent(*step)],
            Output::Resend(step) => vec![sent(*step)],
            Output::Ask => vec![match self {
                Self::Nothing => Input::Found(None),
                Self::NotRevealed => Input::Found(Some(Placed { index: 1, revealed: false })),
                Self::Revealed => Input::Found(Some(Placed { index: 1, revealed: true })),
                _ => Input::Unanswered,
            }],
            Output::WaitUntil(_) | Output::Finished(_) => Vec::new(),
        }
    }
}

proptest! {
    /// After one assertion is sealed no other is asked for; each step is asked for within its window, one at a time; nothing is sent
    /// again that is not sealed; what is over stays over.
    #[test]
    fn no_order_of_inputs_asserts_unsealed_or_twice_or_out_of_time(
        mut machine in machine(),
        inputs in proptest::collection::vec(input(), 1..60),
    ) {
        let mut outside = Outside::of(&machine);
        for input in inputs {
            outside.tell(&input);
            machine.handle(input);
            for _ in 0..10 {
                let output = machine.poll();
                outside.hear(&machine, &output)?;
                if matches!(output, Output::WaitUntil(_) | Output::Finished(_)) {
                    break;
                }
            }
        }
    }

    /// Within one tick it asks for a few things at most, whatever the answers are: no loop without a rest.
    #[test]
    fn it_rests_before_it_tries_for_ever(
        mut machine in machine(),
        answers in prop_oneof![2 => Answer::any().prop_map(|all| vec![all]), 1 => proptest::collection::vec(Answer::any(), 2..8)],
        tick in prop_oneof![2 => E..E + 9, 1 => 1..2000u64],
    ) {
        machine.handle(Input::Tick(Tick(tick)));
        let mut answers = answers.into_iter().cycle();
        for _ in 0..12 {
            let output = machine.poll();
            if matches!(output, Output::WaitUntil(_) | Output::Finished(_)) {
                return Ok(());
            }
            let answer = answers.next().unwrap_or(Answer::Lost);
            answer.inputs(&output).into_iter().for_each(|input| machine.handle(input));
        }
        prop_assert!(false, "twelve things in one tick: {:?}", machine);
    }

    /// As long as ticks come and questions are answered, however badly, it ends: after anything that happened before.
    #[test]
    fn it_always_ends(
        mut machine in machine(),
        inputs in proptest::collection::vec(input(), 0..40),
        answers in proptest::collection::vec(Answer::any(), 1..8),
    ) {
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
        let mut answers = answers.into_iter().cycle();
        for tick in (160..1500).chain((1500..100_000).step_by(50)) {
            machine.handle(Input::Tick(Tick(tick)));
            for _ in 0..12 {
                let output = machine.poll();
                if matches!(output, Output::WaitUntil(_) | Output::Finished(_)) {
                    break;
                }
                let answer = answers.next().unwrap_or(Answer::Lost);
                answer.inputs(&output).into_iter().for_each(|input| machine.handle(input));
            }
        }
        prop_assert!(matches!(machine.poll(), Output::Finished(_)), "{machine:?}");
    }
}
