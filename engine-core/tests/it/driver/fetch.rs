//! What is fetched, and what is made of what cannot be.

use std::time::Duration;

use engine_core::{
    bounty::{Bounty, Step},
    engine::{driver::Plan, fetch::Limits},
    units::Tick,
};

use super::{
    market::{Call, Fault},
    rig::{Bench, bounty, id, plan},
};

/// Announces one bounty with these artifacts, and gives the mask and the verdicts that are asserted.
async fn asserted(bench: &Bench, plan: Plan, artifacts: &[&[u8]]) -> (Vec<bool>, Vec<bool>) {
    bench.market.world().artifacts = artifacts.iter().map(|bytes| bytes.to_vec()).collect();
    let rig = bench.start_with(plan).await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Send(Step::Assert), 1).await;
    rig.kill();
    let assertion = bench.market.world().handed_in[0].assertion().clone();
    assert_eq!(assertion.bids.len(), assertion.mask.iter().filter(|bit| **bit).count());
    (assertion.mask, assertion.verdicts)
}

#[tokio::test]
async fn questions_without_an_answer_are_asked_again() {
    let bench = Bench::new();
    for call in [Call::List, Call::Count, Call::Download] {
        bench.market.fail(call, [Fault::Lost, Fault::Unanswered]);
    }
    assert_eq!(asserted(&bench, plan(), &[b"malicious"]).await, (vec![true], vec![true]));
}

#[tokio::test]
async fn a_bounty_that_cannot_be_listed_is_skipped() {
    let bench = Bench::new();
    bench.market.fail(Call::List, [Fault::Refused("no such thing")]);
    let rig = bench.start().await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::List, 1).await;
    rig.announce(&bounty(2)).await;
    bench.market.until("the other is asserted", |world| world.stakes.contains_key(&id(2))).await;
    rig.stop().await;
    assert_eq!(bench.stage(id(1)), None);
}

/// A failure is no opinion, and it costs one artifact.
#[tokio::test]
async fn what_is_too_large_or_cannot_be_scanned_is_left_out() {
    let large = [b'x'; 65];
    for bad in [&large[..], b"broken", b"panic"] {
        let mask = asserted(&Bench::new(), plan(), &[b"benign", bad, b"malicious"]).await;
        assert_eq!(mask, (vec![true, false, true], vec![false, false, true]), "{bad:?}");
    }
    let bench = Bench::new();
    bench.market.fail(Call::Download, [Fault::Refused("gone")]);
    assert_eq!(
        asserted(
            &bench,
            Plan { limits: Limits { at_once: 1, ..plan().limits }, ..plan() },
            &[b"benign", b"malicious"]
        )
        .await
        .0,
        [false, true]
    );
}

/// The scanner's contract is to keep to the deadline. Should one not, the other artifacts are asserted all the same.
#[tokio::test]
async fn a_scanner_that_never_answers_costs_one_artifact() {
    let limits = Limits { timeout: Duration::from_millis(50), at_once: 1, ..plan().limits };
    let mask = asserted(&Bench::new(), Plan { limits, ..plan() }, &[b"hang", b"malicious"]).await.0;
    assert_eq!(mask, [false, true]);
}

/// The market pays for what the contract counts: a mask bit past that is a lost bid.
#[tokio::test]
async fn no_more_is_asserted_than_the_contract_counts() {
    for (count, mask) in [(1, vec![true]), (2, vec![true, true]), (9, vec![true, true])] {
        let bench = Bench::new();
        bench.market.world().count = Some(count);
        assert_eq!(asserted(&bench, plan(), &[b"malicious", b"benign"]).await.0, mask, "{count}");
    }
}

/// More bounties than can be worked on: those that expire first go first, and none is lost.
#[tokio::test]
async fn the_first_to_expire_are_taken_first() {
    let bench = Bench::new();
    let limits = Limits { at_once: 1, ..plan().limits };
    bench.market.fail(Call::List, [Fault::Held; 4]);
    let rig = bench.start_with(Plan { limits, ..plan() }).await;
    for n in 1..=12 {
        rig.announce(&Bounty { expiration: Tick(200 - n), ..bounty(u128::from(n)) }).await;
    }
    bench.market.asked(Call::List, 4).await;
    rig.heard().await;
    assert_eq!(
        bench.market.world().count_of(Call::List),
        4,
        "four places, and a place is kept until the stake is sealed"
    );
    bench.market.release();
    bench.market.until("all are asserted", |world| world.stakes.len() == 12).await;
    let calls = bench.market.world().calls.clone();
    let order: Vec<_> =
        calls.iter().filter(|(call, _)| *call == Call::List).filter_map(|(_, id)| *id).collect();
    assert_eq!(order[4..], [12, 11, 10, 9, 8, 7, 6, 5].map(id));
    rig.stop().await;
}
