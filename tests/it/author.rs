//! The author's afternoon: a crate of somebody else's, outside the workspace, with the forty-line engine of engine-core's examples. It
//! builds, scans, checks, earns on the marketplace, and passes the contract suite.
//!
//! A test program of its own, since building takes both cores for a while, and other tests have clocks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

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

/// The author's crate in a folder of its own. Its dependencies are built once for all runs, in the workspace's target folder.
struct Crate {
    folder: TempDir,
    target: PathBuf,
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

[profile.dev]
debug = false
"#,
            core = core.display()
        );
        fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/main.rs"), format!("{engine}{TEST}")).unwrap();
        // The versions that are here already: nothing is downloaded.
        fs::copy(workspace("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
        let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("author");
        Self { folder, target }
    }

    fn cargo(&self, command: &str) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([command, "--offline", "--target-dir"]).arg(&self.target).current_dir(self.folder.path());
        // The compiler of the same toolchain, whatever a dependency's folder asks for.
        let rustc = Path::new(env!("CARGO")).with_file_name("rustc");
        if rustc.is_file() {
            cargo.env("RUSTC", rustc);
        }
        // What the outer cargo says of its own crate is not about this one.
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("CARGO_PKG") || variable == "CARGO_MANIFEST_DIR" {
                cargo.env_remove(variable);
            }
        }
        cargo.stdin(Stdio::null()).output().unwrap()
    }

    fn program(&self) -> PathBuf {
        self.target.join("debug/own-engine")
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
