//! The examples of own backends and own rules, as the engines that they are.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use engine_tests::{peers::clamd::Clamd, samples};
use serde_json::Value;

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/rules/demo");

/// An example, built beside this test.
fn example(name: &str) -> PathBuf {
    let built = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(built.exists(), "build it first: cargo build -p microengine-multi --example {name}");
    built
}

/// Scans a file; the exit code and its record.
fn scan(name: &str, file: &Path, options: &[&str]) -> (Option<i32>, Value) {
    let mut command = Command::new(example(name));
    command.env_clear().args(["scan", "--format", "jsonl", "--rules", RULES]).args(options).arg(file);
    let output = command.output().unwrap();
    let record = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    (output.status.code(), record)
}

#[test]
fn a_backend_of_ones_own_sits_beside_yara() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, vec![0; 300]).unwrap();
    let (code, record) = scan("own_panel", &file, &["--zeros", "300"]);
    assert_eq!(
        (code, &record["verdict"], &record["confidence"]),
        (Some(1), &"malicious".into(), &0.6.into())
    );
    let names: Vec<_> = record["backends"].as_array().unwrap().iter().map(|ballot| &ballot["name"]).collect();
    assert_eq!(names, ["yara", "zeros"]);
    assert_eq!(scan("own_panel", &file, &["--zeros", "301"]).0, Some(0));
    std::fs::write(&file, samples::eicar()).unwrap();
    assert_eq!(scan("own_panel", &file, &[]).0, Some(1), "YARA has its say");
}

#[test]
fn a_rule_of_ones_own_decides() {
    if !Clamd::is_installed() {
        eprintln!("SKIPPED: clamd is not installed (apt-get install clamav-daemon, or tests/run)");
        return;
    }
    let mut clamd = Clamd::start().unwrap();
    let options = ["--clamd", &clamd.tcp()];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, samples::eicar()).unwrap();
    let (code, record) = scan("own_rule", &file, &options);
    assert_eq!((code, &record["verdict"]), (Some(1), &"malicious".into()), "{record}");
    clamd.kill().unwrap();
    // The first in the panel failed, so nobody has decided, though YARA knows EICAR.
    let (code, record) = scan("own_rule", &file, &options);
    assert_eq!(
        (code, &record["verdict"], &record["complete"]),
        (Some(2), &"unknown".into(), &false.into()),
        "{record}"
    );
}
