//! A journal that cannot be written: nothing new is staked, and what is owed is opened all the same.

use engine_core::bounty::Step;

use super::{
    market::{Call, Fault},
    rig::{Bench, bounty, id},
};

/// No bounty is even fetched, until there is room again.
#[tokio::test]
async fn without_a_journal_no_bounty_is_taken() {
    let bench = Bench::new();
    let rig = bench.start().await;
    rig.heard().await;
    bench.fill_disk();
    rig.announce(&bounty(1)).await;
    rig.heard().await;
    assert_eq!(bench.market.world().calls, []);
    bench.clear_disk();
    rig.announce(&bounty(2)).await;
    bench.market.until("it is asserted", |world| world.stakes.contains_key(&id(2))).await;
    rig.stop().await;
    assert!(!bench.market.world().stakes.contains_key(&id(1)));
}

/// The disk is full between the announcement and the seal: nothing leaves.
#[tokio::test]
async fn without_a_seal_nothing_is_sent() {
    let bench = Bench::new();
    bench.market.fail(Call::Draft(Step::Assert), [Fault::Held]);
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Draft(Step::Assert), 1).await;
    bench.fill_disk();
    bench.market.release();
    rig.blocks_from(51, "it is tried again", |world| world.count_of(Call::Draft(Step::Assert)) > 1).await;
    rig.tick(101).await;
    rig.heard().await;
    rig.stop().await;
    assert_eq!(bench.market.world().handed_in, []);
    assert_eq!(bench.stage(id(1)), None);
}

/// What was staked before is revealed and settled with the disk full, also when an answer gets lost.
#[tokio::test]
async fn what_is_owed_is_revealed_and_settled_without_a_journal() {
    for fault in [None, Some(Fault::Unanswered), Some(Fault::Lost)] {
        let bench = Bench::new();
        let rig = bench.start().await;
        rig.announce(&bounty(1)).await;
        bench.until_stage(id(1), "done assert").await;
        bench.fill_disk();
        if let Some(fault) = fault {
            // All the tries of one hand-in.
            for step in [Step::Reveal, Step::Settle] {
                bench.market.fail(Call::Send(step), [fault; 3]);
            }
        }
        rig.blocks_from(100, "it is revealed", |world| world.stakes[&id(1)].revealed).await;
        rig.blocks_from(130, "it is settled", |world| world.stakes[&id(1)].settled).await;
        rig.stop().await;
        assert_eq!(bench.stage(id(1)).as_deref(), Some("done assert"));
    }
}

/// The answer could not be noted; after a restart it is asked for again, and nothing is sent twice.
#[tokio::test]
async fn what_could_not_be_noted_is_asked_for_after_a_restart() {
    let bench = Bench::new();
    bench.market.fail(Call::Fate(Step::Assert), [Fault::Held]);
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Fate(Step::Assert), 1).await;
    bench.fill_disk();
    bench.market.release();
    rig.stop().await;
    assert_eq!(bench.stage(id(1)).as_deref(), Some("signed assert"));
    bench.clear_disk();

    bench.market.world().tick = 100;
    let rig = bench.start().await;
    rig.blocks_from(100, "it is revealed", |world| world.stakes[&id(1)].revealed).await;
    rig.stop().await;
    assert_eq!(bench.market.world().assertions_mined(id(1)), 1);
}
