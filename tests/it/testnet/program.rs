//! The program `testnet`: arguments, exit status, report and progress.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with one sample of each kind.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    for kind in ["malicious", "benign"] {
        fs::create_dir_all(folder.path().join("samples").join(kind)).unwrap();
        fs::write(folder.path().join("samples").join(kind).join(kind), kind).unwrap();
    }
    folder
}

fn testnet(folder: &Path, more: &[&str]) -> Child {
    let report = folder.join("report.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_testnet"));
    command
        .args(["--listen", "127.0.0.1:0", "--report"])
        .arg(report)
        .arg("--artifacts")
        .arg(folder.join("samples"));
    command.args(more).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn finish(child: Child) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

fn json(path: PathBuf) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn it_ends_by_itself_and_says_that_nobody_came() {
    let folder = folder();
    let progress = folder.path().join("progress.jsonl");
    let quick =
        ["--bounties", "2", "--every", "1", "--block-time", "5ms", "--start", "now", "--live", "always"];
    let windows = ["--expiration-blocks", "3", "--reveal-blocks", "1", "--vote-blocks", "1", "--progress"];
    let child = testnet(folder.path(), &[&quick[..], &windows, &[progress.to_str().unwrap()]].concat());
    let (status, said) = finish(child);
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("bounty 1/2 ") && said.contains("over (nobody asserted), not correct at block 4"),
        "{said}"
    );
    let report = json(folder.path().join("report.json"));
    assert_eq!(report["totals"]["bounties"], 2);
    for bounty in report["bounties"].as_array().unwrap() {
        assert_eq!(bounty["artifacts"][0]["truth"], bounty["artifacts"][0]["name"] == "malicious");
        assert!(
            bounty["asserted"] == false && bounty["mask"].is_null() && bounty["payout"] == "0",
            "{bounty}"
        );
    }
    let lines = fs::read_to_string(progress).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["event"], &first["bounty"], &first["block"]),
        (&"posted".into(), &1.into(), &1.into())
    );
    assert_eq!(lines.matches("\"event\":\"over\"").count(), 2, "{lines}");
}

#[test]
fn sigterm_ends_it_with_what_there_was() {
    let folder = folder();
    let progress = folder.path().join("progress.jsonl");
    let forever = ["--bounties", "1000", "--block-time", "5ms", "--start", "now", "--progress"];
    let mut child = testnet(folder.path(), &[&forever[..], &[progress.to_str().unwrap()]].concat());
    while !fs::read_to_string(&progress).is_ok_and(|lines| lines.contains("posted")) {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let (status, said) = finish(child);
    assert_eq!(status, Some(2), "{said}");
    let posted = json(folder.path().join("report.json"))["totals"]["bounties"].as_u64().unwrap();
    assert!((1..1000).contains(&posted), "{posted}");
}

#[test]
fn bad_arguments_are_told_apart_from_success() {
    let folder = folder();
    for (arguments, words) in [
        (&["--expiration-blocks", "101"][..], "expiration-blocks is 101; it can be 1 to 100"),
        (&["--block-time", "soon"], "write 250ms or 2s"),
        (&["--account", "0x12"], "--account"),
        (&["--listen", "nowhere"], "--listen"),
        (&["--faults", "/no/such/faults"], "cannot read the faults in /no/such/faults"),
        (&["--endow", "0x12=3"], "0x12 is no address"),
        (&["--endow", "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F=much"], "write NCT, or NCT and ETH"),
        (&["--chains", "side", "--chains", "side"], "chains can be home, side, or both"),
    ] {
        let (status, said) = finish(testnet(folder.path(), arguments));
        assert!(status == Some(2) && said.contains(words), "{arguments:?}: {status:?} {said}");
    }
    fs::remove_dir_all(folder.path().join("samples/benign")).unwrap();
    let (status, said) = finish(testnet(folder.path(), &[]));
    assert!(status == Some(2) && said.contains("holds the folders malicious and benign"), "{said}");
    assert!(!folder.path().join("report.json").exists(), "nothing ran, nothing is reported");
}

#[test]
fn a_file_of_faults_is_taken_and_what_never_came_about_is_told() {
    let folder = folder();
    let faults = folder.path().join("faults.toml");
    let text =
        "[[fault]]\non = 'block'\nnth = 2\nwhat = 'deprecate'\n[[fault]]\non = 'request'\nwhat = '500'";
    fs::write(&faults, text).unwrap();
    let quick = ["--bounties", "5", "--every", "1", "--block-time", "5ms", "--start", "now", "--faults"];
    let windows = ["--expiration-blocks", "3", "--chains", "side", "--chains", "home"];
    let child = testnet(folder.path(), &[&quick[..], &[faults.to_str().unwrap()], &windows].concat());
    let (status, said) = finish(child);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("fault 2 of the file never came about") && !said.contains("fault 1"), "{said}");
    let report = json(folder.path().join("report.json"));
    let chains: Vec<_> = report["bounties"].as_array().unwrap().iter().map(|b| b["chain"].clone()).collect();
    // The second block, counted over both chains, is the first of home; its contract alone takes no more.
    assert_eq!(chains.iter().filter(|chain| *chain == "side").count(), 5, "{chains:?}");
    assert_eq!(chains.len(), 5, "{chains:?}");
}
