//! A real engine is told to stop while its rules compile: it ends as the help says, and leaves nothing behind.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use engine_tests::running::{KEYFILE, PASSWORD, program};
use rustix::process::{Pid, Signal, kill_process};

/// Rules that take some seconds to compile.
fn many_rules() -> String {
    let mut rules = String::new();
    for i in 0..40_000 {
        let _ = writeln!(
            rules,
            "rule r{i} {{ strings: $a = \"text {i}\" $b = /number [0-9]+ {i} x{{1,9}}/ condition: any of them }}"
        );
    }
    rules
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Runs a command over these rules, with `temporary` for temporary files, and stops it while they compile.
fn stopped(rules: &Path, temporary: &Path, arguments: &[&str], signal: Signal) -> Output {
    let mut command = Command::new(program("engine-yara").unwrap());
    command.args(arguments).arg("--rules").arg(rules).stdin(Stdio::piped());
    for variable in ["RULES_DIR", "LOG_LEVEL", "LOG_FORMAT", "KEYFILE", "API_KEY"] {
        command.env_remove(variable);
    }
    command.env("PASSWORD", PASSWORD).env("TMPDIR", temporary).current_dir(temporary);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // What the compiling child is told lies in it.
    let is_compiling = || names(temporary).iter().any(|name| name.starts_with("engine-yara-"));
    while !is_compiling() && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    kill_process(Pid::from_child(&child), signal).unwrap();
    // Ends when nobody holds the pipes any more, the compiling child too.
    let input = child.stdin.take();
    let ended = child.wait_with_output().unwrap();
    drop(input);
    ended
}

#[test]
fn stopped_while_rules_compile_it_says_so_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (rules, temporary) = (folder.path().join("rules.yar"), folder.path().join("temporary"));
    fs::create_dir(&temporary).unwrap();
    fs::write(&rules, many_rules()).unwrap();
    let keyfile = folder.path().join("keyfile");
    fs::write(&keyfile, KEYFILE).unwrap();
    for signal in [Signal::INT, Signal::TERM] {
        // Were the rules done first, it would wait for standard input.
        let ended = stopped(&rules, &temporary, &["scan", "--format", "sarif", "-"], signal);
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{told}");
        assert!(
            told.contains("0 files, 0 bytes in ") && told.trim_end().ends_with(", interrupted"),
            "{told}"
        );
        let document: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
        let told = &document["runs"][0]["invocations"][0]["toolExecutionNotifications"];
        assert_eq!(told[0]["descriptor"]["id"], "interrupted", "{document}");
        assert_eq!(names(&temporary), [""; 0], "left behind after {signal:?}");

        let ended = stopped(&rules, &temporary, &["check"], signal);
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!((ended.status.code(), ended.stdout.as_slice()), (Some(2), b"".as_slice()), "{told}");
        assert!(told.contains("interrupted before"), "{told}");
        assert_eq!(names(&temporary), [""; 0], "left behind after {signal:?}");

        // No node is asked before the rules are compiled.
        let node = ["--polyswarmd-addr", "http://127.0.0.1:9", "--keyfile", keyfile.to_str().unwrap()];
        let ended = stopped(&rules, &temporary, &[&["run"], &node[..]].concat(), signal);
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(0), "{told}");
        assert!(told.contains("stopped before it was ready"), "{told}");
        assert_eq!(names(&temporary), [""; 0], "left behind after {signal:?}");
    }
}
