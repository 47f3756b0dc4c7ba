//! Answers that get lost, tasks that crash, nonces that go astray.

use engine_core::{
    bounty::{Bounty, Step},
    units::Tick,
};

use super::{
    market::{Call, Fault},
    rig::{Bench, bounty, id},
};

/// A bounty that lives longer than the first ones.
fn long(n: u128) -> Bounty {
    Bounty { expiration: Tick(300), ..bounty(n) }
}

/// After three hand-ins without an answer the step is asked for and sent again: the same bytes each time.
#[tokio::test]
async fn f07_after_a_lost_answer_the_same_bytes_are_sent_again_never_new_ones() {
    for fault in [Fault::Lost, Fault::Unanswered] {
        let bench = Bench::new();
        for step in [Step::Assert, Step::Reveal, Step::Settle] {
            bench.market.fail(Call::Send(step), [fault; 3]);
        }
        let rig = bench.start().await;
        rig.announce(&bounty(1)).await;
        rig.blocks_from(51, "it is asserted", |world| {
            world.stakes.contains_key(&id(1)) && world.count_of(Call::Fate(Step::Assert)) > 0
        })
        .await;
        rig.blocks_from(100, "it is revealed", |world| world.stakes[&id(1)].revealed).await;
        rig.blocks_from(130, "it is settled", |world| world.stakes[&id(1)].settled).await;
        rig.blocks_until_stage(&bench, id(1), "over: settled").await;
        rig.stop().await;
        let world = bench.market.world();
        for step in [Step::Assert, Step::Reveal, Step::Settle] {
            let mut bytes = world.bytes_of(id(1), step);
            assert!(bytes.len() >= 3, "{step}: {bytes:?}");
            bytes.dedup();
            assert_eq!(bytes.len(), 1, "{step}: {bytes:?}");
        }
    }
}

/// A fault of the program in the middle of a step is one lost step, not a bounty that hangs for ever.
#[tokio::test]
async fn a_step_that_crashes_is_taken_again_and_never_twice() {
    let calls = [
        Call::Balance,
        Call::Nonce,
        Call::Draft(Step::Assert),
        Call::Send(Step::Assert),
        Call::Fate(Step::Assert),
        Call::Draft(Step::Reveal),
        Call::Send(Step::Reveal),
        Call::Fate(Step::Reveal),
        Call::Find,
        Call::Draft(Step::Settle),
        Call::Send(Step::Settle),
        Call::Fate(Step::Settle),
    ];
    let lives = calls.map(|call| async move {
        let bench = Bench::new();
        bench.market.fail(call, [Fault::Panic]);
        if call == Call::Find {
            // So that there is something to look for.
            bench.market.fail(Call::Fate(Step::Reveal), [Fault::Lost]);
        }
        let rig = bench.start().await;
        rig.announce(&bounty(1)).await;
        rig.blocks_from(51, "it is asserted", |world| world.stakes.contains_key(&id(1))).await;
        rig.blocks_from(100, "it is revealed", |world| world.stakes[&id(1)].revealed).await;
        rig.blocks_from(130, "it is settled", |world| world.stakes[&id(1)].settled).await;
        rig.blocks_until_stage(&bench, id(1), "over: settled").await;
        rig.stop().await;
        assert_eq!(bench.market.world().assertions_mined(id(1)), 1, "{call:?}");
    });
    futures_util::future::join_all(lives).await;
}

/// The node was restarted and its pool is gone. A gap in the account's nonces would block every later step.
#[tokio::test]
async fn f05_a_gap_in_the_nonces_blocks_nothing() {
    let bench = Bench::new();
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.until_stage(id(1), "done assert").await;
    bench.market.world().mines = false;
    rig.announce(&Bounty { expiration: Tick(90), ..bounty(2) }).await;
    bench.market.asked(Call::Fate(Step::Assert), 2).await;
    {
        let mut world = bench.market.world();
        assert_eq!(world.pooled(), [2, 3]);
        world.forget_pool();
        world.mines = true;
    }
    // The second bounty's window is over: its bytes are never sent again, and its nonces stay free.
    rig.tick(95).await;
    rig.blocks_from(100, "it is revealed", |world| world.stakes[&id(1)].revealed).await;
    rig.stop().await;
}

/// The same, when the step behind the gap is signed already.
#[tokio::test]
async fn a_reveal_behind_a_gap_is_signed_again() {
    let bench = Bench::new();
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.until_stage(id(1), "done assert").await;
    bench.market.world().mines = false;
    bench.market.fail(Call::Fate(Step::Assert), [Fault::Held]);
    rig.announce(&long(2)).await;
    bench.market.asked(Call::Fate(Step::Assert), 2).await;
    bench.market.fail(Call::Fate(Step::Reveal), [Fault::Held]);
    rig.tick(100).await;
    bench.market.asked(Call::Fate(Step::Reveal), 1).await;
    {
        let mut world = bench.market.world();
        assert_eq!(world.pooled(), [2, 3, 4]);
        world.forget_pool();
        world.mines = true;
    }
    rig.tick(101).await;
    bench.market.fail(Call::Send(Step::Assert), [Fault::Lost; 100]);
    bench.market.release();
    rig.blocks_from(102, "it is revealed", |world| world.stakes[&id(1)].revealed).await;
    rig.stop().await;
}

/// Bytes that were sent again say nothing of which nonce is free: others may wait in the pool behind them.
#[tokio::test]
async fn a_resent_step_does_not_hand_out_nonces_that_are_taken() {
    let bench = Bench::new();
    let rig = bench.start().await;
    rig.announce(&Bounty { expiration: Tick(90), ..bounty(1) }).await;
    bench.until_stage(id(1), "done assert").await;
    bench.market.world().mines = false;
    rig.tick(90).await;
    bench.until_stage(id(1), "signed reveal").await;
    bench.market.asked(Call::Send(Step::Reveal), 1).await;
    rig.announce(&Bounty { expiration: Tick(95), ..bounty(2) }).await;
    bench.market.asked(Call::Fate(Step::Assert), 2).await;
    assert_eq!(bench.market.world().pooled(), [2, 3, 4]);
    rig.kill();

    // The second bounty's assertion cannot be sent any more, but it waits in the pool.
    bench.market.world().tick = 95;
    let before = bench.market.world().count_of(Call::Fate(Step::Reveal));
    let rig = bench.start().await;
    bench.market.asked(Call::Fate(Step::Reveal), before + 1).await;
    rig.announce(&long(3)).await;
    bench.market.asked(Call::Fate(Step::Assert), 3).await;
    assert_eq!(bench.market.world().pooled(), [2, 3, 4, 5, 6]);
    rig.kill();
}

/// Another program used the account: the nonce of a sealed reveal is gone, and it is signed with the next.
#[tokio::test]
async fn f05_a_reveal_whose_nonce_was_taken_is_signed_again() {
    let bench = Bench::new();
    bench.market.fail(Call::Send(Step::Reveal), [Fault::Lost; 3]);
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.until_stage(id(1), "done assert").await;
    rig.tick(100).await;
    bench.market.asked(Call::Send(Step::Reveal), 3).await;
    bench.market.world().use_up_nonces(1);
    rig.blocks_from(101, "it is revealed", |world| world.stakes[&id(1)].revealed).await;
    rig.stop().await;
}
