//! An engine under test: its program, started against a marketplace, killed, started again.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time,
};

/// The account of [`KEYFILE`].
pub const ACCOUNT: &str = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";
/// The password of [`KEYFILE`].
pub const PASSWORD: &str = "password";
/// A throw-away key, with a derivation that is quick on purpose.
pub const KEYFILE: &str = r#"{"address":"9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f","crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"f4bb0222d0db0bc9be3de7a32493d612"},"ciphertext":"ce7905cb687fe29f86a9a970d8078ceaa8178da409ec2f2ed2889b1714106f45","kdf":"pbkdf2","kdfparams":{"c":10,"dklen":32,"prf":"hmac-sha256","salt":"f46e13bad95f689fd01e25905a4aa45e"},"mac":"732b28d8c47e636c797cdda8d1e89c6aa16bd7bec7981dec1545c69f8ef93431"},"id":"d9bd4047-28b4-40c6-b0d8-8bf2aab290ef","version":3}"#;

/// A program of the workspace, built beside the tests; the absolute path of any other program is left as it is.
///
/// # Errors
/// When it is not built: `cargo build --workspace` makes it.
pub fn program(name: impl AsRef<Path>) -> anyhow::Result<PathBuf> {
    let program = profile()?.join(name);
    if !program.is_file() {
        bail!("{} is missing: build it first (cargo build --workspace)", program.display());
    }
    Ok(program)
}

/// Where cargo puts the programs that it builds like this one: `target/debug`, or `target/release`. Tests lie in `deps` there.
///
/// # Errors
/// When this program does not know where it is.
pub fn profile() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    let folder = this.parent().filter(|folder| !folder.ends_with("deps")).or_else(|| this.ancestors().nth(2));
    Ok(folder.context("the tests run outside a target folder")?.to_owned())
}

/// A folder of the workspace.
pub fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Where an engine keeps what outlives it: key, journal, log.
#[derive(Debug)]
pub struct Engine {
    program: PathBuf,
    options: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
    folder: TempDir,
    journal: PathBuf,
}

impl Engine {
    /// An engine, by its name in the workspace or by its path, with the options of its backends, in a folder of its own with the key of [`ACCOUNT`].
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(
        program: impl Into<PathBuf>,
        options: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("keyfile"), KEYFILE)?;
        Ok(Self {
            program: program.into(),
            options: options.into_iter().map(Into::into).collect(),
            environment: Vec::new(),
            journal: folder.path().join("journal.db"),
            folder,
        })
    }

    /// With one more variable in its environment.
    #[must_use]
    pub fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// With its journal elsewhere.
    #[must_use]
    pub fn journal_at(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = path.into();
        self
    }

    /// Where its journal is.
    pub fn journal(&self) -> PathBuf {
        self.journal.clone()
    }

    /// All that it logged, over all starts.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Starts `run` against a node.
    ///
    /// # Errors
    /// When the program is not built or cannot be started.
    pub fn run(&self, node: &str) -> anyhow::Result<Running> {
        self.run_with(node, &[])
    }

    /// The same with more options.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(&self, node: &str, more: &[&str]) -> anyhow::Result<Running> {
        self.start(node, more, None)
    }

    /// Starts `run` with these fail points set, in a build that has them: `assert.sealed=return` kills it as SIGKILL does when it has
    /// sealed an assertion.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    #[cfg(feature = "failpoints")]
    pub fn run_to(&self, node: &str, points: &str) -> anyhow::Result<Running> {
        self.start(node, &[], Some(("FAILPOINTS", points)))
    }

    fn start(&self, node: &str, more: &[&str], variable: Option<(&str, &str)>) -> anyhow::Result<Running> {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log"))?;
        let child = Command::new(program(&self.program)?)
            .args(["run", "--polyswarmd-addr", node, "--keyfile"])
            .arg(self.folder.path().join("keyfile"))
            .arg("--journal")
            .arg(self.journal())
            .args(&self.options)
            .args(more)
            .env("PASSWORD", PASSWORD)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .envs(variable)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Running { child })
    }
}

/// A started engine. Dropped, it is killed.
#[derive(Debug)]
pub struct Running {
    child: Child,
}

/// Any started program can be watched and stopped as an engine is.
impl From<Child> for Running {
    fn from(child: Child) -> Self {
        Self { child }
    }
}

impl Running {
    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for something that only a running engine brings about.
    ///
    /// # Errors
    /// When the engine ends first.
    pub async fn while_it_runs<T>(&mut self, something: impl Future<Output = T>) -> anyhow::Result<T> {
        tokio::select! {
            it = something => Ok(it),
            status = self.child.wait() => bail!("the engine ended by itself with {}", status?),
        }
    }

    /// Kills it with SIGKILL: nothing is tidied up.
    ///
    /// # Errors
    /// When it is gone already.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the engine ended by itself with {status}");
        }
        Ok(self.child.kill().await?)
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Errors
    /// When it does not end within half a minute.
    pub async fn stop(self) -> anyhow::Result<ExitStatus> {
        let pid = self.child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
        rustix::process::kill_process(pid.context("the engine is gone")?, rustix::process::Signal::TERM)?;
        self.ended().await
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn ended_already(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for it to end by itself.
    ///
    /// # Errors
    /// When it does not within half a minute.
    pub async fn ended(mut self) -> anyhow::Result<ExitStatus> {
        Ok(time::timeout(Duration::from_secs(30), self.child.wait()).await.context("it does not end")??)
    }
}
