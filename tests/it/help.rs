//! What each engine teaches: `--help`, completions, the example of a settings file. Without golden output, so that words can change.

use std::{
    ffi::OsStr,
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use engine_tests::running::program;
use serde_json::Value;

pub(crate) const ENGINES: [&str; 3] = ["engine-yara", "engine-clamav", "engine-multi"];

/// Runs an engine that finds nothing of ours in its environment.
pub(crate) fn run(engine: &str, args: &[impl AsRef<OsStr>], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program(engine).unwrap());
    command.args(args).env_clear().envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

/// What it prints; it has to succeed.
pub(crate) fn prints(engine: &str, args: &[&str]) -> String {
    let output = run(engine, args, &[]);
    assert!(output.status.success(), "{engine} {args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The names of an engine's commands, out of its help.
pub(crate) fn commands(engine: &str) -> Vec<String> {
    let help = prints(engine, &["--help"]);
    let list = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let commands: Vec<_> =
        list.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    for known in ["scan", "run", "check", "completions", "man"] {
        assert!(commands.iter().any(|command| command == known), "{engine} has no {known}: {commands:?}");
    }
    commands
}

#[test]
fn every_help_has_examples_exit_codes_and_a_word_on_each_option() {
    for engine in ENGINES {
        let of_program = prints(engine, &["--help"]);
        let of_commands = commands(engine).into_iter().map(|command| {
            let help = prints(engine, &[&command, "--help"]);
            (command, help)
        });
        for (command, help) in of_commands.chain([("".to_owned(), of_program)]) {
            let what = format!("{engine} {command} --help");
            let (options, examples) =
                help.split_once("Examples:\n").unwrap_or_else(|| panic!("{what}: no examples"));
            let first = examples.lines().next().unwrap();
            assert!(first.contains(&format!("{engine} {command}")), "{what}: {first}");
            assert!(help.contains("Exit codes: 0 "), "{what}: no exit codes");
            let options = undocumented(options);
            assert!(options.is_empty(), "{what}: no word on {options:?}");
        }
    }
}

/// The options and arguments that a help says nothing of. Help stands behind the option's name, or indented on the next line.
fn undocumented(help: &str) -> Vec<&str> {
    let lines: Vec<&str> = help.lines().collect();
    let is_option = |line: &str| line.starts_with(' ') && line.trim_start().starts_with(['-', '[', '<']);
    let depth = |line: &str| line.len() - line.trim_start().len();
    let names = lines.windows(2).filter_map(|pair| {
        let (option, next) = (pair[0], pair[1]);
        let starts = is_option(option) && depth(option) <= 6 && !option.trim_start().starts_with("- ");
        let behind = option.trim_start().split_once("  ").is_some_and(|(_, help)| !help.trim().is_empty());
        let below = depth(next) > depth(option) && !next.trim_start().starts_with(['[', '-']);
        (starts && !behind && !below).then_some(option.trim())
    });
    names.collect()
}

#[test]
fn an_option_without_help_would_be_seen() {
    let help = "Options:\n      --told <X>\n          What it is\n      --untold <X>\n          [env: X=]\n\n  -h, --help  Print help\n";
    assert_eq!(undocumented(help), ["--untold <X>"]);
}

#[test]
fn the_example_of_a_settings_file_is_one_with_all_defaults() {
    for engine in ENGINES {
        let folder = tempfile::tempdir().unwrap();
        let example = prints(engine, &["check", "--example-settings"]);
        // All that has a default is uncommented; the tables without flags are shown with values that are no defaults.
        let is_setting =
            |line: &str| line.starts_with('#') && line[1..].starts_with(|c: char| c.is_ascii_lowercase());
        let uncommented: Vec<&str> =
            example.lines().map(|line| if is_setting(line) { &line[1..] } else { line }).collect();
        let file = folder.path().join("engine.toml");
        fs::write(&file, uncommented.join("\n")).unwrap();
        let by_file = settings(engine, &["--settings", file.to_str().unwrap()]);
        let by_default = settings(engine, &[]);
        assert_eq!(by_file.len(), by_default.len());
        for (file, default) in by_file.iter().zip(&by_default) {
            assert_eq!(file["value"], default["value"], "{engine}: {file}");
            let named = format!("{} = ", file["key"].as_str().unwrap());
            assert!(example.contains(&named), "{engine}: {named} is missing");
            let from_file = file["origin"].as_str().unwrap().starts_with("file ");
            assert_eq!(from_file, !default["value"].is_null(), "{engine}: {file}");
        }
        assert!(example.lines().all(|line| line.starts_with(['#', '[']) || line.is_empty()), "{example}");
    }
}

/// The settings that `check` shows, whether the engine is ready with them or not.
fn settings(engine: &str, args: &[&str]) -> Vec<Value> {
    let output = run(
        engine,
        &[&["check", "--show-settings", "--format", "json", "--within", "1ms"], args].concat(),
        &[],
    );
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{engine}: {output:?}"));
    report["settings"].as_array().unwrap().clone()
}

/// Whether a program is there; says so if not.
pub(crate) fn installed(name: &str) -> bool {
    let there = Command::new(name).arg("--version").stdin(Stdio::null()).output().is_ok();
    if !there {
        eprintln!("SKIPPED: {name} is not installed (deploy/setup --tests)");
    }
    there
}

/// Runs a shell in a folder; its output if it succeeds.
fn shell(folder: &Path, words: &[&str]) -> String {
    let output =
        Command::new(words[0]).args(&words[1..]).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.is_empty(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn completions_load_in_real_shells() {
    let folder = tempfile::tempdir().unwrap();
    for engine in ENGINES {
        let write = |shell: &str, name: &str| {
            fs::write(folder.path().join(name), prints(engine, &["completions", shell])).unwrap();
        };
        if installed("bash") {
            write("bash", "bash");
            let said = shell(
                folder.path(),
                &["bash", "--norc", "-c", &format!("source ./bash; complete -p {engine}")],
            );
            assert!(said.trim_end().ends_with(engine), "{said}");
        }
        if installed("zsh") {
            write("zsh", &format!("_{engine}"));
            let load = format!(
                "fpath=($PWD $fpath); autoload -U compinit; compinit -D -u; print $_comps[{engine}]; autoload +X _{engine}"
            );
            assert_eq!(shell(folder.path(), &["zsh", "-f", "-c", &load]).trim_end(), format!("_{engine}"));
        }
        if installed("fish") {
            write("fish", "fish");
            let load = format!("source fish; complete -C '{engine} '; complete -C '{engine} scan --format '");
            let said = shell(folder.path(), &["fish", "--no-config", "-c", &load]);
            for word in ["scan", "run", "check", "completions", "man", "jsonl"] {
                assert!(said.lines().any(|line| line.split('\t').next() == Some(word)), "{word}: {said}");
            }
        }
    }
}

#[test]
fn an_unknown_shell_is_refused_with_the_known_ones() {
    let output = run("engine-yara", &["completions", "tcsh"], &[]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(told.contains("bash") && told.contains("zsh") && told.contains("fish"), "{told}");
}

#[test]
fn the_value_of_a_variable_is_in_no_help_page_or_script() {
    let value = "value-of-a-variable";
    let address = format!("http://user:{value}@localhost");
    let variables = [
        ("PASSWORD", value),
        ("API_KEY", value),
        ("POLYSWARMD_ADDR", &address),
        ("KEYFILE", value),
        ("RULES_DIR", value),
    ];
    for engine in ENGINES {
        let mut asked = vec![vec!["--help"], vec!["man"], vec!["check", "--example-settings"]];
        asked.extend(["bash", "zsh", "fish"].map(|shell| vec!["completions", shell]));
        let commands = commands(engine);
        asked.extend(
            commands.iter().flat_map(|command| [vec![command.as_str(), "--help"], vec!["man", command]]),
        );
        for args in asked {
            let output = run(engine, &args, &variables);
            assert!(output.status.success(), "{engine} {args:?}: {output:?}");
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(!text.contains(value), "{engine} {args:?}");
        }
    }
}

#[test]
fn settings_are_shown_with_their_secrets_masked() {
    let value = "value-of-a-secret";
    let variables = [("PASSWORD", value), ("POLYSWARMD_ADDR", value)];
    for format in ["text", "json"] {
        let output = run("engine-yara", &["check", "--show-settings", "--format", format], &variables);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains(value) && text.contains("********"), "{text}");
        if format == "json" {
            let report: Value = serde_json::from_str(&text).unwrap();
            let wanted = serde_json::json!([{"variable": "PASSWORD", "set": true}, {"variable": "API_KEY", "set": false}]);
            assert_eq!(report["secrets"], wanted);
        } else {
            assert!(text.contains("PASSWORD = ********") && text.contains("API_KEY is not set"), "{text}");
        }
    }
}
