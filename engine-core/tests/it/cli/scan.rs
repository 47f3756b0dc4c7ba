//! What `scan` prints and how it ends.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use serde_json::json;

use super::{Ran, command, eicar, folder, run, run_with_input};

const CLEAN_SHA256: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

#[test]
fn a_record_is_what_the_design_says() {
    let folder = folder(&[("a", b"hello"), ("b", &eicar())]);
    let ran = run(folder.path(), &["scan", "--format", "jsonl", "a", "b", "c"]);
    let by = json!({"version": "1.0", "signatures": "EICAR-STANDARD-ANTIVIRUS-TEST-FILE"});
    let ballot = |verdict, confidence, findings| {
        let mut ballot =
            json!({"name": "own", "verdict": verdict, "confidence": confidence, "findings": findings});
        ballot.as_object_mut().unwrap().extend(by.as_object().unwrap().clone());
        ballot
    };
    assert_eq!(
        ran.records(),
        [
            json!({"path": "a", "size": 5, "sha256": CLEAN_SHA256, "verdict": "benign", "confidence": 0.5,
                "backends": [ballot("benign", 0.5, json!([]))]}),
            json!({"path": "b", "size": 68, "verdict": "malicious", "confidence": 1.0,
                "sha256": "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
                "backends": [ballot("malicious", 1.0, json!(["word"]))]}),
            json!({"path": "c", "verdict": "unknown", "backends": [],
                "error": {"kind": "unreadable", "message": "cannot be read: No such file or directory (os error 2)"}}),
        ]
    );
}

#[test]
fn exit_codes() {
    let folder = folder(&[("clean", b"hello"), ("bad", &eicar())]);
    for (paths, code) in [
        (&["clean"][..], 0),
        (&["bad"], 1),
        (&["missing"], 2),
        (&["clean", "missing"], 2),
        (&["missing", "bad", "clean"], 1),
    ] {
        let ran = run(folder.path(), &[&["scan"], paths].concat());
        assert_eq!(ran.code, Some(code), "{paths:?}: {ran:?}");
    }
}

#[test]
fn a_scan_past_its_time_fails_and_says_which_backend_did() {
    // More bytes than are searched before the deadline, which has passed already.
    let folder = folder(&[("slow", &vec![b'x'; 8 << 20])]);
    let ran = run(folder.path(), &["scan", "--format", "jsonl", "--timeout", "0s", "slow"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let record = ran.records().remove(0);
    assert_eq!(record["verdict"], "unknown");
    assert_eq!(record["error"]["kind"], "timed_out");
    assert_eq!(record["complete"], false);
    assert_eq!(record["backends"][0]["name"], "own");
    assert_eq!(record["backends"][0]["error"]["kind"], "timed_out");
    assert_eq!(record["size"], 8 << 20);
}

#[test]
fn over_the_size_limit_is_too_large_and_says_what_to_do() {
    let folder = folder(&[("large", &[b'x'; 100]), ("small", &[b'x'; 10])]);
    let ran = run(folder.path(), &["scan", "--format", "jsonl", "--max-size", "10", "large", "small"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let records = ran.records();
    assert_eq!(records[0]["error"]["kind"], "too_large");
    // The whole size is known, so nothing was read.
    let message = records[0]["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("100 bytes") && message.contains("--max-size"), "{records:?}");
    assert_eq!(records[1]["verdict"], "benign");
}

#[test]
fn standard_input_is_one_artifact() {
    let folder = folder(&[]);
    let ran = run_with_input(folder.path(), &["scan", "--format", "jsonl", "-"], &eicar());
    assert_eq!((ran.code, ran.records().len()), (Some(1), 1), "{ran:?}");
    assert_eq!((&ran.records()[0]["path"], &ran.records()[0]["size"]), (&json!("-"), &json!(68)));
    let ran =
        run_with_input(folder.path(), &["scan", "--format", "jsonl", "--max-size", "67", "-"], &eicar());
    assert_eq!(ran.records()[0]["error"]["kind"], "too_large");
}

#[test]
fn text_has_a_line_for_what_matters() {
    let folder = folder(&[("a\n\u{1b}[2J", &eicar()), ("clean", b"hello")]);
    let ran = run(folder.path(), &["scan", ".", "missing"]);
    assert_eq!(
        ran.out,
        "./a\\n\\u{1b}[2J: malicious (1.00) word\n\
         missing: unknown unreadable: cannot be read: No such file or directory (os error 2)\n"
    );
    assert!(
        ran.err.starts_with("3 files, 73 bytes in ") && ran.err.contains("1 malicious, 1 failed"),
        "{ran:?}"
    );
    let all = run(folder.path(), &["scan", "--all", "--quiet", "clean"]);
    assert_eq!((all.out.as_str(), all.err.as_str()), ("clean: benign (0.50)\n", ""));
}

#[test]
fn what_cannot_start_exits_2_and_prints_nothing() {
    let folder = folder(&[("clean", b"hello")]);
    for (args, says) in [
        (&["scan"][..], "PATH"),
        (&["scan", "--no-such-option", "clean"], "--no-such-option"),
        (&["scan", "--timeout", "5", "clean"], "expected a time"),
        (&["scan", "--threads", "0", "clean"], "--threads"),
        (&["scan", "--scan-list", "nowhere"], "nowhere"),
        (&["scan", "--word", "", "clean"], "the word is empty"),
        (&["nonsense"], "nonsense"),
        (&[], "Usage"),
        (&["child"], "no child"),
    ] {
        let ran = run(folder.path(), args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{args:?}: {ran:?}");
        assert!(ran.err.contains(says) && ran.err.contains("--help"), "{args:?}: {ran:?}");
    }
}

#[test]
fn help_teaches_by_an_example() {
    let folder = folder(&[]);
    for args in [&["--help"][..], &["scan", "--help"], &["check", "--help"]] {
        let ran = run(folder.path(), args);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
        assert!(ran.out.contains("Examples:\n  own-engine "), "{}", ran.out);
    }
    let version = run(folder.path(), &["--version"]);
    assert_eq!(
        (version.code, version.out.as_str()),
        (Some(0), concat!("own-engine ", env!("CARGO_PKG_VERSION"), "\n"))
    );
}

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
fn stopped(format: &str, signal: rustix::process::Signal) -> Ran {
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
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), signal).unwrap();
    let input = child.stdin.take();
    out.read_to_string(&mut printed).unwrap();
    let ran = Ran::of(child.wait_with_output().unwrap());
    drop(input);
    Ran { out: printed, ..ran }
}

#[test]
fn interrupted_it_says_so_and_is_not_clean() {
    use rustix::process::Signal;
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
fn sizes_and_times_are_what_the_help_says() {
    let folder = folder(&[("clean", &[b'x'; 2000])]);
    let scan = |option, value| run(folder.path(), &["scan", "--quiet", option, value, "clean"]);
    for (option, value, code) in [
        ("--max-size", "2000", 0),
        ("--max-size", "1999", 2),
        ("--max-size", "2K", 0),
        ("--max-size", "1K", 2),
        ("--max-size", "1M", 0),
        ("--max-size", "3G", 0),
        ("--timeout", "60000ms", 0),
        ("--timeout", "60s", 0),
        ("--timeout", "5m", 0),
        ("--timeout", "1m 30s", 0),
    ] {
        let ran = scan(option, value);
        assert_eq!(ran.code, Some(code), "{option} {value}: {ran:?}");
        assert!(!ran.err.contains("error: "), "{option} {value}: {ran:?}");
    }
    for (option, value, says) in [
        ("--max-size", "2KB", "expected a size such as"),
        ("--max-size", "1.5M", "expected a size such as"),
        ("--max-size", "-1", "unexpected argument"),
        ("--max-size", "99999999999G", "expected a size such as"),
        ("--timeout", "5", "expected a time such as"),
        ("--timeout", "five", "expected a time such as"),
        ("--timeout", "", "expected a time such as"),
    ] {
        let ran = scan(option, value);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{option} {value}: {ran:?}");
        assert!(ran.err.contains(says), "{option} {value}: {ran:?}");
    }
}

#[test]
fn logs_are_json_lines_on_standard_error() {
    let folder = folder(&[("clean", b"hello")]);
    let args = ["scan", "--quiet", "--log", "DEBUG", "--log-format", "json", "clean"];
    let ran = run(folder.path(), &args);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""));
    let lines: Vec<serde_json::Value> =
        ran.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let built = lines.iter().find(|line| line["message"] == "building the scanner").unwrap();
    assert_eq!((&built["level"], &built["engine"]), (&json!("DEBUG"), &json!("own-engine")));
    assert!(built["timestamp"].as_str().unwrap().ends_with('Z'), "{built}");
    assert_eq!(run(folder.path(), &["scan", "--quiet", "clean"]).err, "");
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
        assert!(told.contains("No space left on device"), "{told}");
    }
}
