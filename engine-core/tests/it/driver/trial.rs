//! So many bounties, then the end.

use engine_core::{
    bounty::Step,
    engine::{brakes::Caution, driver::Plan, trial::Trial},
    units::Nct,
};

use super::{
    FEE,
    chain::{Stake, World},
    market::{Call, Fault},
    rig::{Bench, Rig, bounty, id, plan},
};

fn bench(bounties: u64) -> Bench {
    Bench { trial: Trial::new(bounties), ..Bench::new() }
}

/// From the blocks of the assertions to those of the settlements, of so many bounties.
async fn until_settled(rig: &Rig, count: usize) {
    let all = move |is_so: fn(&Stake) -> bool| {
        move |world: &World| world.stakes.values().filter(|stake| is_so(stake)).count() == count
    };
    rig.blocks_from(51, "all are asserted", all(|_| true)).await;
    rig.blocks_from(100, "all are revealed", all(|stake| stake.revealed)).await;
    rig.blocks_from(130, "all are settled", all(|stake| stake.settled)).await;
}

#[tokio::test]
async fn it_ends_after_the_last_settlement_and_takes_no_more() {
    let bench = bench(2);
    let mut rig = bench.start().await;
    for n in 1..=4 {
        rig.announce(&bounty(n)).await;
    }
    until_settled(&rig, 2).await;
    rig.end().await.unwrap();
    bench.trial.outcome().unwrap();
    let world = bench.market.world();
    let mut taken: Vec<_> = world.stakes.keys().copied().collect();
    taken.sort();
    assert_eq!(taken, [id(1), id(2)]);
}

/// Else a trial of one bounty would wait for ever for a settlement that is not due.
#[tokio::test]
async fn a_bounty_without_an_opinion_gives_its_place_to_the_next() {
    let bench = bench(1);
    let mut rig = bench.start().await;
    bench.market.world().artifacts = vec![b"broken".to_vec()];
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Download, 1).await;
    // Its machine is over when the place is free: from then on a bounty is asked for.
    bench.market.world().artifacts = vec![b"malicious".to_vec()];
    for n in 2..500 {
        rig.heard().await;
        rig.announce(&bounty(n)).await;
        rig.heard().await;
        if bench.market.world().count_of(Call::List) > 1 {
            break;
        }
    }
    until_settled(&rig, 1).await;
    rig.end().await.unwrap();
    bench.trial.outcome().unwrap();
    assert_eq!(bench.market.world().stakes.len(), 1);
}

#[tokio::test]
async fn what_was_owed_before_is_settled_and_not_counted() {
    let before = Bench::new();
    let rig = before.start().await;
    rig.announce(&bounty(1)).await;
    before.until_stage(id(1), "done assert").await;
    rig.kill();
    let bench = Bench { trial: Trial::new(1), ..before };
    let mut rig = bench.start().await;
    rig.announce(&bounty(2)).await;
    until_settled(&rig, 2).await;
    rig.end().await.unwrap();
    bench.trial.outcome().unwrap();
}

#[tokio::test]
async fn a_low_balance_is_the_end_and_the_reason() {
    let bench = bench(1);
    bench.market.world().balance = FEE;
    let mut rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    rig.end().await.unwrap();
    let reason = bench.trial.outcome().unwrap_err().to_string();
    assert!(
        reason.contains(&format!("the balance is {FEE}")) && reason.contains(&id(1).to_string()),
        "{reason}"
    );
}

#[tokio::test]
async fn a_refused_step_is_the_end_and_an_answer_that_is_lost_is_not() {
    for step in [Step::Assert, Step::Reveal, Step::Settle] {
        let bench = bench(1);
        bench.market.fail(Call::Draft(step), [Fault::Lost, Fault::Refused("no such bounty")]);
        let mut rig = bench.start().await;
        rig.announce(&bounty(1)).await;
        let refused = |world: &World| world.count_of(Call::Draft(step)) > 1;
        let opens = match step {
            Step::Assert => 51,
            Step::Reveal => 100,
            Step::Settle => 130,
        };
        if step != Step::Assert {
            rig.blocks_from(51, "it is asserted", |world| world.stakes.contains_key(&id(1))).await;
        }
        if step == Step::Settle {
            rig.blocks_from(100, "it is revealed", |world| world.stakes[&id(1)].revealed).await;
        }
        rig.blocks_from(opens, "it was refused", refused).await;
        rig.end().await.unwrap();
        let reason = bench.trial.outcome().unwrap_err().to_string();
        assert!(reason.contains(step.as_str()) && reason.contains("no such bounty"), "{reason}");
    }
}

/// Nobody ends it but the operator.
#[tokio::test]
async fn without_a_number_nothing_ends_it() {
    let bench = bench(0);
    bench.market.world().balance = Nct::ZERO;
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Balance, 1).await;
    bench.market.world().balance = Nct(10 * Nct::ONE.0);
    rig.announce(&bounty(2)).await;
    until_settled(&rig, 1).await;
    rig.stop().await;
    bench.trial.outcome().unwrap();
}

/// Nothing would ever be settled.
#[tokio::test]
async fn in_shadow_what_is_only_watched_counts() {
    let bench = bench(2);
    let caution = Caution { shadow: true, ..Caution::default() };
    let mut rig = bench.start_with(Plan { caution, ..plan() }).await;
    rig.announce(&bounty(1)).await;
    rig.announce(&bounty(2)).await;
    rig.end().await.unwrap();
    bench.trial.outcome().unwrap();
    assert!(bench.market.world().stakes.is_empty());
}
