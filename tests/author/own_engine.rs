//! The author's crate, with the forty-line engine of engine-core's examples. It builds, scans, checks, earns on the marketplace, and
//! passes the contract suite.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use bytes::Bytes;
use engine_tests::{
    running::{Engine, workspace},
    samples,
    testnet::{Sample, Settings, Testnet},
};
use tempfile::TempDir;
use tokio::time;

use crate::{outside, target};

const BOUNTIES: usize = 3;

/// What the author writes besides the engine itself: the contract suite as her test.
const TEST: &str = r#"
#[cfg(test)]
#[tokio::test(flavor = "multi_thread")]
async fn my_scanner_keeps_the_contract() {
    let own = Own { word: "EICAR-STANDARD-ANTIVIRUS-TEST-FILE".into() };
    let scanner = Own::build(own, NonZeroUsize::MIN).await.unwrap();
    engine_core::testing::Contract::new(scanner).huge(4 << 20).assert().await;
}
"#;

/// The author's crate in a folder of its own.
struct Crate {
    folder: TempDir,
}

impl Crate {
    fn new(engine: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let core = workspace("engine-core").canonicalize().unwrap();
        let manifest = format!(
            r#"[package]
name = "own-engine"
version = "0.1.0"
edition = "2024"

[dependencies]
clap = {{ version = "4", features = ["derive"] }}
microengine-core = {{ path = "{core}", features = ["polyswarmd"] }}
serde = {{ version = "1", features = ["derive"] }}

[dev-dependencies]
microengine-core = {{ path = "{core}", features = ["testing"] }}
tokio = {{ version = "1", features = ["macros", "rt-multi-thread"] }}
"#,
            core = core.display()
        );
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/main.rs"), format!("{engine}{TEST}")).unwrap();
        // The versions that are here already: nothing is downloaded.
        fs::copy(workspace("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
        Self { folder }
    }

    fn cargo(&self, command: &str) -> Output {
        outside(env!("CARGO")).arg(command).current_dir(self.folder.path()).output().unwrap()
    }

    fn program(&self) -> PathBuf {
        target().join("debug/own-engine")
    }

    fn run(&self, args: &[impl AsRef<OsStr>]) -> Output {
        let mut engine = Command::new(self.program());
        engine.args(args).env_clear().current_dir(self.folder.path()).stdin(Stdio::null()).output().unwrap()
    }
}

fn the_example() -> String {
    fs::read_to_string(workspace("engine-core/examples/own_engine.rs")).unwrap()
}

#[test]
fn the_engine_has_forty_lines_at_most() {
    let example = the_example();
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    assert!(example.lines().filter(is_code).count() <= 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crate_of_ones_own_has_every_command_and_keeps_the_contract() {
    let author = Crate::new(&the_example());
    let built = author.cargo("build");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    scans_and_checks(&author);
    earns(&author.program()).await;
    let tested = author.cargo("test");
    let told =
        String::from_utf8_lossy(&tested.stdout).into_owned() + &String::from_utf8_lossy(&tested.stderr);
    assert!(tested.status.success(), "{told}");
    assert!(told.contains("my_scanner_keeps_the_contract ... ok"), "{told}");
}

fn scans_and_checks(author: &Crate) {
    fs::write(author.folder.path().join("eicar"), samples::eicar()).unwrap();
    fs::write(author.folder.path().join("clean"), samples::clean()).unwrap();
    let scanned = author.run(&["scan", "--format", "jsonl", "eicar", "clean"]);
    let records = String::from_utf8(scanned.stdout).unwrap();
    let verdicts: Vec<_> = records
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["verdict"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!((scanned.status.code(), verdicts), (Some(1), vec!["malicious".into(), "benign".into()]));
    let checked = author.run(&["check"]);
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success() && text.ends_with("\nready\n"), "{text}");
}

async fn earns(program: &Path) {
    let sample = |name: &str, truth, content: Vec<u8>| Sample {
        name: name.into(),
        truth,
        content: Bytes::from(content),
    };
    let settings = Settings {
        samples: vec![sample("m-eicar", true, samples::eicar()), sample("b-clean", false, samples::clean())],
        bounties: BOUNTIES,
        expiration_blocks: 30,
        reveal_blocks: 20,
        vote_blocks: 4,
        ..Settings::default()
    };
    let net = Testnet::start(settings).await.unwrap();
    let engine = Engine::new(program, Vec::<String>::new()).unwrap();
    let mut running = engine.run(&net.url()).unwrap();
    running.while_it_runs(net.first_client()).await.unwrap_or_else(|e| panic!("{e}\n{}", engine.log()));
    let over = time::timeout(Duration::from_secs(180), net.run(Duration::from_millis(150), |_| ())).await;
    assert!(over.is_ok(), "the bounties are over within three minutes\n{}", engine.log());
    assert!(running.stop().await.unwrap().success(), "{}", engine.log());
    let totals = net.report().totals;
    assert_eq!((totals.correct, totals.settled), (BOUNTIES, BOUNTIES), "{totals:?}\n{}", engine.log());
}
