//! Killed and started again: the very same bytes, and each step once.

use engine_core::{
    bounty::{BountyId, Step},
    units::Tick,
};

use super::{
    market::{Call, Fault},
    rig::{Bench, Rig, bounty, id},
};

/// The block at which a step is due.
fn due(step: Step) -> u64 {
    match step {
        Step::Assert => 50,
        Step::Reveal => 100,
        Step::Settle => 130,
    }
}

fn is_done(world: &super::chain::World, id: BountyId, step: Step) -> bool {
    world.stakes.get(&id).is_some_and(|stake| match step {
        Step::Assert => true,
        Step::Reveal => stake.revealed,
        Step::Settle => stake.settled,
    })
}

/// Lives the first bounty's life through the step `last`.
async fn live(bench: &Bench, rig: &Rig, steps: impl IntoIterator<Item = Step>) {
    for step in steps {
        rig.tick(due(step)).await;
        bench.market.until(step.as_str(), |world| is_done(world, id(1), step)).await;
    }
}

const ALL: [Step; 3] = [Step::Assert, Step::Reveal, Step::Settle];

/// Killed in every step, before it reaches the market and before its answer comes back.
#[tokio::test]
async fn killed_in_any_step_the_same_bytes_are_sent_and_no_others() {
    for (nth, step) in ALL.into_iter().enumerate() {
        for (call, fault) in [
            (Call::Send(step), Fault::Held),
            (Call::Send(step), Fault::Unanswered),
            (Call::Fate(step), Fault::Held),
        ] {
            let bench = Bench::new();
            bench.market.fail(call, [fault]);
            let rig = bench.start().await;
            rig.announce(&bounty(1)).await;
            live(&bench, &rig, ALL.into_iter().take(nth)).await;
            rig.tick(due(step)).await;
            bench.market.asked(call, 1).await;
            rig.kill();

            let rig = bench.start().await;
            live(&bench, &rig, ALL.into_iter().skip(nth)).await;
            bench.until_stage(id(1), "over: settled").await;
            rig.stop().await;
            let world = bench.market.world();
            for step in ALL {
                let mut bytes = world.bytes_of(id(1), step);
                bytes.dedup();
                assert_eq!(bytes.len(), 1, "{step} after {call:?} {fault:?}: {bytes:?}");
            }
            assert_eq!(world.assertions_mined(id(1)), 1);
        }
    }
}

/// Killed between two steps, nothing is sent again.
#[tokio::test]
async fn f02_killed_between_steps_it_goes_on_with_the_next() {
    for done in 1..ALL.len() {
        let bench = Bench::new();
        let rig = bench.start().await;
        rig.announce(&bounty(1)).await;
        live(&bench, &rig, ALL.into_iter().take(done)).await;
        bench.until_stage(id(1), &format!("done {}", ALL[done - 1])).await;
        rig.kill();
        let rig = bench.start().await;
        live(&bench, &rig, ALL.into_iter().skip(done)).await;
        rig.stop().await;
        assert_eq!(bench.market.world().handed_in.len(), 3);
    }
}

/// Past its last call an assertion that never left is not sent any more; nothing is staked, and its money is free again.
#[tokio::test]
async fn sealed_and_not_sent_is_not_sent_when_it_is_too_late() {
    let bench = Bench::new();
    bench.market.fail(Call::Send(Step::Assert), [Fault::Held]);
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Send(Step::Assert), 1).await;
    rig.kill();

    bench.market.world().tick = 99;
    let rig = bench.start().await;
    bench.market.asked(Call::Find, 1).await;
    rig.blocks_until_stage(&bench, id(1), "over: missed assert").await;
    assert!(bench.market.world().count_of(Call::Find) >= 3, "before and after its expiration, and once more");
    rig.stop().await;
    assert_eq!(bench.market.world().count_of(Call::Send(Step::Assert)), 1, "by the first engine alone");
}

/// Everything is over when the engine comes back: it finds its assertion, cannot reveal it, and settles it.
#[tokio::test]
async fn back_after_all_windows_it_settles_what_it_finds() {
    for (call, staked) in [(Call::Fate(Step::Assert), true), (Call::Send(Step::Reveal), true)] {
        let bench = Bench::new();
        bench.market.fail(call, [Fault::Held]);
        let rig = bench.start().await;
        rig.announce(&bounty(1)).await;
        bench.market.until("it is asserted", |world| world.stakes.contains_key(&id(1))).await;
        rig.tick(100).await;
        bench.market.asked(call, 1).await;
        rig.kill();

        bench.market.world().tick = 1_000_000;
        let rig = bench.start().await;
        bench.market.until("it is settled", |world| world.stakes[&id(1)].settled == staked).await;
        bench.until_stage(id(1), "over: missed reveal").await;
        rig.stop().await;
    }
}

/// What is over is over on disk too, however it ended.
#[tokio::test]
async fn what_was_given_up_is_not_taken_up_again() {
    let bench = Bench::new();
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    live(&bench, &rig, [Step::Assert, Step::Reveal]).await;
    bench.until_stage(id(1), "done reveal").await;
    bench.market.fail(Call::Draft(Step::Settle), std::iter::repeat_n(Fault::Lost, 1000));
    let mut tick = 130;
    while bench.stage(id(1)).as_deref() != Some("over: missed settle") {
        assert!(tick < 1_000_000, "never given up: {:?}", bench.stage(id(1)));
        tick += 1_100;
        rig.tick(tick).await;
        rig.heard().await;
    }
    rig.stop().await;
}

/// A chain that was set back starts at a low block. What is owed is owed all the same.
#[tokio::test]
async fn f03_a_clock_that_goes_back_loses_nothing() {
    let bench = Bench::new();
    let rig = bench.start().await;
    rig.announce(&engine_core::bounty::Bounty { expiration: Tick(1000), ..bounty(2) }).await;
    bench.market.until("it is asserted", |world| world.stakes.contains_key(&id(2))).await;
    rig.tick(500).await;
    rig.tick(7).await;
    rig.announce(&bounty(1)).await;
    live(&bench, &rig, ALL).await;
    rig.tick(1000).await;
    bench.market.until("it is revealed", |world| world.stakes[&id(2)].revealed).await;
    rig.stop().await;
}
