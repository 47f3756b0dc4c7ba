//! The contract suite on panels: of the built-in backends, with a clamd that goes away, and of scripted ones.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};

use engine_clamav::{ClamavScanner, clamd::Address};
use engine_core::{
    Artifact, Confidence, ErrorKind, ScanContext, ScanResult, Scanner, Verdict,
    scanner::child::Program,
    testing::{Contract, Script, Scripted, eicar},
};
use engine_multi::{Any, Backend, Panel, Quorum};
use engine_tests::peers::clamd::Clamd;
use engine_yara::YaraScanner;

const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

#[tokio::test(flavor = "multi_thread")]
async fn yara_and_clamav_keep_the_contract() {
    if !Clamd::is_installed() {
        eprintln!("SKIPPED: clamd is not installed (apt-get install clamav-daemon, or tests/run)");
        return;
    }
    let clamd = Clamd::start().unwrap();
    let address: Address = clamd.tcp().parse().unwrap();
    let clamav = ClamavScanner::open(engine_clamav::Options::clamd(address), TWO).await.unwrap();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/rules/demo");
    let program = Program::new(env!("CARGO_BIN_EXE_engine-multi")).args(["child"]);
    let yara = YaraScanner::start_with(program, engine_yara::Options::new([rules]), TWO).await.unwrap();
    let panel = Panel::new(vec![Backend::new(yara), Backend::new(clamav)], Any).unwrap();

    let clamd = Arc::new(Mutex::new(clamd));
    let (dies, lives) = (Arc::clone(&clamd), clamd);
    let act = |clamd: &Arc<Mutex<Clamd>>, act: fn(&mut Clamd)| {
        let clamd = Arc::clone(clamd);
        async move { tokio::task::spawn_blocking(move || act(&mut clamd.lock().unwrap())).await.unwrap() }
    };
    Contract::new(panel)
        .peer(
            move || act(&dies, |clamd| clamd.kill().unwrap()),
            move || act(&lives, |clamd| clamd.restart().unwrap()),
        )
        .assert()
        .await;
}

fn scripted(name: &str) -> Backend {
    Backend::new(Scripted::new(name, |artifact| {
        let verdict = if *artifact.bytes() == eicar() { Verdict::Malicious } else { Verdict::Benign };
        Script::Say(ScanResult::new(verdict, Confidence::ONE).by("1.0", "none"))
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quorum_keeps_the_contract() {
    let panel = Panel::new(vec![scripted("one"), scripted("two"), scripted("three")], Quorum(TWO)).unwrap();
    Contract::new(panel).assert().await;
}

/// A backend that fails all the time disturbs nobody, as long as the others suffice; but no result is complete.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_backend_breaks_no_promise() {
    let dead = Backend::new(Scripted::fails("dead", ErrorKind::Unavailable));
    let panics = Backend::new(Scripted::new("panics", |_| Script::Panic));
    Contract::new(Panel::new(vec![scripted("one"), dead, panics], Any).unwrap()).assert().await;
}

/// One that looks at no deadline answers before any timer: that is too late all the same.
#[tokio::test]
async fn past_the_deadline_no_ballot_counts() {
    use crate::scripted::{Does, Scripted, malicious};
    let quick = Backend::new(Scripted::new("quick", Does::Say(malicious(1.0))));
    let panel = Panel::new(vec![quick], Any).unwrap();
    let cx = ScanContext::within(std::time::Duration::ZERO);
    let result = panel.scan(&Artifact::file("x"), &cx).await.unwrap();
    assert_eq!((result.verdict, result.complete), (Verdict::Unknown, false), "{result:?}");
}
