//! The command line of an engine, through `examples/own_engine.rs`.

/// The command `check`.
mod check;
/// What `scan` prints and how it ends.
mod scan;
/// Hits that are allowed, and what counts for the exit code.
mod scan_allow;
/// Results kept from one scan to the next.
mod scan_cache;
/// How `scan` ends where it cannot go on.
mod scan_end;
/// The bar.
mod scan_progress;
/// The format SARIF; that it is valid is tested in the workspace's tests, against the published schema.
mod scan_sarif;
/// Settings from variables, and errors in settings.
mod variables;
/// What `scan` finds and in which order.
mod walk;
/// What `scan` makes of files that are not what they seem, or change.
mod walk_hostile;
/// Links, where they are followed.
mod walk_links;

use std::{
    ffi::OsStr,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

/// The example's program, built beside this test.
fn program() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let built = here.ancestors().nth(2).unwrap().join("examples/own_engine");
    assert!(
        built.exists(),
        "build it first: cargo build -p microengine-core --features cli --example own_engine"
    );
    built
}

/// The test file of the antivirus industry, put together here so that no copy lies in the source.
fn eicar() -> Vec<u8> {
    [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$", "EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE", "!$H+H*"]
        .concat()
        .into_bytes()
}

/// Runs the program in a folder with nothing in its environment.
fn command(folder: &Path, args: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(program());
    command.args(args).current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

/// How a run ended and what it printed.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The records on standard output, with the times taken out that differ from run to run.
    fn records(&self) -> Vec<Value> {
        let mut records: Vec<Value> =
            self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for record in &mut records {
            take_times(record);
        }
        records
    }

    fn paths(&self) -> Vec<String> {
        self.records().iter().map(|record| record["path"].as_str().unwrap().to_owned()).collect()
    }
}

fn take_times(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(time) = map.remove("elapsed_us") {
                assert!(time.is_u64(), "{time}");
            }
            map.values_mut().for_each(take_times);
        }
        Value::Array(values) => values.iter_mut().for_each(take_times),
        _ => {}
    }
}

fn run(folder: &Path, args: &[impl AsRef<OsStr>]) -> Ran {
    Ran::of(command(folder, args).output().unwrap())
}

fn run_with_input(folder: &Path, args: &[&str], input: &[u8]) -> Ran {
    let mut child = command(folder, args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}
