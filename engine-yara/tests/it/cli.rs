use assert_cmd::Command;
use predicates::{prelude::PredicateBooleanExt, str::contains};

use crate::{
    demo::{demo_rules, eicar},
    folder::{Folder, rule},
};

fn engine(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_engine-yara"));
    command.args(arguments).env_remove("RULES_DIR").env_remove("LOG_LEVEL");
    command
}

#[test]
fn bad_files_are_told_and_the_rest_works_unless_strict() {
    let folder = Folder::with(&[
        ("good.yar", &rule("good", "hello")),
        ("bad.yar", "rule bad {\n condition:\n  no_such_identifier == 1\n}\n"),
    ]);
    let path = folder.path("");
    let rules = path.to_str().unwrap();
    engine(&["scan", "--format", "jsonl", "--rules", rules, "-"])
        .write_stdin("hello world")
        .assert()
        .code(1)
        .stdout(contains("\"good\""))
        .stderr(contains("bad.yar:3: undefined identifier"));
    engine(&["scan", "--format", "jsonl", "--strict-rules", "--rules", rules, "-"])
        .write_stdin("hello world")
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("bad.yar:3: undefined identifier").and(contains("--strict-rules")));
}

#[test]
fn without_rules_nothing_is_called_benign() {
    let empty = Folder::with(&[]);
    engine(&["scan", "-"]).write_stdin("x").assert().code(2).stdout("").stderr(contains("--rules"));
    engine(&["scan", "--rules", empty.path("").to_str().unwrap(), "-"])
        .write_stdin("x")
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("no rules in").and(contains("*.yar")).and(contains("--rules")));
    engine(&["check", "--rules", empty.path("").to_str().unwrap()])
        .assert()
        .code(2)
        .stdout(contains("no rules in").and(contains("*.yar")).and(contains("rule Example {")));
    let hidden = Folder::with(&[("a.yar", "private rule a { condition: true }")]);
    for command in [&["scan", "-"][..], &["check"], &["check", "--no-sandbox"]] {
        let mut engine = engine(&[command, &["--rules", hidden.path("").to_str().unwrap()]].concat());
        let output = engine.write_stdin("x").output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(told).unwrap().contains("all 1 are private"), "{command:?}");
    }
    engine(&["scan", "--rules", empty.path("nowhere").to_str().unwrap(), "-"])
        .write_stdin("x")
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("nowhere"));
}

#[test]
fn the_variable_names_the_rules_and_flags_change_what_is_evidence() {
    let folder = Folder::with(&[("crypto/a.yar", &rule("sbox", "hello"))]);
    let scan = |arguments: &[&str]| {
        let mut command = engine(&[&["scan", "-"], arguments].concat());
        command.env("RULES_DIR", folder.path("")).write_stdin("hello");
        command.assert()
    };
    scan(&[]).code(0);
    scan(&["--evidence", "crypto/"]).code(1);
    scan(&["--evidence", "sbox"]).code(1);
    scan(&["--evidence", "sbox", "--no-sandbox"]).code(1);
}

#[test]
fn the_demo_rules_find_eicar_on_standard_input() {
    engine(&["scan", "--rules", demo_rules().to_str().unwrap(), "-"])
        .write_stdin(eicar().bytes().to_vec())
        .assert()
        .code(1)
        .stdout(contains("EICAR"));
}

#[test]
fn a_set_is_saved_kept_and_taken_for_the_rules() {
    let folder = Folder::with(&[("rules/a.yar", &rule("a", "hello"))]);
    let path = |path: &str| folder.path(path).to_str().unwrap().to_owned();
    let (rules, set, cache) = (path("rules"), path("a.yarset"), path("cache"));
    for options in [
        ["--rules", &rules, "--save-rules", &set],
        ["--rules", &rules, "--rules-cache", &cache],
        ["--rules", &set, "--log", "info"],
    ] {
        engine(&[&["scan", "-"], &options[..]].concat())
            .write_stdin("hello")
            .assert()
            .code(1)
            .stdout(contains("a"));
    }
    assert_eq!(std::fs::read_dir(cache).unwrap().count(), 1);

    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&set, std::fs::Permissions::from_mode(0o666)).unwrap();
    engine(&["scan", "--rules", &set, "-"])
        .write_stdin("hello")
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("others can write to").and(contains("chmod go-w")));
}

#[test]
fn a_record_tells_tags_and_meta_of_the_rules() {
    let folder = Folder::with(&[(
        "a.yar",
        "private rule hidden { condition: true }
         rule told : apt loader { meta: author = \"A\" n = 3 author = \"B\" condition: hidden }",
    )]);
    let output = engine(&["scan", "--format", "jsonl", "--rules", folder.path("").to_str().unwrap(), "-"])
        .write_stdin("x")
        .output()
        .unwrap();
    let record: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(record["backends"][0]["findings"], serde_json::json!(["told"]));
    assert_eq!(
        record["backends"][0]["metadata"]["rules"],
        serde_json::json!({"told": {"tags": ["apt", "loader"], "meta": {"author": ["A", "B"], "n": 3}}})
    );
}

#[test]
fn a_rule_files_name_cannot_forge_a_line_nor_colour_the_terminal() {
    let name = "a\n2026-01-01T00:00:00Z  WARN forged\x1b[31m\u{9b}.yar";
    let folder = Folder::with(&[(name, "rule {"), ("good.yar", &rule("good", "word"))]);
    let hostile = folder.path(&format!("{name}/rules"));
    let told = |arguments: &[&str]| {
        let output = engine(arguments).write_stdin("x").output().unwrap();
        String::from_utf8([output.stderr, output.stdout].concat()).unwrap()
    };
    let rules = folder.path("").to_str().unwrap().to_owned();
    for arguments in [
        &["scan", "--rules", &rules, "-"][..],
        &["scan", "--strict-rules", "--rules", &rules, "-"],
        &["scan", "--rules", folder.path(name).to_str().unwrap(), "-"],
        &["scan", "--rules", hostile.to_str().unwrap(), "-"],
        &["scan", "--rules", &rules, "--rules-cache", hostile.to_str().unwrap(), "-"],
        &["scan", "--rules", &rules, "--save-rules", hostile.to_str().unwrap(), "-"],
        &["check", "--rules", &rules],
    ] {
        let told = told(arguments);
        assert!(told.contains("forged"), "{told}");
        assert!(!told.contains(['\x1b', '\u{9b}']), "{told:?}");
        assert!(!told.lines().any(|line| line.starts_with("2026-01-01")), "{told}");
    }
}

#[test]
fn check_tells_programs_every_bad_file_and_people_twenty() {
    let folder = Folder::with(&[("good.yar", &rule("good", "word"))]);
    for number in 0..25 {
        folder.write(&format!("bad{number}.yar"), "rule {");
    }
    let check = |format: &str| {
        let rules = folder.path("");
        let mut check = engine(&["check", "--format", format, "--rules", rules.to_str().unwrap()]);
        check.assert().code(0).get_output().stdout.clone()
    };
    let report: serde_json::Value = serde_json::from_slice(&check("json")).unwrap();
    assert_eq!(report["backends"][0]["warnings"].as_array().unwrap().len(), 25, "{report:#}");
    let text = String::from_utf8(check("text")).unwrap();
    assert_eq!(text.matches("bad rules left out").count(), 20, "{text}");
    assert!(text.contains("warning: and 5 more: --format json tells all"), "{text}");
}
