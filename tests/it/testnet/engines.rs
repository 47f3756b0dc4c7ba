//! A real engine on what the testnet can be: the fast variant, and both chains with dear gas while much goes wrong.

use std::{fs, time::Duration};

use engine_tests::{
    running::{Engine, workspace},
    samples,
    testnet::{ChainName, Report, Sample, Settings, Testnet, Variant},
};
use tokio::time;

const FAULTS: &str = r#"
[[fault]]
on = "request"
method = "POST"
path = "/transactions"
nth = 2
what = "lose_answer"

[[fault]]
on = "request"
method = "POST"
path = "/bounties/*/assertions/*/reveal"
what = "lose_request"

[[fault]]
on = "request"
method = "POST"
path = "/bounties/*/assertions"
nth = 4
lie = "spender"

[[fault]]
on = "request"
path = "/artifacts/*"
nth = 3
what = "429"
retry_after = 1

[[fault]]
on = "event"
event = "bounty"
nth = 2
what = "drop_socket"

[[fault]]
on = "event"
event = "bounty"
nth = 5
what = "duplicate"

[[fault]]
on = "block"
chain = "side"
nth = 20
what = "gas_price"
factor = 20
blocks = 5

[[fault]]
on = "block"
chain = "home"
nth = 20
what = "regression"
by = 6
blocks = 3
"#;

/// The home chain's pins, without which no engine works there.
const PINS: &str = r#"[chains.home]
chain_id = 1337
token = "0x2A2cEDE7598F91240068714fD83E449b19853Cb9"
registry = "0x21262bF29FF08691C8A72bc6f22F791996E1891F"
"#;

fn base() -> Settings {
    let sample =
        |name: &str, truth, content: Vec<u8>| Sample { name: name.into(), truth, content: content.into() };
    Settings {
        samples: vec![
            sample("m001", true, samples::eicar()),
            sample("b001", false, samples::clean()),
            sample("b002", false, samples::noise(4096)),
        ],
        bounties: 4,
        ..Settings::default()
    }
}

/// Plays to the end of all bounties. The engine, stopped, for its log.
async fn play(net: &Testnet, more: &[&str]) -> (Engine, Report) {
    let rules = workspace("deploy/rules/demo").into_os_string();
    let engine = Engine::new("engine-yara", ["--rules".into(), rules]).unwrap();
    let mut running = engine.run_with(&net.url(), more).unwrap();
    running.while_it_runs(net.first_client()).await.unwrap_or_else(|e| panic!("{e}\n{}", engine.log()));
    let over = time::timeout(Duration::from_secs(180), net.run(Duration::from_millis(150), |_| ())).await;
    assert!(over.is_ok(), "the bounties are over within three minutes\n{}", engine.log());
    assert!(running.stop().await.unwrap().success(), "{}", engine.log());
    (engine, net.report())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fast_node_is_played_to_the_end() {
    // Seconds, but four looks at the clock a second and more.
    let settings =
        Settings { variant: Variant::Fast, expiration_blocks: 8, reveal_blocks: 1, vote_blocks: 1, ..base() };
    let net = Testnet::start(settings).await.unwrap();
    let (engine, report) = play(&net, &[]).await;
    let totals = &report.totals;
    assert_eq!((totals.asserted, totals.settled, totals.correct), (4, 4, 4), "{report:#?}\n{}", engine.log());
    assert!(report.bounties.iter().all(|bounty| bounty.assertions == 1), "{report:#?}");
    assert!(totals.rejected_requests.is_empty(), "{:?}", totals.rejected_requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_chains_are_played_to_the_end_while_much_goes_wrong() {
    let settings = Settings {
        chains: vec![ChainName::Side, ChainName::Home],
        gas_price: 1_000_000_000,
        faults: FAULTS.parse().unwrap(),
        per_bounty: 2,
        expiration_blocks: 30,
        reveal_blocks: 20,
        vote_blocks: 4,
        ..base()
    };
    let net = Testnet::start(settings).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pins = folder.path().join("settings.toml");
    fs::write(&pins, PINS).unwrap();
    let chains = ["--chains", "side", "--chains", "home", "--settings", pins.to_str().unwrap()];
    let (engine, report) = play(&net, &chains).await;
    let totals = &report.totals;
    assert!(net.faults_hit().iter().all(|hits| *hits == 1), "{:?}", net.faults_hit());
    assert!(totals.asserted >= 7, "all but the one that was lied about\n{report:#?}\n{}", engine.log());
    for bounty in report.bounties.iter().filter(|bounty| bounty.asserted) {
        let right = bounty.revealed && bounty.settled && bounty.correct;
        assert!(right && (bounty.assertions, bounty.reveals) == (1, 1), "{bounty:#?}\n{}", engine.log());
    }
    // Of what was sent again after a lost answer; no revert.
    let again = |why: &str| why.contains("known transaction") || why.contains("nonce too low");
    assert!(totals.rejected_requests.iter().all(|refused| again(&refused.why)), "{totals:#?}");
}
