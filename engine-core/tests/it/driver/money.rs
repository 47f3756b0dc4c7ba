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
