//! The program `engine-clamav` from outside.

use assert_cmd::{Command, cargo::cargo_bin};
use engine_tests::{peers::free_port, samples};
use predicates::str::contains;

use crate::support::clamd;

fn engine() -> Command {
    let mut engine = Command::new(cargo_bin!("engine-clamav"));
    engine.env_remove("CLAMD_HOST").env_remove("CLAMD_PORT");
    engine
}

/// The record that scanning `bytes` prints, after the exit code was looked at.
fn scan(engine: &mut Command, bytes: Vec<u8>, code: i32) -> serde_json::Value {
    let done = engine.args(["--format", "jsonl", "-"]).write_stdin(bytes).assert().code(code);
    serde_json::from_slice(&done.get_output().stdout).unwrap()
}

#[test]
fn a_daemon_by_flag_and_by_variables() {
    let Some(clamd) = clamd() else { return };
    let record = scan(engine().args(["scan", "--clamd", &clamd.unix()]), samples::marzipan(), 1);
    assert_eq!(record["family"], "Marzipan");
    assert_eq!(record["backends"][0]["name"], "clamav");
    assert_eq!(record["backends"][0]["findings"][0], "Win.Trojan.Marzipan-42-0");

    let mut by_variables = engine();
    by_variables.env("CLAMD_HOST", "127.0.0.1").env("CLAMD_PORT", clamd.port().to_string());
    let record = scan(by_variables.args(["scan", "--clamav-benign-confidence", "0.25"]), samples::clean(), 0);
    assert_eq!((&record["verdict"], &record["confidence"]), (&"benign".into(), &0.25.into()));
}

#[test]
fn a_dead_daemon_is_named_and_nothing_is_clean() {
    let nowhere = format!("127.0.0.1:{}", free_port().unwrap());
    let record = scan(engine().args(["scan", "--clamd", &nowhere]), samples::clean(), 2);
    assert_eq!((&record["verdict"], &record["error"]["kind"]), (&"unknown".into(), &"unavailable".into()));
    assert!(record["error"]["message"].as_str().unwrap().contains(&nowhere), "{record}");
    engine().args(["check", "--clamd", &nowhere]).assert().code(2);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    for (arguments, says) in [
        (&["--clamd", "127.0.0.1:1", "--database", "/nowhere"][..], "exclude each other"),
        (&["--clamd", "somewhere"], "127.0.0.1:3310"),
        (&["--database", "/nowhere"], "freshclam"),
        (&["--clamd", "127.0.0.1:1", "--self-test-file", "/nowhere"], "self-test file /nowhere"),
    ] {
        engine().arg("scan").args(arguments).arg("-").assert().code(2).stderr(contains(says));
    }
}

#[cfg(feature = "libclamav")]
#[test]
fn libclamav_by_the_program_beside() {
    let folder = tempfile::tempdir().unwrap();
    samples::database(folder.path()).unwrap();
    let database = folder.path().to_str().unwrap();
    let record = scan(engine().args(["scan", "--database", database]), samples::eicar(), 1);
    assert_eq!(record["family"], "Eicar");
    assert!(record["backends"][0]["signatures"].as_str().unwrap().starts_with("sha256:"));
    engine().args(["check", "--database", database]).assert().success();
}
