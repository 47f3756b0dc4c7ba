//! What is staked, and what is not.

use engine_core::{bounty::Step, units::Nct};

use super::{
    FEE,
    market::{Call, Fault},
    rig::{Bench, bounty, id},
};

/// What the bid on one artifact is, at full confidence.
const BID: u128 = Nct::ONE.0;

#[tokio::test]
async fn without_the_money_nothing_is_drafted() {
    let bench = Bench::new();
    bench.market.world().balance = Nct(BID + FEE.0 - 1);
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Balance, 1).await;
    rig.stop().await;
    assert_eq!(bench.market.world().count_of(Call::Draft(Step::Assert)), 0);
    assert_eq!(bench.stage(id(1)), None);
}

#[tokio::test]
async fn to_the_last_unit_is_enough() {
    let bench = Bench::new();
    bench.market.world().balance = Nct(BID + FEE.0);
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.until("it is asserted", |world| world.stakes.contains_key(&id(1))).await;
    rig.kill();
}

/// The balance shows the money of the first bounty until it is mined, and the second cannot have it too.
#[tokio::test]
async fn what_is_sealed_and_not_charged_is_not_spent_twice() {
    let bench = Bench::new();
    bench.market.world().balance = Nct(BID * 2 + FEE.0);
    bench.market.fail(Call::Send(Step::Assert), [Fault::Held]);
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Send(Step::Assert), 1).await;
    rig.announce(&bounty(2)).await;
    bench.market.asked(Call::Balance, 2).await;
    bench.market.release();
    bench.market.until("the first is charged", |world| world.stakes.contains_key(&id(1))).await;

    // What is charged is not counted any more, and neither is what was refused.
    bench.market.world().balance = Nct(BID + FEE.0);
    bench.market.until("its fate is known", |world| world.count_of(Call::Fate(Step::Assert)) > 0).await;
    bench.until_stage(id(1), "done assert").await;
    rig.announce(&bounty(3)).await;
    bench.market.until("the third is charged", |world| world.stakes.contains_key(&id(3))).await;
    rig.stop().await;
    assert!(!bench.market.world().stakes.contains_key(&id(2)));
    assert_eq!(bench.market.world().count_of(Call::Draft(Step::Assert)), 2);
}

/// A restart forgets neither the bids nor the fee of what is sealed.
#[tokio::test]
async fn what_was_sealed_before_a_restart_is_not_spent_twice() {
    let bench = Bench::new();
    bench.market.world().balance = Nct(BID * 2 + FEE.0 * 2 - 1);
    bench.market.fail(Call::Send(Step::Assert), [Fault::Held, Fault::Held]);
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Send(Step::Assert), 1).await;
    rig.kill();

    let rig = bench.start().await;
    bench.market.asked(Call::Send(Step::Assert), 2).await;
    rig.announce(&bounty(2)).await;
    bench.market.asked(Call::Balance, 2).await;
    bench.market.release();
    rig.stop().await;
    assert_eq!(bench.stage(id(2)), None);
    assert_eq!(bench.market.world().count_of(Call::Draft(Step::Assert)), 1, "the first alone");
}

/// A step that waits because gas has become dear is sent again at a higher price, for the same account nonces.
#[tokio::test]
async fn a_step_that_waits_for_its_price_is_raised_and_taken_once() {
    for step in [Step::Assert, Step::Reveal, Step::Settle] {
        let bench = Bench::new();
        let rig = bench.start().await;
        if step == Step::Assert {
            bench.market.world().is_dear = true;
        }
        rig.announce(&bounty(1)).await;
        rig.blocks_from(51, "it is asserted", |world| world.stakes.contains_key(&id(1))).await;
        bench.until_stage(id(1), "done assert").await;
        bench.market.world().is_dear = step == Step::Reveal;
        rig.blocks_from(100, "it is revealed", |world| world.stakes[&id(1)].revealed).await;
        bench.until_stage(id(1), "done reveal").await;
        bench.market.world().is_dear = step == Step::Settle;
        rig.blocks_from(130, "it is settled", |world| world.stakes[&id(1)].settled).await;
        rig.blocks_until_stage(&bench, id(1), "over: settled").await;
        rig.stop().await;
        let world = bench.market.world();
        let nonces = |sealed: &engine_core::engine::journal::Sealed| sealed.signed().transactions[0].nonce;
        let mut taken: Vec<u64> =
            world.handed_in.iter().filter(|sealed| sealed.step() == step).map(nonces).collect();
        assert!(taken.len() > 1, "{step}: it was sent again");
        taken.dedup();
        assert_eq!(taken.len(), 1, "{step}: for the same nonce");
        assert_eq!(world.assertions_mined(id(1)), 1);
    }
}
