//! A real clamd on loopback TCP and a unix socket, over a database of its own.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{free_port, installed};
use crate::samples;

/// How long a clamd with a few signatures may take to answer; it takes a tenth of a second.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Between two looks at whether it answers.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A port that was free a moment ago may not be any more.
const TRIES: usize = 5;

/// A clamd that is killed when this value goes.
///
/// Its limits are small, so that tests reach them cheaply: `StreamMaxLength 2M`, `MaxFileSize 1M`; the alerts for limits and
/// encryption are on.
#[derive(Debug)]
pub struct Clamd {
    dir: TempDir,
    port: u16,
    child: Child,
}

impl Clamd {
    /// Whether the program is installed (Debian: package clamav-daemon).
    pub fn is_installed() -> bool {
        installed("clamd").is_some()
    }

    /// Starts a clamd over the signatures of [`samples::database`], and waits until it answers.
    ///
    /// # Errors
    ///
    /// When it is not installed or does not answer within a minute.
    pub fn start() -> anyhow::Result<Self> {
        Self::over(samples::database)
    }

    /// The same over a database folder that `fill` fills.
    ///
    /// # Errors
    ///
    /// As [`Self::start`], and those of `fill`.
    pub fn over(fill: impl Fn(&Path) -> io::Result<()>) -> anyhow::Result<Self> {
        let mut last = anyhow::anyhow!("never tried");
        for _ in 0..TRIES {
            match Self::once(&fill) {
                Ok(clamd) => return Ok(clamd),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn once(fill: impl Fn(&Path) -> io::Result<()>) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("clamd-").tempdir()?;
        fs::create_dir(dir.path().join("db"))?;
        fs::create_dir(dir.path().join("tmp"))?;
        fill(&dir.path().join("db"))?;
        let port = free_port()?;
        fs::write(dir.path().join("clamd.conf"), config(dir.path(), port))?;
        let child = spawn(dir.path())?;
        let mut clamd = Self { dir, port, child };
        clamd.wait_until_ready()?;
        Ok(clamd)
    }

    /// Its TCP address: `127.0.0.1:PORT`.
    pub fn tcp(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its unix socket: `unix:/path`.
    pub fn unix(&self) -> String {
        format!("unix:{}", self.dir.path().join("clamd.sock").display())
    }

    /// Its database folder.
    pub fn database(&self) -> PathBuf {
        self.dir.path().join("db")
    }

    /// Stops its threads (SIGSTOP): it accepts what the kernel accepts for it, and answers nothing.
    ///
    /// # Errors
    ///
    /// When it is gone.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets a paused daemon go on.
    ///
    /// # Errors
    ///
    /// When it is gone.
    pub fn go_on(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    ///
    /// # Errors
    ///
    /// When it cannot be waited for.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again, after [`Self::kill`], at the same addresses and over the same database.
    ///
    /// # Errors
    ///
    /// When it does not answer within a minute.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.kill()?;
        self.child = spawn(self.dir.path())?;
        self.wait_until_ready()
    }

    /// Has it load other signatures while it runs, those that `fill` puts into its emptied database folder. It answers with the old ones
    /// until they are loaded.
    ///
    /// # Errors
    ///
    /// When it does not take the command, and those of `fill`.
    pub fn swap(&self, fill: impl Fn(&Path) -> io::Result<()>) -> anyhow::Result<()> {
        for entry in fs::read_dir(self.database())? {
            fs::remove_file(entry?.path())?;
        }
        fill(&self.database())?;
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.write_all(b"zRELOAD\0")?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply)?;
        if reply.starts_with("RELOADING") { Ok(()) } else { bail!("clamd does not reload: {reply}") }
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("not a process id")?;
        Ok(kill_process(pid, signal)?)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !self.pongs() {
            let ended = self.child.try_wait()?;
            if ended.is_some() || begun.elapsed() > READY_WITHIN {
                let log = fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
                bail!("clamd did not get ready ({ended:?}): {log}");
            }
            thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    fn pongs(&self) -> bool {
        let ask = || {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(1)))?;
            stream.write_all(b"zPING\0")?;
            let mut reply = [0; 5];
            stream.read_exact(&mut reply)?;
            io::Result::Ok(&reply == b"PONG\0")
        };
        ask().unwrap_or(false)
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn config(dir: &Path, port: u16) -> String {
    let dir = dir.display();
    format!(
        "DatabaseDirectory {dir}/db\nTemporaryDirectory {dir}/tmp\nLocalSocket {dir}/clamd.sock\n\
         TCPSocket {port}\nTCPAddr 127.0.0.1\nForeground yes\nUser root\nMaxThreads 4\n\
         StreamMaxLength 2M\nMaxFileSize 1M\nAlertEncrypted yes\nAlertExceedsMax yes\nOfficialDatabaseOnly no\n"
    )
}

fn spawn(dir: &Path) -> anyhow::Result<Child> {
    let program = installed("clamd").context("clamd is not installed: apt-get install clamav-daemon")?;
    let log = File::create(dir.join("log"))?;
    let mut command = Command::new(program);
    command.arg("-c").arg(dir.join("clamd.conf")).stdin(Stdio::null());
    Ok(command.stdout(log.try_clone()?).stderr(log).spawn()?)
}
