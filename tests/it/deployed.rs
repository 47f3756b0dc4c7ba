//! What `deploy/` holds, where it could drift from the programs.

use std::process::Command;

use engine_tests::running::{program, workspace};

/// To renew them: `for e in yara clamav multi; do engine-$e check --example-settings >deploy/settings/engine-$e.toml; done`
#[test]
fn the_example_settings_are_those_of_the_programs() {
    for engine in ["engine-yara", "engine-clamav", "engine-multi"] {
        let printed =
            Command::new(program(engine).unwrap()).args(["check", "--example-settings"]).output().unwrap();
        assert!(printed.status.success(), "{engine}: {}", String::from_utf8_lossy(&printed.stderr));
        let kept = std::fs::read(workspace(&format!("deploy/settings/{engine}.toml"))).unwrap();
        assert!(
            printed.stdout == kept,
            "deploy/settings/{engine}.toml is not what the program prints: renew it"
        );
    }
}
