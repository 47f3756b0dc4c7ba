use std::time::Duration;

use bytes::Bytes;
use engine_tests::{
    peers::reference::Reference,
    samples,
    testnet::{Sample, Settings, Testnet},
};
use tokio::time;

const BOUNTIES: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_completes_twenty_bounties() {
    let Some(reference) = Reference::install().unwrap() else { return };
    let sample =
        |name: &str, truth, content| Sample { name: name.into(), truth, content: Bytes::from(content) };
    let settings = Settings {
        samples: vec![
            sample("m-eicar", true, samples::eicar()),
            sample("m-around", true, [samples::noise(500), samples::eicar(), samples::noise(500)].concat()),
            sample("b-clean", false, samples::clean()),
            sample("b-noise", false, samples::noise(5000)),
        ],
        bounties: BOUNTIES,
        per_bounty: 2,
        expiration_blocks: 20,
        reveal_blocks: 12,
        vote_blocks: 4,
        seed: 7,
        ..Settings::default()
    };
    let net = Testnet::start(settings).await.unwrap();
    let mut running = reference.run(&net.url()).unwrap();
    running.while_it_runs(net.first_client()).await.unwrap_or_else(|e| panic!("{e}\n{}", reference.log()));
    let over = time::timeout(Duration::from_secs(240), net.run(Duration::from_millis(250), |_| ())).await;
    assert!(over.is_ok(), "the bounties are over within four minutes\n{}", reference.log());
    running.kill().await.unwrap_or_else(|e| panic!("{e}\n{}", reference.log()));

    let report = net.report();
    let totals = &report.totals;
    let counts = (totals.asserted, totals.revealed, totals.settled, totals.correct);
    assert_eq!(counts, (BOUNTIES, BOUNTIES, BOUNTIES, BOUNTIES), "{report:#?}\n{}", reference.log());
    assert!(report.bounties.iter().all(|b| (b.assertions, b.reveals) == (1, 1)), "{report:#?}");
    // It settles at each quorum and again when the windows are over (F17). Nothing else that it does is refused.
    let refused =
        totals.rejected_requests.iter().filter(|request| !request.why.contains("Sender already settled"));
    assert_eq!(refused.collect::<Vec<_>>(), Vec::<&_>::new());
}
