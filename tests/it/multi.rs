//! `engine-multi scan` with both of its built-in backends: YARA rules in children, and a real clamd that comes and goes.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use engine_tests::{
    peers::clamd::Clamd,
    running::{program, workspace},
    samples,
};
use serde_json::Value;

/// Exit code, the record, and each backend's name with its verdict or the kind of its failure.
fn scan(clamd: &Clamd, options: &[&str], artifact: &[u8]) -> (Option<i32>, Value, Vec<(String, String)>) {
    let mut command = Command::new(program("engine-multi").unwrap());
    for variable in ["RULES_DIR", "CLAMD_HOST", "CLAMD_PORT", "LOG_LEVEL", "LOG_FORMAT"] {
        command.env_remove(variable);
    }
    command.args(["scan", "--format", "jsonl", "--clamd", &clamd.tcp(), "--rules"]);
    command.arg(workspace("deploy/rules/demo")).args(options).arg("-");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(artifact).unwrap();
    let output = child.wait_with_output().unwrap();
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    let said = |ballot: &Value| {
        let said = ballot.pointer("/error/kind").unwrap_or_else(|| &ballot["verdict"]);
        (ballot["name"].as_str().unwrap().to_owned(), said.as_str().unwrap().to_owned())
    };
    let ballots = record["backends"].as_array().unwrap().iter().map(said).collect();
    (output.status.code(), record, ballots)
}

fn said(yara: &str, clamav: &str) -> Vec<(String, String)> {
    vec![("yara".to_owned(), yara.to_owned()), ("clamav".to_owned(), clamav.to_owned())]
}

#[test]
fn both_backends_and_a_clamd_that_comes_and_goes() {
    if !Clamd::is_installed() {
        eprintln!("SKIPPED: clamd is not installed (Debian: apt-get install clamav-daemon)");
        return;
    }
    let mut clamd = Clamd::start().unwrap();

    let (code, record, ballots) = scan(&clamd, &[], &samples::eicar());
    assert_eq!((code, ballots), (Some(1), said("malicious", "malicious")), "{record}");
    assert_eq!(record.get("complete"), None, "{record}");
    let all_versioned = |ballot: &Value| ballot["version"] != "" && ballot["signatures"] != "";
    assert!(record["backends"].as_array().unwrap().iter().all(all_versioned), "{record}");

    let (code, record, ballots) = scan(&clamd, &[], &samples::marzipan());
    assert_eq!((code, ballots), (Some(1), said("benign", "malicious")), "one is enough: {record}");
    assert_eq!(record["family"], "Marzipan");
    let (code, record, _) = scan(&clamd, &["--distill", "quorum=2"], &samples::marzipan());
    assert_eq!((code, &record["verdict"]), (Some(0), &Value::from("benign")), "{record}");
    let (code, record, ballots) = scan(&clamd, &[], &samples::clean());
    assert_eq!((code, ballots), (Some(0), said("benign", "benign")), "{record}");

    // It accepts and does not answer: the others decide, and the result says that it lacks one.
    clamd.pause().unwrap();
    // Whether that is a time-out or a daemon that does not work is a matter of how long it was waited for.
    let (code, record, ballots) = scan(&clamd, &["--backend-timeout", "1s"], &samples::clean());
    assert!(["timed_out", "unavailable"].map(|kind| said("benign", kind)).contains(&ballots), "{record}");
    assert_eq!(code, Some(2), "{record}");
    assert_eq!(record["complete"], false);

    clamd.kill().unwrap();
    let (code, record, ballots) = scan(&clamd, &[], &samples::eicar());
    assert_eq!((code, ballots), (Some(1), said("malicious", "unavailable")), "{record}");
    assert_eq!(record["complete"], false);

    clamd.restart().unwrap();
    let (code, record, ballots) = scan(&clamd, &[], &samples::clean());
    assert_eq!((code, ballots), (Some(0), said("benign", "benign")), "{record}");
}
