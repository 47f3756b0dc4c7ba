//! The reference: PolySwarm's own client in Python, as published, with its own scanner for EICAR.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::Stdio,
};

use anyhow::Context;
use tempfile::TempDir;
use tokio::process::Command;

use crate::running::{KEYFILE, PASSWORD, Running, profile, workspace};

/// Its script, which installs it and starts it.
const SCRIPT: &str = "tests/peers/reference";

/// The installed client, with a folder for its key and log. It keeps nothing between two starts.
#[derive(Debug)]
pub struct Reference {
    folder: TempDir,
}

impl Reference {
    /// Installs it, unless an earlier test has. `None` where that is impossible (no Python 3 with `venv`, no network); why is told on standard
    /// error, and the test that asked has to skip.
    ///
    /// # Errors
    /// When the folder cannot be made or the script not be started.
    pub fn install() -> anyhow::Result<Option<Self>> {
        let status = script()?.arg("--install").as_std_mut().status().context(SCRIPT)?;
        if !status.success() {
            eprintln!("SKIPPED: {SCRIPT} cannot install the reference client, its words are above");
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("keyfile"), KEYFILE)?;
        Ok(Some(Self { folder }))
    }

    /// All that it logged, over all starts.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Starts it against a node, with the account of our engines ([`crate::running::ACCOUNT`]).
    ///
    /// # Errors
    /// When the script cannot be started.
    pub fn run(&self, node: &str) -> anyhow::Result<Running> {
        let log = File::options().create(true).append(true).open(self.log_file())?;
        let child = script()?
            .args(["--polyswarmd-addr", node, "--backend", "eicar", "--keyfile"])
            .arg(self.folder.path().join("keyfile"))
            .env("PASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        Ok(child.into())
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

/// The script, told which target folder is in use.
fn script() -> anyhow::Result<Command> {
    let profile = profile()?;
    let target = profile.parent().context("the tests run outside a target folder")?;
    let mut command = Command::new(workspace(SCRIPT));
    command.env("CARGO_TARGET_DIR", target);
    Ok(command)
}
