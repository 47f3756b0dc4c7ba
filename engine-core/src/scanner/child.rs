//! Any program as a scanner: it is started, given artifacts on its standard input, and killed when it does not answer.
//!
//! The protocol is in [`protocol`]; [`serve()`] is its other end. One scan at a time per process, as many processes as scans at
//! once. Past the deadline the process is killed and the next scan starts another: that is the only sure limit on a parser
//! written in C. A process that dies over an artifact costs one scan; one that ends in between costs nothing.

mod group;
mod log;
mod pipes;
mod process;
pub mod protocol;
mod serve;
mod spawn;

use std::{
    ffi::OsString,
    future::Future,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{self, Instant},
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
///
/// A process that is being started is not lost to a scan that passes its deadline meanwhile: it comes up and waits for the next.
#[derive(Debug)]
pub struct Child {
    name: String,
    program: Program,
    at_once: NonZeroUsize,
    places: Arc<Semaphore>,
    waiting: Arc<Waiting>,
    /// Each process that is being started holds one more of it.
    starting: Arc<()>,
}

/// How long before its deadline a scan gives up waiting for a program to start; a twentieth of its time if that is less.
const RESERVE: Duration = Duration::from_millis(100);

/// Processes that wait for work, and what the latest one said of itself. The locks are held for a moment only.
#[derive(Debug, Default)]
struct Waiting {
    processes: Mutex<Vec<Process>>,
    hello: Mutex<Option<Hello>>,
}

/// A process that can scan, and the place it takes.
type Placed = (Process, OwnedSemaphorePermit);

impl Child {
    /// Starts one process and waits for its hello, so that a program that cannot work fails here. At most `at_once` processes
    /// scan at a time; the others are started when they are needed.
    pub async fn start(
        name: impl Into<String>,
        program: Program,
        at_once: NonZeroUsize,
    ) -> Result<Self, ScanError> {
        let child = Self::later(name, program, at_once);
        child.ready().await?;
        Ok(child)
    }

    /// The same without a process yet: the first scan starts one, and fails as [`Unavailable`](super::ErrorKind::Unavailable) if it does
    /// not start.
    pub fn later(name: impl Into<String>, program: Program, at_once: NonZeroUsize) -> Self {
        let places = Arc::new(Semaphore::new(at_once.get().min(Semaphore::MAX_PERMITS)));
        Self {
            name: name.into(),
            program,
            at_once,
            places,
            waiting: Arc::default(),
            starting: Arc::default(),
        }
    }

    /// A place for a process: at most so many at once.
    async fn place(&self) -> Result<OwnedSemaphorePermit, ScanError> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        place.map_err(|_| ScanError::unavailable("shut down"))
    }

    /// A process that can scan: a waiting one, or a new one.
    async fn process(&self, place: OwnedSemaphorePermit) -> Result<Placed, ScanError> {
        while let Some(mut waiting) = self.waiting.pop() {
            if waiting.is_reusable() {
                return Ok((waiting, place));
            }
        }
        self.another(place).await
    }

    /// A place and a process by `deadline`. Until then no artifact was handed over, so giving up speaks of the program and is
    /// [`Unavailable`](super::ErrorKind::Unavailable), unless other scans have all the processes.
    async fn process_by(&self, deadline: Instant) -> Result<Placed, ScanError> {
        let Ok(place) = time::timeout_at(deadline, self.place()).await else {
            let is_held_up_by_starts = Arc::strong_count(&self.starting) > self.at_once.get();
            return Err(if is_held_up_by_starts { self.silent() } else { self.busy() });
        };
        self.hello_by(deadline, self.process(place?)).await
    }

    async fn hello_by(
        &self,
        deadline: Instant,
        process: impl Future<Output = Result<Placed, ScanError>>,
    ) -> Result<Placed, ScanError> {
        time::timeout_at(deadline, process).await.unwrap_or_else(|_| Err(self.silent()))
    }

    fn silent(&self) -> ScanError {
        ScanError::unavailable(format!("{} had not said hello when the scan's time was over", self.name))
    }

    fn busy(&self) -> ScanError {
        let at_once = self.at_once;
        ScanError::timed_out(format!("{} was busy with other scans, {at_once} at a time", self.name))
    }

    /// Starts a process in a task of its own, which keeps its place until it is there: a program that takes longer to load its rules
    /// than a scan may take would otherwise be killed and started again by each scan, for ever.
    async fn another(&self, place: OwnedSemaphorePermit) -> Result<Placed, ScanError> {
        let (tell, told) = oneshot::channel();
        let (name, program) = (self.name.clone(), self.program.clone());
        let waiting = Arc::downgrade(&self.waiting);
        let starting = Arc::clone(&self.starting);
        tokio::spawn(async move {
            let started = Process::start(&name, &program).await;
            drop(starting);
            if let (Some(waiting), Ok(process)) = (waiting.upgrade(), &started) {
                waiting.heard(process.hello());
            }
            let unclaimed = tell.send(started.map(|process| (process, place)));
            if let (Some(waiting), Err(Ok((process, _place)))) = (waiting.upgrade(), unclaimed) {
                waiting.push(process);
            }
        });
        told.await.unwrap_or_else(|_| Err(ScanError::unavailable("the runtime is shutting down")))
    }
}

impl Waiting {
    fn pop(&self) -> Option<Process> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn push(&self, mut process: Process) {
        if process.is_reusable() {
            self.processes.lock().unwrap_or_else(PoisonError::into_inner).push(process);
        }
    }

    fn heard(&self, hello: &Hello) {
        *self.hello.lock().unwrap_or_else(PoisonError::into_inner) = Some(hello.clone());
    }
}

impl Scanner for Child {
    fn name(&self) -> &str {
        &self.name
    }

    /// Proves that a process is there or can be started, not that it finds anything.
    async fn ready(&self) -> Result<(), ScanError> {
        let (process, _place) = self.process(self.place().await?).await?;
        self.waiting.push(process);
        Ok(())
    }

    /// What the program said of itself, as far as it has been started, and what it is held to.
    async fn about(&self) -> About {
        let hello = self.waiting.hello.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = |text: String| Some(text).filter(|text| !text.is_empty());
        let mut about = About::new(&self.name).fact("program", self.program.path.display());
        if let Some(hello) = hello {
            (about.version, about.signatures) = (known(hello.version), known(hello.signatures));
            about = about.fact("protocol", hello.protocol);
        }
        let memory = self.program.memory;
        about
            .fact(
                "contained",
                "in processes of its own, killed at the deadline, without the engine's secrets",
            )
            .fact("processes_at_most", self.at_once)
            .fact(
                "memory_limit",
                memory.map_or_else(|| "none".to_owned(), |bytes| format!("{} MiB each", bytes >> 20)),
            )
    }

    fn at_once(&self) -> NonZeroUsize {
        self.at_once
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let too_late = || ScanError::timed_out(format!("{} passed its deadline", self.name));
        if cx.remaining().is_zero() {
            // Rather than to start a scan, and to kill a process for it.
            return Err(too_late());
        }
        // A little before the deadline, so that whoever asked and keeps the same deadline hears why.
        let start_by = cx.at_most(cx.remaining().saturating_sub(RESERVE.min(cx.remaining() / 20))).deadline;
        let scan = async {
            // Owned by this future: dropped on the way (deadline, cancel, failure), the process is killed with it.
            let (mut process, mut place) = self.process_by(start_by).await?;
            let mut answer = process.scan(artifact, cx).await;
            if answer.as_ref().is_err_and(|failure| process.was_gone_before(failure)) {
                // It ended after its last scan, and the artifact had no part in it.
                (process, place) = self.hello_by(start_by, self.another(place)).await?;
                answer = process.scan(artifact, cx).await;
            }
            let answer = answer.map_err(|failure| match process.was_gone_before(&failure) {
                true => ScanError::unavailable(format!("{} before it read anything", failure.message)),
                false => failure,
            })?;
            self.waiting.push(process);
            drop(place);
            answer
        };
        time::timeout_at(cx.deadline, scan).await.unwrap_or_else(|_| Err(too_late()))
    }
}
