//! The engine is killed between two steps and started again: one assertion, one reveal, one settlement.

use std::time::Duration;

use engine_tests::{
    gate::{Gate, Side},
    running::{Engine, workspace},
    testnet::{BountyReport, Sample, Settings, Testnet},
};
use tokio::time;

/// One bounty with a malicious and a benign artifact, on a chain that is quick but leaves time for a restart.
async fn testnet() -> Testnet {
    let samples = vec![
        Sample::new("m001", true, engine_tests::samples::eicar()),
        Sample::new("b001", false, engine_tests::samples::clean()),
    ];
    let settings = Settings {
        samples,
        bounties: 1,
        per_bounty: 2,
        expiration_blocks: 80,
        reveal_blocks: 40,
        vote_blocks: 4,
        ..Settings::default()
    };
    Testnet::start(settings).await.unwrap()
}

fn engine() -> Engine {
    let rules = workspace("deploy/rules/demo");
    Engine::new(
        "engine-multi",
        ["--backends".into(), "yara".into(), "--rules".into(), rules.into_os_string()],
    )
    .unwrap()
}

/// Runs a story while blocks are mined, and gives the bounty's report.
async fn told(net: &Testnet, story: impl Future<Output = ()>) -> BountyReport {
    let blocks = net.run(Duration::from_millis(100), |_| ());
    let all = async { tokio::join!(blocks, story) };
    time::timeout(Duration::from_secs(120), all).await.expect("the bounty is over within two minutes");
    net.report().bounties.remove(0)
}

fn one_of_each(engine: &Engine, bounty: &BountyReport) {
    assert_eq!((bounty.assertions, bounty.reveals), (1, 1), "{bounty:?}\n{}", engine.log());
    assert!(bounty.revealed && bounty.settled && bounty.correct, "{bounty:?}\n{}", engine.log());
}

/// The engine runs behind a gate that closes at a request; there it is killed, and started again without the gate.
async fn killed_at(request: &'static str, nth: usize, side: Side) {
    let (net, engine) = (testnet().await, engine());
    let mut gate = Gate::start(net.address(), request, nth, side).await.unwrap();
    let mut running = engine.run(&gate.url()).unwrap();
    running.while_it_runs(net.first_client()).await.unwrap_or_else(|e| panic!("{e}\n{}", engine.log()));
    let bounty = told(&net, async {
        gate.held().await;
        running.kill().await.unwrap();
        let running = engine.run(&net.url()).unwrap();
        net.until(|report| report.bounties.iter().all(|b| b.settled)).await;
        assert!(running.stop().await.unwrap().success());
    })
    .await;
    one_of_each(&engine, &bounty);
}

/// Sealed on disk, but not even the approval has reached the node.
#[tokio::test(flavor = "multi_thread")]
async fn killed_between_seal_and_assert() {
    killed_at("POST /transactions", 1, Side::BeforeTheNode).await;
}

/// The approval is in the pool, the assertion is not.
#[tokio::test(flavor = "multi_thread")]
async fn killed_between_approval_and_assertion() {
    killed_at("POST /transactions", 2, Side::BeforeTheNode).await;
}

/// The assertion is in the pool, but the engine has not been told.
#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_answer_to_the_assertion() {
    killed_at("POST /transactions", 2, Side::AfterTheNode).await;
}

/// Sealed on disk, but the reveal has not reached the node.
#[tokio::test(flavor = "multi_thread")]
async fn killed_between_seal_and_reveal() {
    killed_at("POST /transactions", 3, Side::BeforeTheNode).await;
}

/// The reveal is in the pool, but the engine has not been told.
#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_answer_to_the_reveal() {
    killed_at("POST /transactions", 3, Side::AfterTheNode).await;
}

/// The assertion stands and its reveal is not due yet.
#[tokio::test(flavor = "multi_thread")]
async fn f02_killed_between_assert_and_reveal() {
    let (net, engine) = (testnet().await, engine());
    let mut running = engine.run(&net.url()).unwrap();
    running.while_it_runs(net.first_client()).await.unwrap_or_else(|e| panic!("{e}\n{}", engine.log()));
    let bounty = told(&net, async {
        net.until(|report| report.bounties.iter().any(|b| b.asserted)).await;
        running.kill().await.unwrap();
        let running = engine.run(&net.url()).unwrap();
        net.until(|report| report.bounties.iter().all(|b| b.settled)).await;
        assert!(running.stop().await.unwrap().success());
    })
    .await;
    one_of_each(&engine, &bounty);
}

/// It was posted while no engine listened, and is found in the node's list.
#[tokio::test(flavor = "multi_thread")]
async fn f03_posted_while_the_engine_was_away() {
    let (net, engine) = (testnet().await, engine());
    let bounty = told(&net, async {
        net.until(|report| report.bounties.len() == 1).await;
        let mut running = engine.run(&net.url()).unwrap();
        let settled = net.until(|report| report.bounties.iter().all(|b| b.settled));
        running.while_it_runs(settled).await.unwrap_or_else(|e| panic!("{e}\n{}", engine.log()));
        assert!(running.stop().await.unwrap().success());
    })
    .await;
    one_of_each(&engine, &bounty);
}
