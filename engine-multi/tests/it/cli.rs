//! The program `engine-multi`: its backends, its settings and its exit codes. Needs no daemon.

use std::{path::PathBuf, time::Duration};

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with backend programs and rules.
struct Setup(TempDir);

/// What came out: exit code, a record for each file, standard error.
#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    records: Vec<Value>,
    stderr: String,
}

impl Setup {
    fn new() -> Self {
        let setup = Self(tempfile::tempdir().unwrap());
        setup.write("rules/marzipan.yar", r#"rule marzipan { strings: $a = "MARZIPAN" condition: $a }"#);
        setup
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `NAME=exec:COMMAND` of a program that says the same of every one-line artifact.
    fn says(&self, name: &str, answer: &str) -> String {
        let script = self.write(
            &format!("{name} backend.sh"),
            &format!(
                r#"echo '{{"hello":{{"protocol":1,"name":"whoever","version":"1","signatures":"none"}}}}'
while read -r line; do
    read -r artifact
    id=$(echo "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
    echo "{{\"id\":$id,{}}}"
done
"#,
                answer.replace('"', "\\\"")
            ),
        );
        format!("{name}=exec:sh '{}'", script.display())
    }

    /// `engine-multi scan --format jsonl ARGUMENTS… -` on one line.
    fn scan(&self, arguments: &[&str], artifact: &str) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_engine-multi"));
        for variable in ["RULES_DIR", "CLAMD_HOST", "CLAMD_PORT", "LOG_LEVEL", "LOG_FORMAT"] {
            command.env_remove(variable);
        }
        command.current_dir(self.0.path()).args(["scan", "--format", "jsonl"]).args(arguments).arg("-");
        // A scan that hangs is killed, and has no exit code then.
        command.timeout(Duration::from_secs(30));
        let output = command.write_stdin(format!("{artifact}\n")).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        Outcome {
            code: output.status.code(),
            records: stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Outcome {
    /// Each backend's name with its verdict, or with the kind of its failure.
    fn ballots(&self) -> Vec<(&str, &str)> {
        fn said(ballot: &Value) -> (&str, &str) {
            let said = ballot.pointer("/error/kind").unwrap_or_else(|| &ballot["verdict"]);
            (ballot["name"].as_str().unwrap(), said.as_str().unwrap())
        }
        self.records[0]["backends"].as_array().unwrap().iter().map(said).collect()
    }

    fn verdict(&self) -> &Value {
        &self.records[0]["verdict"]
    }
}

const MALICIOUS: &str = r#""verdict":"malicious","confidence":0.9,"family":"Shortbread""#;
const BENIGN: &str = r#""verdict":"benign","confidence":0.5"#;

#[test]
fn programs_are_backends_and_the_rule_decides() {
    let setup = Setup::new();
    let (one, other) = (setup.says("one", MALICIOUS), setup.says("other", BENIGN));
    let programs = ["--backends", "none", "--backend", &one, "--backend", &other];
    let any = setup.scan(&programs, "x");
    assert_eq!(any.code, Some(1), "{any:?}");
    assert_eq!(any.ballots(), [("one", "malicious"), ("other", "benign")]);
    assert_eq!((any.verdict(), &any.records[0]["family"]), (&json!("malicious"), &json!("Shortbread")));
    let quorum = setup.scan(&[&programs[..], &["--distill", "quorum=2"]].concat(), "x");
    assert_eq!((quorum.code, quorum.verdict()), (Some(0), &json!("benign")), "{quorum:?}");
    assert_eq!(quorum.records[0].get("complete"), None);
}

#[test]
fn the_same_by_a_settings_file() {
    let setup = Setup::new();
    let table = toml(&[setup.says("one", MALICIOUS), setup.says("other", BENIGN)]);
    let file =
        setup.write("engine.toml", &format!("[multi]\nbackends = 'none'\ndistill = 'quorum=2'\n{table}"));
    let outcome = setup.scan(&["--settings", file.to_str().unwrap()], "x");
    assert_eq!((outcome.code, outcome.verdict()), (Some(0), &json!("benign")), "{outcome:?}");
    assert_eq!(outcome.ballots(), [("one", "malicious"), ("other", "benign")]);
}

/// A list of strings that have single quotes in them.
fn toml(programs: &[String]) -> String {
    let quoted: Vec<_> = programs.iter().map(|program| format!("\"{program}\"")).collect();
    format!("backend = [{}]\n", quoted.join(", "))
}

#[test]
fn a_program_that_dies_is_a_failed_backend() {
    let setup = Setup::new();
    let fine = setup.says("fine", BENIGN);
    for dead in ["dead=exec:false", "dead=exec:/no/such/program"] {
        let outcome = setup.scan(&["--backends", "none", "--backend", dead, "--backend", &fine], "x");
        assert_eq!((outcome.code, outcome.verdict()), (Some(2), &json!("benign")), "{outcome:?}");
        assert_eq!(outcome.ballots(), [("dead", "unavailable"), ("fine", "benign")]);
        assert_eq!(outcome.records[0]["complete"], json!(false));
        assert!(outcome.stderr.contains("dead"), "it is told at the start: {}", outcome.stderr);
    }
    let alone = setup.scan(&["--backends", "none", "--backend", "dead=exec:false"], "x");
    assert_eq!((alone.code, alone.verdict()), (Some(2), &json!("unknown")), "{alone:?}");
}

#[test]
fn a_backend_that_is_too_slow_is_not_waited_for() {
    let setup = Setup::new();
    let hello = r#"echo '{"hello":{"protocol":1}}'; read -r line; exec sleep 600"#;
    let slow = format!("slow=exec:sh {}", setup.write("slow.sh", hello).display());
    let fine = setup.says("fine", MALICIOUS);
    let programs = ["--backends", "none", "--backend", &slow, "--backend", &fine];
    let limits = ["--timeout", "1h", "--backend-timeout", "300ms"];
    let outcome = setup.scan(&[&programs[..], &limits].concat(), "x");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(outcome.ballots(), [("slow", "timed_out"), ("fine", "malicious")]);
}

#[test]
fn yara_decides_while_clamd_is_down() {
    let setup = Setup::new();
    let built_in = ["--rules", "rules", "--clamd", "127.0.0.1:1"];
    let found = setup.scan(&built_in, "MARZIPAN");
    assert_eq!(found.code, Some(1), "{found:?}");
    assert_eq!(found.ballots(), [("yara", "malicious"), ("clamav", "unavailable")]);
    let clean = setup.scan(&built_in, "nothing");
    assert_eq!((clean.code, clean.verdict()), (Some(2), &json!("benign")), "{clean:?}");
    assert_eq!(clean.records[0]["complete"], json!(false));
    let quorum = setup.scan(&[&built_in[..], &["--distill", "quorum=2"]].concat(), "MARZIPAN");
    assert_eq!((quorum.code, quorum.verdict()), (Some(2), &json!("unknown")), "{quorum:?}");
    let yara = setup.scan(&["--backends", "yara", "--rules", "rules"], "nothing");
    assert_eq!((yara.code, yara.ballots()), (Some(0), vec![("yara", "benign")]), "{yara:?}");
}

#[test]
fn what_cannot_start_says_what_to_do() {
    let setup = Setup::new();
    setup.write("empty/readme.txt", "no rules here");
    let table: &[(&[&str], &str)] = &[
        (&["--backends", "none"], "no backend to ask"),
        (&["--backends", "clamd"], "expected built-in backends"),
        (&["--distill", "quorum=0"], "1 or more"),
        (&["--distill", "most"], "quorum=K"),
        (&["--backends", "none", "--backend", "a=exec:false", "--distill", "quorum=2"], "at most quorum=1"),
        (
            &["--backends", "none", "--backend", "a=exec:false", "--backend", "a=exec:true"],
            "two backends are named `a`",
        ),
        (&["--backend", "a=python3 a.py"], "NAME=exec:COMMAND"),
        (&["--rules", "empty", "--backends", "yara"], "there is no other"),
        (&["--rules", "rules", "--database", "no/such/folder"], "--backends yara"),
    ];
    for (arguments, hint) in table {
        let outcome = setup.scan(arguments, "x");
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {outcome:?}");
        assert!(outcome.records.is_empty(), "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.contains(hint), "{arguments:?}: {}", outcome.stderr);
    }
}
