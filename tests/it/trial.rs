//! `run --testing N`: so many bounties and then the end, on both kinds of nodes.

use std::time::Duration;

use alloy_primitives::U256;
use bytes::Bytes;
use engine_tests::{
    running::{ACCOUNT, Engine, Running, workspace},
    samples,
    testnet::{Endowment, Report, Sample, Settings, Testnet, Variant},
};
use tokio::time;

fn engine() -> Engine {
    Engine::new("engine-yara", ["--rules".into(), workspace("deploy/rules/demo").into_os_string()]).unwrap()
}

fn settings() -> Settings {
    let sample =
        |name: &str, truth, content| Sample { name: name.into(), truth, content: Bytes::from(content) };
    Settings {
        samples: vec![sample("m", true, samples::eicar()), sample("b", false, samples::clean())],
        bounties: 4,
        per_bounty: 1,
        expiration_blocks: 20,
        reveal_blocks: 10,
        vote_blocks: 2,
        ..Settings::default()
    }
}

/// Runs the marketplace until the engine has ended.
async fn ended(net: &Testnet, engine: &Engine, running: Running) -> Option<i32> {
    let ended = async {
        tokio::select! {
            status = running.ended() => status,
            () = net.run(Duration::from_millis(100), |_| ()) => std::future::pending().await,
        }
    };
    let status = time::timeout(Duration::from_secs(60), ended).await;
    status.unwrap_or_else(|_| panic!("it does not end\n{}", engine.log())).unwrap().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_the_last_settlement() {
    let (net, engine) = (Testnet::start(settings()).await.unwrap(), engine());
    let running = engine.run_with(&net.url(), &["--testing", "2"]).unwrap();
    assert_eq!(ended(&net, &engine, running).await, Some(0), "{}", engine.log());
    let Report { totals, .. } = net.report();
    assert_eq!((totals.asserted, totals.settled, totals.correct), (2, 2, 2), "{totals:?}\n{}", engine.log());
}

/// The clock is the time of day; an assertion is the last step there is.
#[tokio::test(flavor = "multi_thread")]
async fn a_fast_node_pays_for_assertions_alone() {
    let settings = Settings {
        variant: Variant::Fast,
        every: 1,
        reveal_blocks: 1,
        vote_blocks: 1,
        expiration_blocks: 6,
        ..settings()
    };
    let (net, engine) = (Testnet::start(settings).await.unwrap(), engine());
    let running = engine.run_with(&net.url(), &["--testing", "4"]).unwrap();
    let status = tokio::join!(running.ended(), net.run(Duration::from_millis(100), |_| ())).0;
    assert!(status.unwrap().success(), "{}", engine.log());
    let Report { bounties, totals, .. } = net.report();
    assert_eq!((totals.asserted, totals.settled, totals.correct), (4, 4, 4), "{totals:?}\n{}", engine.log());
    assert!(bounties.iter().all(|bounty| (bounty.assertions, bounty.reveals) == (1, 0)), "{bounties:?}");
    assert!(totals.rejected_requests.is_empty(), "{totals:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_low_balance_is_the_end() {
    let poor = Endowment { nct: U256::from(1), ..Endowment::default() };
    let endowments = [(ACCOUNT.parse().unwrap(), poor)].into();
    let (net, engine) = (Testnet::start(Settings { endowments, ..settings() }).await.unwrap(), engine());
    let running = engine.run_with(&net.url(), &["--testing", "2"]).unwrap();
    assert_eq!(ended(&net, &engine, running).await, Some(2), "{}", engine.log());
    assert!(engine.log().contains("the trial failed (--testing): the balance is "), "{}", engine.log());
}
