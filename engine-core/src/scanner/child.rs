//! Any program as a scanner: it is started, given artifacts on its standard input, and killed when it does not answer.
//!
//! The protocol is in [`protocol`]; [`serve()`] is its other end. One scan at a time per process, as many processes as scans at
//! once. Past the deadline the process is killed and the next scan starts another: that is the only sure limit on a parser
//! written in C. A process that dies costs one scan.

mod process;
pub mod protocol;
mod serve;

use std::{
    ffi::OsString,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time,
};

pub use self::serve::serve;
use self::{process::Process, protocol::Hello};
use super::{About, ScanContext, ScanError, Scanner};
use crate::{artifact::Artifact, verdict::ScanResult};

/// How to start a backend program.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Program {
    /// The program: a path, or a name that is looked up in `PATH`.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// How much address space it may use, in bytes; `None` is no limit. Over it the program's allocations fail.
    pub memory: Option<u64>,
    /// How long it may take to say hello (load its rules).
    pub start_within: Duration,
}

impl Program {
    /// A program without arguments and without a memory limit that has a minute to start.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), args: Vec::new(), memory: None, start_within: Duration::from_secs(60) }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets the limit on address space, in bytes.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    /// Sets how long the program may take to say hello.
    #[must_use]
    pub fn start_within(mut self, time: Duration) -> Self {
        self.start_within = time;
        self
    }
}

/// A program that speaks the backend protocol, as a [`Scanner`].
#[derive(Debug)]
pub struct Child {
    name: String,
    program: Program,
    places: Semaphore,
    /// Processes that wait for work. The lock is held to push and pop only.
    idle: Mutex<Vec<Process>>,
    /// What the latest process said of itself.
    hello: Mutex<Hello>,
}

impl Child {
    /// Starts one process and waits for its hello, so that a program that cannot work fails here. At most `at_once` processes
    /// scan at a time; the others are started when they are needed.
    pub async fn start(
        name: impl Into<String>,
        program: Program,
        at_once: NonZeroUsize,
    ) -> Result<Self, ScanError> {
        let name = name.into();
        let first = Process::start(&name, &program).await?;
        let places = Semaphore::new(at_once.get().min(Semaphore::MAX_PERMITS));
        let hello = Mutex::new(first.hello().clone());
        Ok(Self { name, program, places, idle: Mutex::new(vec![first]), hello })
    }

    async fn place(&self) -> Result<SemaphorePermit<'_>, ScanError> {
        self.places.acquire().await.map_err(|_| ScanError::unavailable("shut down"))
    }

    /// A process that can scan: a waiting one, or a new one.
    async fn process(&self) -> Result<Process, ScanError> {
        while let Some(mut waiting) = self.pop() {
            if waiting.is_reusable() {
                return Ok(waiting);
            }
        }
        let process = Process::start(&self.name, &self.program).await?;
        self.hello.lock().unwrap_or_else(PoisonError::into_inner).clone_from(process.hello());
        Ok(process)
    }

    fn pop(&self) -> Option<Process> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn push(&self, mut process: Process) {
        if process.is_reusable() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
        }
    }
}

impl Scanner for Child {
    fn name(&self) -> &str {
        &self.name
    }

    /// Proves that a process is there or can be started, not that it finds anything.
    async fn ready(&self) -> Result<(), ScanError> {
        let _place = self.place().await?;
        let process = self.process().await?;
        self.push(process);
        Ok(())
    }

    /// The program and the versions that it said last; one that it does not tell is not known.
    async fn about(&self) -> About {
        let Hello { version, signatures, .. } =
            self.hello.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut about = About::new(&self.name).fact("program", self.program.path.display());
        about.version = Some(version).filter(|version| !version.is_empty());
        about.signatures = Some(signatures).filter(|signatures| !signatures.is_empty());
        about
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let too_late = || ScanError::timed_out(format!("{} passed its deadline", self.name));
        let scan = async {
            let _place = self.place().await?;
            // Owned by this future: dropped on the way (deadline, cancel, failure), the process is killed with it.
            let mut process = self.process().await?;
            let answer = process.scan(artifact, cx).await?;
            self.push(process);
            answer
        };
        time::timeout_at(cx.deadline, scan).await.unwrap_or_else(|_| Err(too_late()))
    }
}
