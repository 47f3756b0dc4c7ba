//! The marketplace at its worst: a node that loses, delays, repeats and refuses, one that lies, gas that becomes dear, and two chains at
//! once.

use std::{fs, time::Duration};

use engine_tests::{
    running::{ACCOUNT, Engine, workspace},
    samples,
    testnet::{BountyReport, ChainName, Faults, Sample, Settings, Testnet},
};

/// Between two blocks.
const BLOCK: Duration = Duration::from_millis(150);
const GWEI: u128 = 1_000_000_000;

fn engine() -> Engine {
    let rules = workspace("deploy/rules/demo");
    Engine::new("engine-yara", ["--rules".into(), rules.into_os_string()]).unwrap()
}

/// A malicious sample that the demo rules know, and a benign one.
fn settings() -> Settings {
    Settings {
        samples: vec![Sample::new("m", true, samples::eicar()), Sample::new("b", false, samples::clean())],
        expiration_blocks: 40,
        reveal_blocks: 40,
        vote_blocks: 4,
        ..Settings::default()
    }
}

/// Runs a story while an engine runs and blocks are mined.
async fn told(net: &Testnet, engine: &Engine, options: &[&str], story: impl Future<Output = ()>) {
    let all = async {
        let mut running = engine.run_with(&net.url(), options).unwrap();
        running.while_it_runs(net.first_client()).await.unwrap_or_else(|e| panic!("{e}\n{}", engine.log()));
        running.while_it_runs(story).await.unwrap_or_else(|e| panic!("{e}\n{}", engine.log()));
        assert!(running.stop().await.unwrap().success());
    };
    let ended = tokio::time::timeout(Duration::from_secs(150), net.mine_while(BLOCK, all)).await;
    assert!(ended.is_ok(), "{:#?}\n{}", net.report(), engine.log());
}

fn one_of_each(bounty: &BountyReport, engine: &Engine) {
    assert_eq!((bounty.assertions, bounty.reveals), (1, 1), "{bounty:?}\n{}", engine.log());
    assert!(bounty.revealed && bounty.settled && bounty.correct, "{bounty:?}\n{}", engine.log());
}

/// Whatever gets lost, late, twice or in another order: each bounty is asserted, revealed and settled once.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_bad_day_nothing_is_lost_and_nothing_done_twice() {
    const BOUNTIES: usize = 12;
    let faults: Faults = r#"
        fault = [
            { on = "request", method = "POST", path = "/transactions", nth = 3, what = "lose_answer" },
            { on = "request", method = "POST", path = "/transactions", nth = 9, times = 2, what = "lose_request" },
            { on = "request", method = "POST", path = "/transactions", nth = 16, what = "500" },
            { on = "request", method = "POST", path = "/transactions", nth = 22, what = "html" },
            { on = "request", method = "GET", path = "/transactions", nth = 2, times = 3, what = "lose_answer" },
            { on = "request", method = "POST", path = "/bounties/*/assertions", nth = 4, what = "500" },
            { on = "request", method = "POST", path = "/bounties/*/assertions/*/reveal", nth = 2, times = 2, what = "html" },
            { on = "request", method = "POST", path = "/bounties/*/settle", nth = 3, what = "429" },
            { on = "request", method = "POST", path = "/bounties/metadata", nth = 1, times = 2, what = "500" },
            { on = "request", method = "GET", path = "/artifacts/*/*", nth = 2, what = "delay", ms = 700 },
            { on = "request", method = "GET", path = "/balances/*/nct", nth = 3, what = "429", retry_after = 1 },
            { on = "request", method = "GET", path = "/nonce", nth = 2, what = "lose_answer" },
            { on = "event", event = "bounty", nth = 3, what = "duplicate" },
            { on = "event", event = "bounty", nth = 4, what = "drop_socket" },
            { on = "event", event = "bounty", nth = 7, what = "lose" },
            { on = "event", event = "bounty", nth = 9, what = "drop_socket" },
            { on = "event", event = "bounty", nth = 11, what = "reorder" },
            { on = "event", event = "quorum", nth = 1, what = "delay", blocks = 2 },
            { on = "event", event = "quorum", nth = 3, what = "drop_socket" },
            { on = "event", event = "block", nth = 30, times = 4, what = "lose" },
            { on = "block", nth = 50, what = "regression", by = 7, blocks = 5 },
            { on = "block", nth = 45, what = "window_update", reveal = 30, vote = 6 },
            { on = "block", nth = 60, what = "drop_sockets" },
        ]
    "#
    .parse()
    .unwrap();
    let net =
        Testnet::start(Settings { bounties: BOUNTIES, per_bounty: 2, faults, ..settings() }).await.unwrap();
    let engine = engine();
    let all_settled = net.until(|report| report.totals.settled == BOUNTIES);
    told(&net, &engine, &[], all_settled).await;
    net.report().bounties.iter().for_each(|bounty| one_of_each(bounty, &engine));
    let never: Vec<usize> =
        net.faults_hit().iter().enumerate().filter(|(_, n)| **n == 0).map(|(i, _)| i).collect();
    assert!(never.is_empty(), "these faults were never inflicted: {never:?}");
}

/// A node that builds something else than was asked for gets no signature for it, and the next bounty is taken as if nothing had been.
#[tokio::test(flavor = "multi_thread")]
async fn a_lying_node_gets_no_signature() {
    let lies = [
        "to",
        "spender",
        "amount",
        "bid",
        "mask",
        "commitment",
        "guid",
        "chain_id",
        "gas",
        "gas_price",
        "value",
        "data_trailing",
        "method",
        "count",
    ];
    let lie = |path: &str, nth: usize, lie: &str| {
        format!(
            "[[fault]]\non = \"request\"\nmethod = \"POST\"\npath = \"{path}\"\nnth = {nth}\nlie = \"{lie}\"\n"
        )
    };
    let mut file: String =
        (2..).zip(lies).map(|(nth, field)| lie("/bounties/*/assertions", nth, field)).collect();
    for (nth, field) in (1..).zip(["verdicts", "index", "metadata", "nonce"]) {
        file.push_str(&lie("/bounties/*/assertions/*/reveal", nth, field));
    }
    file.push_str(&lie("/bounties/*/settle", 1, "guid"));
    let net = Testnet::start(Settings { faults: file.parse().unwrap(), ..settings() }).await.unwrap();
    let engine = engine();
    let story = async {
        // The first teaches which contracts there are.
        let honest = net.post_bounty().to_string();
        net.until(|report| report.bounties.iter().any(|b| b.guid == honest && b.asserted)).await;
        for place in 0..lies.len() {
            net.post_bounty();
            net.until_fault(place).await;
        }
        let last = net.post_bounty().to_string();
        net.until(|report| report.bounties.iter().any(|b| b.guid == last && b.asserted)).await;
        net.until(|report| report.bounties.iter().filter(|b| b.asserted).all(|b| b.settled)).await;
    };
    told(&net, &engine, &[], story).await;
    let report = net.report();
    let asserted: Vec<_> = report.bounties.iter().filter(|bounty| bounty.assertions > 0).collect();
    assert_eq!(asserted.len(), 2, "{report:#?}\n{}", engine.log());
    asserted.iter().for_each(|bounty| one_of_each(bounty, &engine));
    assert!(report.totals.rejected_requests.is_empty(), "{:?}", report.totals.rejected_requests);
    assert!(net.faults_hit().iter().all(|hits| *hits > 0), "{:?}", net.faults_hit());
}

/// Gas becomes twenty times as dear between the reveal and its block: it is offered more for the same nonce, and revealed once.
#[tokio::test(flavor = "multi_thread")]
async fn a_reveal_that_gas_has_become_too_dear_for_is_raised() {
    let net = Testnet::start(Settings { gas_price: GWEI, ..settings() }).await.unwrap();
    let engine = engine();
    let story = async {
        let guid = net.post_bounty();
        let of = |report: &engine_tests::testnet::Report| {
            report.bounties.iter().find(|b| b.guid == guid.to_string()).cloned()
        };
        net.until(|report| of(report).is_some_and(|b| b.asserted)).await;
        // Before the block in which the reveal would be mined, whenever that is.
        net.until_pending(ACCOUNT.parse().unwrap(), 1).await;
        net.set_gas_price(ChainName::Side, 20 * GWEI);
        net.until(|report| of(report).is_some_and(|b| b.settled)).await;
    };
    told(&net, &engine, &[], story).await;
    one_of_each(&net.report().bounties[0], &engine);
    assert!(engine.log().contains("gas has become dearer"), "{}", engine.log());
}

/// An account without ether stakes nothing where gas costs something: it could not pay for its reveals.
#[tokio::test(flavor = "multi_thread")]
async fn without_ether_for_what_will_be_owed_nothing_is_staked() {
    let endowment = "1000,0.01".parse().unwrap();
    let net = Testnet::start(Settings { gas_price: GWEI, endowment, ..settings() }).await.unwrap();
    let engine = engine();
    let story = async {
        net.post_bounty();
        while !engine.log().contains("add ETH") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    told(&net, &engine, &[], story).await;
    assert_eq!(net.report().bounties[0].assertions, 0);
}

/// Home and side at once, each with its own blocks, nonces and contracts.
#[tokio::test(flavor = "multi_thread")]
async fn both_chains_are_worked_on_at_once() {
    const EACH: usize = 4;
    let chains = vec![ChainName::Home, ChainName::Side];
    let net = Testnet::start(Settings { chains, bounties: EACH, ..settings() }).await.unwrap();
    let engine = engine();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("engine.toml");
    let pins = "[chains.home]\nchain_id = 1337\ntoken = \"0x2A2cEDE7598F91240068714fD83E449b19853Cb9\"\n\
                registry = \"0x21262bF29FF08691C8A72bc6f22F791996E1891F\"\n";
    fs::write(&file, pins).unwrap();
    let options = ["--chains", "home", "--chains", "side", "--settings", file.to_str().unwrap()];
    let all_settled = net.until(|report| report.totals.settled == 2 * EACH);
    told(&net, &engine, &options, all_settled).await;
    let report = net.report();
    assert_eq!(report.bounties.len(), 2 * EACH);
    report.bounties.iter().for_each(|bounty| one_of_each(bounty, &engine));
    assert!(report.totals.rejected_requests.is_empty(), "{:?}", report.totals.rejected_requests);
}
