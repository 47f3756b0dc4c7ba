//! From the announcement to the payout.

use engine_core::{ArtifactKind, bounty::Step, units::Tick};

use super::{
    market::Call,
    rig::{Bench, bounty, id},
};

#[tokio::test]
async fn a_whole_life() {
    let bench = Bench::new();
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.until("it is asserted", |world| world.stakes.contains_key(&id(1))).await;
    rig.tick(100).await;
    bench.market.until("it is revealed", |world| world.stakes[&id(1)].revealed).await;
    rig.tick(129).await;
    rig.heard().await;
    assert_eq!(bench.market.world().count_of(Call::Draft(Step::Settle)), 0, "the vote is not over");
    rig.tick(130).await;
    bench.market.until("it is settled", |world| world.stakes[&id(1)].settled).await;
    rig.stop().await;
    assert_eq!(bench.stage(id(1)).as_deref(), Some("over: settled"));
    let world = bench.market.world();
    for step in [Step::Assert, Step::Reveal, Step::Settle] {
        assert_eq!(world.bytes_of(id(1), step).len(), 1, "{step}");
    }
}

/// What is handed in is on disk before, byte for byte.
#[tokio::test]
async fn nothing_is_sent_that_is_not_sealed_on_disk() {
    let bench = Bench::new();
    bench.market.fail(Call::Send(Step::Assert), [super::market::Fault::Held]);
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Send(Step::Assert), 1).await;
    let sql = "SELECT asserting FROM bounty WHERE stage = 'signed assert'";
    let on_disk: String = bench.sqlite().query_row(sql, [], |row| row.get(0)).unwrap();
    for raw in bench.market.world().bytes_of(id(1), Step::Assert).concat() {
        assert!(on_disk.contains(&raw), "{on_disk}");
    }
    rig.kill();
}

#[tokio::test]
async fn a_duplicate_or_late_announcement_stakes_nothing() {
    let bench = Bench::new();
    let rig = bench.start().await;
    let expired = engine_core::bounty::Bounty { expiration: Tick(51), ..bounty(2) };
    let of_another_kind = engine_core::bounty::Bounty { kind: ArtifactKind::Url, ..bounty(3) };
    for announced in [&bounty(1), &bounty(1), &expired, &of_another_kind, &bounty(1)] {
        rig.announce(announced).await;
    }
    bench.market.until("one is asserted", |world| world.stakes.contains_key(&id(1))).await;
    rig.announce(&bounty(1)).await;
    rig.stop().await;

    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    rig.tick(99).await;
    rig.announce(&bounty(4)).await;
    rig.heard().await;
    rig.stop().await;
    let world = bench.market.world();
    assert_eq!((world.count_of(Call::List), world.handed_in.len()), (1, 1), "{:?}", world.calls);
}

/// Events of a chain that nobody chose, told by a market that is mistaken.
#[tokio::test]
async fn a_bounty_on_a_chain_that_was_not_chosen_is_not_taken() {
    let bench = Bench::new();
    let rig =
        bench.start_with(engine_core::engine::driver::Plan { chains: vec![], ..super::rig::plan() }).await;
    rig.announce(&bounty(1)).await;
    rig.heard().await;
    rig.stop().await;
    assert_eq!(bench.market.world().calls, []);
}
