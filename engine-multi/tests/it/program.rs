//! The program `engine-multi`, run in a folder of its own.

use std::{path::PathBuf, process::Output, time::Duration};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A folder with backend programs and rules.
pub(crate) struct Setup(TempDir);

/// What came out: exit code, a record for each file, standard error.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) records: Vec<Value>,
    pub(crate) stderr: String,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let setup = Self(tempfile::tempdir().unwrap());
        setup.write("rules/marzipan.yar", r#"rule marzipan { strings: $a = "MARZIPAN" condition: $a }"#);
        setup
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `NAME=exec:COMMAND` of a program that says the same of every one-line artifact.
    pub(crate) fn says(&self, name: &str, answer: &str) -> String {
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
    pub(crate) fn scan(&self, arguments: &[&str], line: &str) -> Outcome {
        self.scan_bytes(&[arguments, &["-"]].concat(), format!("{line}\n").as_bytes())
    }

    /// `engine-multi scan --format jsonl ARGUMENTS…` with these bytes on standard input.
    pub(crate) fn scan_bytes(&self, arguments: &[&str], stdin: &[u8]) -> Outcome {
        let output = self.run(&[&["scan", "--format", "jsonl"], arguments].concat(), stdin);
        let stdout = String::from_utf8(output.stdout).unwrap();
        Outcome {
            code: output.status.code(),
            records: stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The standard output of `engine-multi scan ARGUMENTS… -` on one line.
    pub(crate) fn text(&self, arguments: &[&str], line: &str) -> String {
        let output = self.run(&[&["scan"], arguments, &["-"]].concat(), format!("{line}\n").as_bytes());
        String::from_utf8(output.stdout).unwrap()
    }

    /// `engine-multi check --format json ARGUMENTS…`: its exit code and what it reports.
    pub(crate) fn check(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let output = self.run(&[&["check", "--format", "json"], arguments].concat(), b"");
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
    }

    fn run(&self, arguments: &[&str], stdin: &[u8]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_engine-multi"));
        for variable in ["RULES_DIR", "CLAMD_HOST", "CLAMD_PORT", "LOG_LEVEL", "LOG_FORMAT"] {
            command.env_remove(variable);
        }
        // One that hangs is killed, and has no exit code then.
        command.current_dir(self.0.path()).args(arguments).timeout(Duration::from_secs(30));
        command.write_stdin(stdin).output().unwrap()
    }
}

impl Outcome {
    /// Each backend's name with its verdict, or with the kind of its failure.
    pub(crate) fn ballots(&self) -> Vec<(&str, &str)> {
        fn said(ballot: &Value) -> (&str, &str) {
            let said = ballot.pointer("/error/kind").unwrap_or_else(|| &ballot["verdict"]);
            (ballot["name"].as_str().unwrap(), said.as_str().unwrap())
        }
        self.records[0]["backends"].as_array().unwrap().iter().map(said).collect()
    }

    pub(crate) fn verdict(&self) -> &Value {
        &self.records[0]["verdict"]
    }
}
