//! `scan --cache` of a real engine: its results are kept because it says which signatures it uses.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use engine_tests::{
    running::{program, workspace},
    samples,
};

fn scan(folder: &Path, rules: &Path) -> Output {
    let mut command = Command::new(program("engine-yara").unwrap());
    command.args(["scan", "--format", "jsonl", "--cache", "cache", "--rules"]).arg(rules).arg("tree");
    for variable in ["RULES_DIR", "LOG_LEVEL", "LOG_FORMAT"] {
        command.env_remove(variable);
    }
    command.current_dir(folder).output().unwrap()
}

#[test]
fn yara_results_are_kept_until_the_rules_change() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("tree")).unwrap();
    for i in 0..30 {
        let content = if i % 10 == 0 { samples::eicar() } else { samples::noise(1000 + i) };
        fs::write(folder.path().join(format!("tree/{i:02}")), content).unwrap();
    }
    let demo = workspace("deploy/rules/demo");
    let (first, second) = (scan(folder.path(), &demo), scan(folder.path(), &demo));
    assert_eq!(first.status.code(), Some(1), "{first:?}");
    // With the times that scanning took, which no second scan would repeat.
    assert_eq!(first.stdout, second.stdout);
    assert!(!String::from_utf8_lossy(&second.stderr).contains("not kept"), "{second:?}");

    // The same path, other rules: what was kept does not hold for them.
    let rules = folder.path().join("rules.yar");
    fs::write(&rules, "rule nothing { condition: false }").unwrap();
    assert_eq!(scan(folder.path(), &rules).status.code(), Some(0));
    fs::write(&rules, "rule everything { condition: true }").unwrap();
    assert_eq!(scan(folder.path(), &rules).status.code(), Some(1));
}
