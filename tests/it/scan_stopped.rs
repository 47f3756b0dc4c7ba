//! `scan` of a real engine is told to stop while its rules compile: it ends as the help says, and leaves nothing behind.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use engine_tests::running::program;
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

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn stopped_while_rules_compile_it_says_so_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    fs::write(folder.path().join("rules.yar"), many_rules()).unwrap();
    for signal in [Signal::INT, Signal::TERM] {
        let mut command = Command::new(program("engine-yara").unwrap());
        // Were the rules done first, it would wait for standard input.
        command.args(["scan", "--format", "sarif", "--rules", "rules.yar", "-"]).stdin(Stdio::piped());
        for variable in ["RULES_DIR", "LOG_LEVEL", "LOG_FORMAT"] {
            command.env_remove(variable);
        }
        command.env("TMPDIR", &temporary).current_dir(folder.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // What the compiling child is told lies in it.
        while is_empty(&temporary) && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        // Ends when nobody holds the pipes any more, the compiling child too.
        let input = child.stdin.take();
        let ended = child.wait_with_output().unwrap();
        drop(input);
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{told}");
        assert!(
            told.contains("0 files, 0 bytes in ") && told.trim_end().ends_with(", interrupted"),
            "{told}"
        );
        let document: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
        let told = &document["runs"][0]["invocations"][0]["toolExecutionNotifications"];
        assert_eq!(told[0]["descriptor"]["id"], "interrupted", "{document}");
        assert!(is_empty(&temporary), "left behind after {signal:?}");
    }
}
