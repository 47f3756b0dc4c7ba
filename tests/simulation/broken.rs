//! Each engine that is broken on purpose breaks a rule within so many lives. Each in a process of its own: a fail point is set for all
//! threads.

use std::process::Command;

use engine_tests::{running::program, simulation::broken::ALL};

/// All are found out within 250 at the time of writing.
const SEEDS: &str = "2000";

fn simulate(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(program("simulate").unwrap()).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text.into_owned())
}

#[test]
fn each_broken_engine_is_found_out() {
    for broken in ALL {
        let (status, text) = simulate(&["--seeds", SEEDS, "--broken", broken.invariant]);
        assert_eq!(status, Some(1), "`{}` is not found out: {text}", broken.invariant);
        assert!(text.lines().any(|line| line.starts_with("seed ")), "{text}");
    }
}

#[test]
fn an_unknown_way_to_break_it_names_those_that_there_are() {
    let (status, text) = simulate(&["--broken", "everything"]);
    assert_eq!(status, Some(2), "{text}");
    assert!(ALL.iter().all(|broken| text.contains(broken.invariant)), "{text}");
}
