//! Python environments with packages of the public index, for tests whose oracle is written in Python.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use crate::running::profile;

/// Says that everything was installed.
const READY: &str = "ready";

/// The `python` of an environment that has these packages, each with its version: `yara-python==4.5.4`.
///
/// Made once under the target folder, and found there by every later test, also by one that asks at the same time. `None` where it
/// cannot be made (no Python 3 with `venv`, no network); why is told on standard error, and the test that asked has to skip.
pub fn venv(packages: &[&str]) -> Option<PathBuf> {
    match kept(packages) {
        Ok(python) => Some(python),
        Err(error) => {
            eprintln!("SKIPPED: no Python environment with {}: {error:#}", packages.join(", "));
            None
        }
    }
}

fn kept(packages: &[&str]) -> anyhow::Result<PathBuf> {
    let profile = profile()?;
    let target = profile.parent().context("the tests run outside a target folder")?;
    let folder = target.join("python").join(key(packages));
    fs::create_dir_all(&folder)?;
    // Held until this function ends; the second who asks waits here and then finds it ready.
    let lock = File::create(folder.join("lock"))?;
    lock.lock()?;
    let (environment, ready) = (folder.join("venv"), folder.join(READY));
    let python = environment.join("bin/python");
    if !(ready.is_file() && works(&python)) {
        // Gone before it is made anew, so that half an environment never counts.
        let _ = fs::remove_file(&ready);
        make(&environment, packages)?;
        fs::write(&ready, packages.join("\n"))?;
    }
    Ok(python)
}

fn key(packages: &[&str]) -> String {
    let digest = hex::encode(Sha256::digest(packages.join("\n")));
    digest.chars().take(16).collect()
}

/// Whether the interpreter is still there: an environment only links to the one it was made by.
fn works(python: &Path) -> bool {
    Command::new(python).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn make(environment: &Path, packages: &[&str]) -> anyhow::Result<()> {
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment))
        .context("python3 with venv is needed (Debian: apt-get install python3-venv)")?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"];
    run(Command::new(environment.join("bin/python")).args(pip).args(packages))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {command:?}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    bail!("{command:?} failed: {}", last.unwrap_or("it says nothing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_at_the_same_time_gets_the_same() -> anyhow::Result<()> {
        let ask = || std::thread::spawn(|| venv(&[]));
        let asked: Vec<_> = [ask(), ask(), ask()].into_iter().map(|thread| thread.join()).collect();
        let Ok(Some(python)) = &asked[0] else { return Ok(()) };
        assert!(asked.iter().all(|other| matches!(other, Ok(Some(other)) if other == python)), "{asked:?}");
        let output = Command::new(python).args(["-c", "print(6 * 7)"]).output()?;
        anyhow::ensure!(output.stdout == b"42\n", "{output:?}");
        Ok(())
    }

    #[test]
    fn what_cannot_be_made_is_none() {
        assert_eq!(venv(&["--no-such-option"]), None);
    }
}
