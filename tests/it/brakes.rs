//! A backend goes blind while the engine runs: nothing is staked any more, and `resume` brings it back.

use std::{process::Command, time::Duration};

use engine_tests::{
    peers::clamd::Clamd,
    running::{Engine, program},
    samples,
    testnet::{Sample, Settings, Testnet},
};

/// Waits until the engine has logged something so many times.
async fn logged(engine: &Engine, what: &str, times: usize) {
    while engine.log().matches(what).count() < times {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clamd_that_knows_nothing_any_more_stakes_nothing_until_resumed() {
    let clamd = Clamd::start().unwrap();
    let options = ["--clamd", &clamd.tcp(), "--canary", "200ms"].map(str::to_owned);
    let engine = Engine::new("engine-clamav", options).unwrap();
    let settings = Settings {
        samples: vec![Sample::new("m", true, samples::marzipan()), Sample::new("b", false, samples::clean())],
        per_bounty: 2,
        expiration_blocks: 60,
        reveal_blocks: 20,
        vote_blocks: 4,
        ..Settings::default()
    };
    let net = Testnet::start(settings).await.unwrap();
    let story = async {
        let mut running = engine.run(&net.url()).unwrap();
        running.while_it_runs(net.first_client()).await.unwrap_or_else(|e| panic!("{e}\n{}", engine.log()));
        let seeing = net.post_bounty().to_string();
        let asserted = |guid: &str| {
            let guid = guid.to_owned();
            net.until(move |report| report.bounties.iter().any(|b| b.guid == guid && b.asserted))
        };
        asserted(&seeing).await;

        clamd.swap(samples::database_without_eicar).unwrap();
        logged(&engine, "a brake is on", 1).await;
        let blind = net.post_bounty().to_string();
        logged(&engine, "skipped", 1).await;

        // It sees again, as soon as the old signatures are loaded; but nobody has looked at what happened.
        clamd.swap(samples::database).unwrap();
        for tried in 2.. {
            net.post_bounty();
            logged(&engine, "skipped", tried).await;
            if engine.log().contains("not staked, only watched") {
                break;
            }
        }
        let mut resume = Command::new(program("engine-clamav").unwrap());
        let output = resume.arg("resume").arg("--journal").arg(engine.journal()).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains("clamav is blind"), "{output:?}");
        logged(&engine, "resumed: staking again", 1).await;
        asserted(&net.post_bounty().to_string()).await;
        net.until(|report| report.bounties.iter().any(|b| b.guid == seeing && b.settled)).await;
        assert!(running.stop().await.unwrap().success(), "{}", engine.log());
        let report = net.report();
        let of = |guid: &str| report.bounties.iter().find(|b| b.guid == guid).unwrap();
        assert!(of(&seeing).correct && !of(&blind).asserted, "{report:#?}");
    };
    let told = net.mine_while(Duration::from_millis(100), story);
    let ended = tokio::time::timeout(Duration::from_secs(120), told).await;
    assert!(ended.is_ok(), "{}", engine.log());
}
