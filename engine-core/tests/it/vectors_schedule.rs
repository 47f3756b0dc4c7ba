use std::collections::HashSet;

use engine_core::{
    Tick,
    bounty::{
        Step,
        fate::Terms,
        machine::{Input, Machine, Output, Stage},
        windows::Windows,
    },
};
use serde::Deserialize;

use crate::vectors::cases;

#[derive(Deserialize)]
struct Case {
    scheduled: Vec<Action>,
    blocks: Vec<Block>,
}

#[derive(Deserialize)]
struct Block {
    block: u64,
    fired: Vec<Fired>,
}

#[derive(Deserialize)]
struct Action {
    block: u64,
    event: String,
    guid: String,
}

#[derive(Deserialize)]
struct Fired {
    event: String,
    guid: String,
}

/// A bounty of ours that has this action ahead of it.
fn waiting(action: &Action) -> (Step, Machine) {
    let terms = Terms { reveal: true, settle: true, answer_unknown: false, one_artifact: false };
    let (step, done, reveal) = match action.event.as_str() {
        "reveal" => (Step::Reveal, Step::Assert, 1000),
        "settle" => (Step::Settle, Step::Reveal, 0),
        other => panic!("no such action: {other}"),
    };
    let windows = Windows { expiration: Tick(action.block), reveal, vote: 0, assert_margin: 2 };
    (step, Machine::restore(windows, terms, Stage::Done(done), Some(0)))
}

/// The reference acts at the first block *after* the one at which an action is due, and so loses one block of the reveal window. We act at
/// the first block from that one on; whatever it has fired we have fired too, and never anything that is not due.
#[test]
fn vectors_schedule_fire_when_due_and_not_one_block_later() {
    for case in cases::<Case>("schedule.json") {
        let mut machines: Vec<_> = case.scheduled.iter().map(|action| (action, waiting(action))).collect();
        let (mut ours, mut reference) = (HashSet::new(), HashSet::new());
        for block in &case.blocks {
            for (action, (step, machine)) in &mut machines {
                machine.handle(Input::Tick(Tick(block.block)));
                if machine.poll() == Output::Submit(*step) {
                    assert!(
                        block.block >= action.block,
                        "{} of {} before it is due",
                        action.event,
                        action.guid
                    );
                    assert!(ours.insert((action.event.clone(), action.guid.clone())), "twice");
                }
            }
            let due = case.scheduled.iter().filter(|action| action.block <= block.block);
            assert_eq!(
                ours,
                due.map(|a| (a.event.clone(), a.guid.clone())).collect(),
                "at block {}",
                block.block
            );
            reference.extend(block.fired.iter().map(|fired| (fired.event.clone(), fired.guid.clone())));
            assert!(reference.is_subset(&ours), "the reference has fired more at block {}", block.block);
        }
        assert_eq!(ours, reference, "in the end the same actions were taken");
    }
}
