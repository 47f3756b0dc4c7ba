//! `engine-yara scan` as a program, its records read.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;
use serde_json::Value;

use crate::running::{program, workspace};

/// The public rule set of Yara-Rules (commit 0f93570) beside the workspace, or a word on standard error why there is no test.
pub fn public_rules() -> Option<PathBuf> {
    let path = workspace("../shared/rules/yara-rules");
    let there = path.join("index.yar").is_file();
    if !there {
        eprintln!("SKIPPED: no copy of the public rule set at {}", path.display());
    }
    there.then_some(path)
}

/// Scans files with default settings and plenty of time: a record for each of them, in their order.
///
/// # Errors
/// When the program cannot be started, when it prints something else than a record a line, and when there is not one for each file.
pub fn engine_yara<P: AsRef<OsStr>>(rules: &Path, files: &[P]) -> anyhow::Result<Vec<Value>> {
    let mut command = Command::new(program("engine-yara")?);
    for variable in ["RULES_DIR", "LOG_LEVEL", "LOG_FORMAT"] {
        command.env_remove(variable);
    }
    command.args(["scan", "--all", "--quiet", "--format", "jsonl", "--timeout", "5m", "--rules"]).arg(rules);
    let output = command.args(files).output()?;
    let records = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let records: Vec<Value> = records.map(serde_json::from_slice).collect::<Result<_, _>>()?;
    (records.len() == files.len())
        .then_some(records)
        .with_context(|| format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
}
