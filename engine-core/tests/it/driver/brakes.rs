//! What stops all staking, and what goes on meanwhile.

use std::time::Duration;

use engine_core::{
    bounty::{Bounty, Step},
    engine::{brakes::Caution, driver::Plan, journal::Beside},
    units::{Nct, Tick},
};

use super::{
    FEE,
    market::Call,
    rig::{Bench, bounty, id, plan},
};

const BID: u128 = Nct::ONE.0;

fn with(caution: Caution) -> Plan {
    Plan { caution, ..plan() }
}

/// Why a bounty was only watched, and what the arbiters said of it.
fn watched(bench: &Bench, n: u128) -> Option<(String, Option<String>)> {
    let sql = "SELECT because, truth FROM shadow WHERE guid = ?1";
    let read = |row: &tokio_rusqlite::rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    bench.sqlite().query_row(sql, [id(n).guid.to_string()], read).ok()
}

async fn until_watched(bench: &Bench, n: u128, is_so: impl Fn(&(String, Option<String>)) -> bool) -> String {
    loop {
        if let Some(row) = watched(bench, n).filter(&is_so) {
            return row.0;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn in_shadow_nothing_is_posted_and_what_would_have_been_is_kept_and_compared() {
    let bench = Bench::new();
    bench.market.world().balance = Nct::ZERO;
    let rig = bench.start_with(with(Caution { shadow: true, ..Caution::default() })).await;
    rig.announce(&bounty(1)).await;
    let because = until_watched(&bench, 1, |_| true).await;
    assert!(because.contains("--shadow"), "{because}");
    rig.tick(129).await;
    rig.heard().await;
    assert_eq!(bench.market.world().count_of(Call::Truth), 0, "it cannot be decided yet");
    rig.tick(130).await;
    bench.market.asked(Call::Truth, 1).await;
    rig.kill();

    // Nobody had voted; an engine that starts later asks again, and again.
    bench.market.world().tick = 150;
    let rig = bench.start().await;
    bench.market.asked(Call::Truth, 2).await;
    bench.market.world().truth = Some(vec![false]);
    rig.tick(155).await;
    rig.tick(160).await;
    until_watched(&bench, 1, |(_, truth)| truth.as_deref() == Some("[false]")).await;
    rig.stop().await;
    let world = bench.market.world();
    assert_eq!(
        (world.handed_in.len(), world.count_of(Call::Draft(Step::Assert))),
        (0, 0),
        "{:?}",
        world.calls
    );
    assert_eq!(bench.stage(id(1)), None);
}

/// A limit that is passed stops the next stake and all after it, over a restart too, until somebody resumes.
#[tokio::test]
async fn what_would_be_at_risk_trips_until_resumed() {
    let limit = || with(Caution { max_at_risk: Some(Nct(BID + FEE.0)), ..Caution::default() });
    let bench = Bench::new();
    let rig = bench.start_with(limit()).await;
    rig.announce(&bounty(1)).await;
    bench.until_stage(id(1), "done assert").await;
    rig.announce(&bounty(2)).await;
    let because = until_watched(&bench, 2, |_| true).await;
    assert!(because.contains("--max-at-risk"), "{because}");
    rig.tick(100).await;
    bench.market.until("what is owed is revealed", |world| world.stakes[&id(1)].revealed).await;
    rig.blocks_until_stage(&bench, id(1), "over: settled").await;
    rig.stop().await;

    let rig = bench.start_with(limit()).await;
    let later = |n| Bounty { expiration: Tick(400), ..bounty(n) };
    rig.announce(&later(3)).await;
    until_watched(&bench, 3, |_| true).await;
    let mut journal = Beside::open(&bench.journal()).unwrap();
    assert!(journal.resume().unwrap().unwrap().contains("--max-at-risk"));
    assert_eq!(journal.resume().unwrap(), None);
    rig.tick(200).await;
    rig.heard().await;
    rig.announce(&later(4)).await;
    bench.until_stage(id(4), "done assert").await;
    rig.stop().await;
    assert!(!bench.market.world().stakes.contains_key(&id(2)));
}

/// Without a payout a bounty is lost, whole; what was lost before it was resumed does not count.
#[tokio::test]
async fn a_days_loss_trips() {
    let bench = Bench::new();
    let limit = with(Caution { max_loss_per_day: Some(Nct(BID + FEE.0 - 1)), ..Caution::default() });
    let rig = bench.start_with(limit).await;
    rig.announce(&bounty(1)).await;
    bench.market.until("it is asserted", |world| world.stakes.contains_key(&id(1))).await;
    rig.tick(100).await;
    rig.blocks_until_stage(&bench, id(1), "over: settled").await;
    let later = |n| Bounty { expiration: Tick(400), ..bounty(n) };
    rig.announce(&later(2)).await;
    let because = until_watched(&bench, 2, |_| true).await;
    assert!(because.contains("--max-loss-per-day"), "{because}");
    // So that it is resumed in a later second than the loss.
    bench.sqlite().execute_batch("UPDATE bounty SET noted_at = datetime(noted_at, '-1 second')").unwrap();
    Beside::open(&bench.journal()).unwrap().resume().unwrap().unwrap();
    rig.tick(200).await;
    rig.heard().await;
    rig.announce(&later(3)).await;
    bench.until_stage(id(3), "done assert").await;
    rig.stop().await;
}

#[tokio::test]
async fn a_balance_that_would_fall_too_low_trips() {
    let bench = Bench::new();
    let least = Nct(1000 * BID - BID);
    let rig = bench.start_with(with(Caution { min_balance: Some(least), ..Caution::default() })).await;
    rig.announce(&bounty(1)).await;
    let because = until_watched(&bench, 1, |_| true).await;
    assert!(because.contains("--min-balance"), "{because}");
    rig.stop().await;
    assert_eq!(bench.market.world().handed_in, []);
}

/// A scanner that answers and finds nothing any more: the canary's word holds although every scan succeeds.
#[tokio::test]
async fn a_blind_scanner_stakes_nothing_more() {
    let bench = Bench::new();
    let canary = Some(Duration::from_millis(20));
    let rig = bench.start_with(with(Caution { canary, ..Caution::default() })).await;
    rig.announce(&bounty(1)).await;
    bench.until_stage(id(1), "done assert").await;
    bench.market.world().is_blind = true;
    let tripped = || {
        let sql = "SELECT value FROM value WHERE key = 'tripped'";
        bench.sqlite().query_row(sql, [], |row| row.get::<_, String>(0)).ok()
    };
    while tripped().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    rig.announce(&bounty(2)).await;
    let because = until_watched(&bench, 2, |_| true).await;
    assert!(because.contains("by-content is blind"), "{because}");

    // Resumed while it is blind, it trips again.
    let resumed = Beside::open(&bench.journal()).unwrap().resume().unwrap();
    assert_eq!(resumed.as_deref(), Some(because.as_str()));
    rig.tick(60).await;
    while tripped().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.market.world().is_blind = false;
    Beside::open(&bench.journal()).unwrap().resume().unwrap().unwrap();
    rig.tick(61).await;
    rig.heard().await;
    rig.announce(&bounty(3)).await;
    bench.until_stage(id(3), "done assert").await;
    rig.stop().await;
}
