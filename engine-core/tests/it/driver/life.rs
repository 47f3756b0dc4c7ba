//! From the announcement to the payout.

use engine_core::{
    ArtifactKind, Nct,
    bounty::{Step, event::Event},
    units::Tick,
};

use super::{
    market::{Call, Fault},
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
    bench.market.fail(Call::Send(Step::Assert), [Fault::Held]);
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

/// The answer to the settlement is lost, and the market tells everybody that it was paid.
#[tokio::test]
async fn a_settlement_that_the_market_tells_of_is_done() {
    let bench = Bench::new();
    bench.market.fail(Call::Fate(Step::Settle), [Fault::Held]);
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.until("it is asserted", |world| world.stakes.contains_key(&id(1))).await;
    rig.tick(100).await;
    bench.market.until("it is revealed", |world| world.stakes[&id(1)].revealed).await;
    let settled = |by: &str| Event::Settled { guid: id(1).guid, by: by.to_owned(), payout: Some(Nct(7)) };
    rig.tell(settled(super::ACCOUNT)).await;
    rig.tick(130).await;
    bench.market.asked(Call::Fate(Step::Settle), 1).await;
    bench.until_stage(id(1), "signed settle").await;
    rig.tell(settled("0xF2E246BB76DF876Cef8b38ae84130F4F55De395b")).await;
    rig.heard().await;
    assert_eq!(
        bench.stage(id(1)).as_deref(),
        Some("signed settle"),
        "another account's, or before ours was sent"
    );
    rig.tell(settled(&super::ACCOUNT.to_lowercase())).await;
    bench.until_stage(id(1), "over: settled for 7").await;
    rig.kill();
}

/// A contract that is being replaced: what is owed on it is revealed and settled as ever.
#[tokio::test]
async fn f18_a_deprecated_contract_is_settled() {
    let bench = Bench::new();
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.until("it is asserted", |world| world.stakes.contains_key(&id(1))).await;
    rig.tell(Event::Deprecated).await;
    rig.tick(100).await;
    bench.market.until("it is revealed", |world| world.stakes[&id(1)].revealed).await;
    rig.tell(Event::Deprecated).await;
    rig.tick(130).await;
    bench.market.until("it is settled", |world| world.stakes[&id(1)].settled).await;
    rig.stop().await;
    assert_eq!(bench.market.world().handed_in.len(), 3);
}

/// What was over longer ago than it is to be kept is forgotten, and nothing else.
#[tokio::test]
async fn what_was_over_long_ago_is_forgotten() {
    let bench = Bench::new();
    let rig = bench.start().await;
    for n in 1..=3 {
        rig.announce(&bounty(n)).await;
        bench.until_stage(id(n), "done assert").await;
    }
    rig.stop().await;
    let age = |n, days: u32, open: bool| {
        let sql = format!(
            "UPDATE bounty SET open = {open}, noted_at = datetime('now', '-{days} days') WHERE guid = '{}'",
            id(n).guid
        );
        bench.sqlite().execute_batch(&sql).unwrap();
    };
    age(1, 2, false);
    age(2, 2, true);
    age(3, 0, false);
    let rig = bench.start().await;
    while bench.stage(id(1)).is_some() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    rig.stop().await;
    assert!(bench.stage(id(2)).is_some(), "it is owed");
    assert!(bench.stage(id(3)).is_some(), "it is not so long ago");
}
