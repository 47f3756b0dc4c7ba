//! SIGKILL at each named place between two writes of the journal: one assertion, one reveal, one settlement, with the same secret, or
//! the contract would not take the reveal.
//!
//! The places are fail points of `engine-core` (`STEP.MOMENT`), which only a build with the feature `failpoints` has. A life has one
//! bounty, whose engine dies at every place of one step, in their order, and is started again each time.

use std::{os::unix::process::ExitStatusExt, time::Duration};

use engine_tests::{
    running::{Engine, workspace},
    testnet::{BountyReport, Sample, Settings, Testnet},
};
use tokio::time;

/// Before its bytes are on disk: drafted, signed. Before they are on the wire: sealed. Before what came of them is on disk: sent,
/// answered (the answer is there), told (the bounty's machine knows). After that: noted.
const MOMENTS: [&str; 7] = ["drafted", "signed", "sealed", "sent", "answered", "told", "noted"];
const BLOCK: Duration = Duration::from_millis(250);
const STEPS: [&str; 3] = ["assert", "reveal", "settle"];

/// One bounty, on a chain whose windows are long: blocks are mined on command.
async fn testnet() -> Testnet {
    let samples = vec![
        Sample::new("m001", true, engine_tests::samples::eicar()),
        Sample::new("b001", false, engine_tests::samples::clean()),
    ];
    let settings = Settings {
        samples,
        bounties: 1,
        per_bounty: 2,
        expiration_blocks: 100,
        reveal_blocks: 100,
        vote_blocks: 4,
        ..Settings::default()
    };
    Testnet::start(settings).await.unwrap()
}

fn engine() -> Engine {
    let rules = workspace("deploy/rules/demo");
    Engine::new("engine-yara", ["--rules".into(), rules.into_os_string()]).unwrap()
}

fn bounty(net: &Testnet) -> Option<BountyReport> {
    net.report().bounties.into_iter().next()
}

/// Blocks go by until it is so, for two minutes at most.
async fn blocks_until(net: &Testnet, what: &str, engine: &Engine, mut is_so: impl FnMut() -> bool) {
    let blocks = async {
        while !is_so() {
            net.mine();
            time::sleep(BLOCK).await;
        }
    };
    let waited = time::timeout(Duration::from_secs(120), blocks).await;
    assert!(waited.is_ok(), "waited in vain until {what}: {:?}\n{}", bounty(net), engine.log());
}

/// Mines up to the block at which the step is due, with nobody there.
fn skip_to(net: &Testnet, step: &str) {
    let due = match step {
        "reveal" => 110,
        "settle" => 215,
        _ => 0,
    };
    while net.head() < due {
        net.mine();
    }
}

/// The engine dies at each moment of a step.
async fn killed_at_every_moment_of(step: &'static str) {
    let (net, engine) = (testnet().await, engine());
    // The steps before are taken in peace.
    let running = engine.run(&net.url()).unwrap();
    net.first_client().await;
    let before = STEPS.iter().position(|each| *each == step).unwrap();
    let is_done = |step: &str| {
        bounty(&net).is_some_and(|bounty| match step {
            "assert" => bounty.asserted,
            "reveal" => bounty.revealed,
            _ => bounty.settled,
        })
    };
    for earlier in &STEPS[..before] {
        skip_to(&net, earlier);
        blocks_until(&net, earlier, &engine, || is_done(earlier)).await;
    }
    running.kill().await.unwrap();
    skip_to(&net, step);
    for moment in MOMENTS {
        let point = format!("{step}.{moment}");
        let mut running = engine.run_to(&net.url(), &format!("{point}=return")).unwrap();
        let mut ended = None;
        blocks_until(&net, &format!("it dies at {point}"), &engine, || {
            ended = running.ended_already().unwrap();
            ended.is_some()
        })
        .await;
        assert_eq!(ended.unwrap().signal(), Some(9), "{point}: {}", engine.log());
    }
    let running = engine.run(&net.url()).unwrap();
    for later in &STEPS[before..] {
        skip_to(&net, later);
        blocks_until(&net, later, &engine, || is_done(later)).await;
    }
    // Time enough to do something twice.
    let end = net.head() + 12;
    blocks_until(&net, "some more blocks went by", &engine, || net.head() >= end).await;
    running.kill().await.unwrap();
    let bounty = bounty(&net).unwrap();
    assert_eq!((bounty.assertions, bounty.reveals), (1, 1), "{bounty:?}\n{}", engine.log());
    assert!(bounty.revealed && bounty.settled && bounty.correct, "{bounty:?}\n{}", engine.log());
    let refused = net.report().totals.rejected_requests;
    let settles: Vec<_> = refused.iter().filter(|refused| refused.path.contains("settle")).collect();
    assert!(settles.is_empty(), "{settles:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_moment_of_an_assertion() {
    killed_at_every_moment_of("assert").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_moment_of_a_reveal() {
    killed_at_every_moment_of("reveal").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_moment_of_a_settlement() {
    killed_at_every_moment_of("settle").await;
}
