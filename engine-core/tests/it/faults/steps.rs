//! What is owed: the way from an assertion to its reveal and its payout.

use std::iter::repeat_n;

use engine_core::{
    bounty::{Bounty, Step, event::Event},
    units::{Guid, Tick},
};

use crate::driver::{
    market::{Call, Fault},
    rig::{Bench, bounty, id},
};

/// The reference schedules no reveal when nobody tells it what became of its assertion.
#[tokio::test]
async fn f06_an_assertion_of_which_nobody_tells_is_looked_up_and_revealed() {
    let bench = Bench::new();
    bench.market.fail(Call::Fate(Step::Assert), repeat_n(Fault::Lost, 1000));
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.until("it is asserted", |world| world.stakes.contains_key(&id(1))).await;
    rig.blocks_from(100, "it is revealed", |world| world.stakes[&id(1)].revealed).await;
    rig.stop().await;
    let world = bench.market.world();
    assert!(world.count_of(Call::Find) > 0);
    assert_eq!((world.count_of(Call::Draft(Step::Assert)), world.assertions_mined(id(1))), (1, 1));
}

/// The reference tries once, one block after the window has opened.
#[tokio::test]
async fn f08_a_reveal_goes_out_as_its_window_opens_and_again_until_it_closes() {
    let bench = Bench::new();
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.until_stage(id(1), "done assert").await;
    rig.tick(99).await;
    // By the time that another bounty has come so far, a step of the first would have begun.
    rig.announce(&Bounty { expiration: Tick(300), ..bounty(2) }).await;
    bench.until_stage(id(2), "done assert").await;
    assert_eq!(bench.market.world().count_of(Call::Draft(Step::Reveal)), 0, "the window is not open");
    bench.market.fail(Call::Send(Step::Reveal), repeat_n(Fault::Lost, 1000));
    rig.tick(100).await;
    bench.market.asked(Call::Send(Step::Reveal), 1).await;
    rig.blocks_from(101, "it is tried again", |world| world.count_of(Call::Send(Step::Reveal)) > 3).await;
    assert!(bench.market.world().tick < 109, "the window still has a block");
    bench.market.mend(Call::Send(Step::Reveal));
    rig.blocks_until("it is revealed", |world| world.stakes[&id(1)].revealed).await;
    rig.stop().await;
}

/// The reference settles at every quorum of anybody, and its own bounties twice.
#[tokio::test]
async fn f17_what_is_ours_is_settled_once_and_nothing_else() {
    let bench = Bench::new();
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.until_stage(id(1), "done assert").await;
    rig.tick(100).await;
    bench.until_stage(id(1), "done reveal").await;
    bench.market.world().quorum = true;
    rig.tick(110).await;
    for n in [2, 3, 1, 1] {
        rig.tell(Event::Quorum(Guid(uuid::Uuid::from_u128(n)))).await;
    }
    bench.until_stage(id(1), "over: settled").await;
    // The windows pass, at the end of which it would be due in any case.
    rig.tell(Event::Quorum(id(1).guid)).await;
    for tick in 111..140 {
        rig.tick(tick).await;
    }
    rig.heard().await;
    rig.stop().await;
    let world = bench.market.world();
    let settled: Vec<_> = world.calls.iter().filter(|(call, _)| *call == Call::Draft(Step::Settle)).collect();
    assert_eq!(settled, [&(Call::Draft(Step::Settle), Some(id(1)))]);
}

/// The reference loses what it was about to do.
#[tokio::test]
async fn f20_too_many_requests_delay_a_step_and_lose_none() {
    let bench = Bench::new();
    for step in [Step::Assert, Step::Reveal, Step::Settle] {
        bench.market.fail(Call::Draft(step), [Fault::Busy]);
        bench.market.fail(Call::Send(step), [Fault::Busy]);
    }
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    rig.blocks_from(51, "it is asserted", |world| world.stakes.contains_key(&id(1))).await;
    rig.blocks_from(100, "it is revealed", |world| world.stakes[&id(1)].revealed).await;
    rig.blocks_from(130, "it is settled", |world| world.stakes[&id(1)].settled).await;
    rig.blocks_until_stage(&bench, id(1), "over: settled").await;
    rig.stop().await;
    assert_eq!(bench.market.world().assertions_mined(id(1)), 1);
}
