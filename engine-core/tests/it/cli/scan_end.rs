//! How `scan` ends where it cannot go on: nobody reads, the disk is full, it is told to stop.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::{Ran, command, eicar, folder};

#[test]
fn a_closed_pipe_ends_the_scan_without_a_word() {
    let folder = folder(&[]);
    for i in 0..500 {
        fs::write(folder.path().join(format!("{i:03}")), eicar()).unwrap();
    }
    for format in ["jsonl", "text", "sarif"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let scan = ["scan", "--format", format, "--progress", "never", "."];
        let ran = Ran::of(command(folder.path(), &scan).stdout(writer).output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""), "{format}: {ran:?}");
    }
}

/// Scans a clean file and standard input, and is told to stop while it waits for that.
fn stopped(format: &str, signal: Signal) -> Ran {
    let folder = folder(&[("clean", b"hello")]);
    let mut child = command(folder.path(), &["scan", "--format", format, "clean", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first record is out, and it waits for more of standard input.
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut printed = String::new();
    out.read_line(&mut printed).unwrap();
    kill_process(Pid::from_child(&child), signal).unwrap();
    let input = child.stdin.take();
    out.read_to_string(&mut printed).unwrap();
    let ran = Ran::of(child.wait_with_output().unwrap());
    drop(input);
    Ran { out: printed, ..ran }
}

#[test]
fn interrupted_it_says_so_and_is_not_clean() {
    // Who runs the tests under `nohup` has SIGHUP ignored, in the program too.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.map(|mask| u64::from_str_radix(mask.trim(), 16).unwrap());
    let hangup = ignored.filter(|mask| mask & 1 == 0).map(|_| Signal::HUP);
    for signal in [Signal::INT, Signal::TERM].into_iter().chain(hangup) {
        let ran = stopped("jsonl", signal);
        assert_eq!((ran.code, ran.paths()), (Some(2), vec!["clean".to_owned()]), "{ran:?}");
        assert!(ran.err.contains("1 files") && ran.err.contains("interrupted"), "{ran:?}");
        let ran = stopped("sarif", signal);
        let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let invocation = &document["runs"][0]["invocations"][0];
        assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(false), &json!(2)));
        assert_eq!(invocation["toolExecutionNotifications"][0]["descriptor"]["id"], "interrupted");
    }
}

#[test]
fn interrupted_before_the_first_file_it_says_so_too() {
    let folder = folder(&[("clean", b"hello")]);
    let fifo = folder.path().join("list");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, 0o600.into()).unwrap();
    for (format, signal) in [("jsonl", Signal::INT), ("sarif", Signal::TERM)] {
        let child = command(folder.path(), &["scan", "--format", format, "--scan-list", "list", "clean"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Opened as soon as the program does, which then waits for the list.
        let list = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let ran = Ran::of(child.wait_with_output().unwrap());
        drop(list);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(
            ran.err.starts_with("0 files, 0 bytes in ") && ran.err.ends_with(", interrupted\n"),
            "{ran:?}"
        );
        if format == "jsonl" {
            assert_eq!(ran.out, "");
            continue;
        }
        let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let run = &document["runs"][0];
        assert_eq!((&run["results"], &run["invocations"][0]["exitCode"]), (&json!([]), &json!(2)));
        let told = &run["invocations"][0]["toolExecutionNotifications"];
        assert_eq!(told[0]["descriptor"]["id"], "interrupted", "{told}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_was_found_counts_though_it_could_not_be_printed() {
    let folder = folder(&[("a", b"hello"), ("b", &eicar())]);
    for (file, code) in [("a", 2), ("b", 1)] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = command(folder.path(), &["scan", "--all", file]).stdout(full).output().unwrap();
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(code), "{told}");
        assert_eq!(
            told,
            "error: cannot write to standard output\n  because: No space left on device (os error 28)\n"
        );
    }
}

#[test]
#[cfg(target_os = "linux")]
fn other_commands_tell_that_they_could_not_print() {
    let folder = folder(&[]);
    for args in [&["man"][..], &["completions", "bash"], &["check"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = command(folder.path(), args).stdout(full).output().unwrap();
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(2), "{args:?}: {told}");
        assert!(told.contains("error: cannot write to standard output\n  because: No space left"), "{told}");
    }
}
