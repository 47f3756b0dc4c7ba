//! The way out, in every state: nothing new is staked, what is in flight ends, what is owed is on disk.

use engine_core::{
    bounty::{Assertion, Bounty, BountyId, Step, commitment::Commitment},
    engine::{
        driver::Plan,
        journal::{Signed, SignedTransaction},
    },
    units::{Chain, Nct},
};

use super::{
    market::{Call, Fault},
    rig::{Bench, bounty, id, open, plan},
};

fn draining() -> Plan {
    Plan { drain: true, ..plan() }
}

#[tokio::test]
async fn stopped_with_nothing_to_do_it_ends() {
    for plan in [plan(), draining()] {
        Bench::new().start_with(plan).await.stop().await;
    }
}

#[tokio::test]
async fn stopped_while_scanning_nothing_is_staked() {
    for plan in [plan(), draining()] {
        let bench = Bench::new();
        bench.market.world().artifacts = vec![b"hang".to_vec()];
        let rig = bench.start_with(plan).await;
        rig.announce(&bounty(1)).await;
        bench.market.asked(Call::Download, 1).await;
        rig.stop().await;
        assert_eq!(bench.market.world().count_of(Call::Balance), 0);
    }
}

#[tokio::test]
async fn stopped_while_an_assertion_is_built_nothing_is_staked() {
    for plan in [plan(), draining()] {
        let bench = Bench::new();
        bench.market.fail(Call::Draft(Step::Assert), [Fault::Held]);
        let mut rig = bench.start_with(plan).await;
        rig.announce(&bounty(1)).await;
        bench.market.asked(Call::Draft(Step::Assert), 1).await;
        rig.cancel().await;
        bench.market.release();
        rig.end().await.unwrap();
        assert_eq!(bench.market.world().handed_in, []);
        assert_eq!(bench.stage(id(1)), None);
    }
}

/// A request in flight ends, and what came of it is on disk.
#[tokio::test]
async fn stopped_while_a_step_is_sent_its_answer_is_kept() {
    for (step, tick, stage) in [
        (Step::Assert, 50, "done assert"),
        (Step::Reveal, 100, "done reveal"),
        (Step::Settle, 130, "over: settled"),
    ] {
        for call in [Call::Send(step), Call::Fate(step)] {
            let bench = Bench::new();
            bench.market.fail(call, [Fault::Held]);
            let mut rig = bench.start().await;
            rig.announce(&bounty(1)).await;
            for (due, before) in [(100, Step::Assert), (130, Step::Reveal)] {
                if tick >= due {
                    bench.until_stage(id(1), &format!("done {before}")).await;
                    rig.tick(due).await;
                }
            }
            bench.market.asked(call, 1).await;
            rig.cancel().await;
            bench.market.release();
            rig.end().await.unwrap();
            assert_eq!(bench.stage(id(1)).as_deref(), Some(stage), "{call:?}");
        }
    }
}

#[tokio::test]
async fn stopped_between_steps_what_is_owed_is_on_disk() {
    let bench = Bench::new();
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.until_stage(id(1), "done assert").await;
    rig.stop().await;
    assert_eq!(bench.stage(id(1)).as_deref(), Some("done assert"));
}

/// A request that never ends is cut off after a while; the journal knows of it.
#[tokio::test]
async fn stopped_while_a_node_hangs_it_ends_all_the_same() {
    let bench = Bench::new();
    bench.market.fail(Call::Send(Step::Assert), [Fault::Held]);
    let rig = bench.start_here().await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Send(Step::Assert), 1).await;
    // From now on time passes as soon as nothing else happens.
    tokio::time::pause();
    rig.stop().await;
    assert_eq!(bench.stage(id(1)).as_deref(), Some("signed assert"));
}

/// An assertion whose bytes are on their way is owed: its reveal is waited for.
#[tokio::test]
async fn draining_waits_for_an_assertion_that_is_being_sent() {
    let bench = Bench::new();
    bench.market.fail(Call::Send(Step::Assert), [Fault::Held]);
    let mut rig = bench.start_with(draining()).await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Send(Step::Assert), 1).await;
    rig.cancel().await;
    rig.announce(&bounty(2)).await;
    bench.market.release();
    bench.until_stage(id(1), "done assert").await;
    rig.tick(100).await;
    bench.until_stage(id(1), "done reveal").await;
    rig.tick(130).await;
    rig.end().await.unwrap();
    assert_eq!(bench.stage(id(1)).as_deref(), Some("over: settled"));
    assert_eq!(bench.stage(id(2)), None);
}

/// What is owed on a chain that is not worked on cannot be waited for. It stays in the journal as it is.
#[tokio::test]
async fn draining_does_not_wait_for_a_chain_that_was_not_chosen() {
    let bench = Bench::new();
    let home = BountyId { chain: Chain::Home, ..id(9) };
    let journal = open(&bench.journal()).await;
    journal
        .seal(&Bounty { id: home, ..bounty(9) }, &assertion(), &Default::default(), signed())
        .await
        .unwrap();
    drop(journal);

    let rig = bench.start_with(draining()).await;
    rig.announce(&bounty(1)).await;
    bench.until_stage(id(1), "done assert").await;
    rig.tick(100).await;
    bench.until_stage(id(1), "done reveal").await;
    rig.tick(130).await;
    bench.until_stage(id(1), "over: settled").await;
    rig.stop().await;
    assert_eq!(bench.stage(home).as_deref(), Some("signed assert"));
}

/// Nobody stopped it: that is an error, and what is in flight ends all the same.
#[tokio::test]
async fn f24_an_end_of_all_events_is_an_error() {
    let bench = Bench::new();
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.until_stage(id(1), "done assert").await;
    let mut rig = rig.silence();
    assert!(rig.end().await.is_err());
}

fn assertion() -> Assertion {
    let secret = "7".parse().unwrap();
    Assertion {
        mask: vec![true],
        verdicts: vec![true],
        bids: vec![Nct::ONE],
        secret,
        commitment: Commitment::new(super::ACCOUNT.parse().unwrap(), &[true], secret).unwrap(),
        metadata: "[]".to_owned(),
    }
}

fn signed() -> Signed {
    let raw = "00".to_owned();
    Signed { transactions: vec![SignedTransaction { hash: raw.clone(), raw, nonce: 0 }] }
}
