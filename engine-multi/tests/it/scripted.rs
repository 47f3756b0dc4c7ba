//! A scanner that does as it is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use engine_core::{
    Artifact, Ballot, Confidence, ErrorKind, ScanContext, ScanError, ScanResult, Scanner, Verdict,
};

/// What a scripted scanner does when it is asked.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// Answers at once.
    Say(ScanResult),
    /// Answers after a time.
    SayAfter(Duration, ScanResult),
    /// Fails at once.
    Fail(ErrorKind),
    /// Never answers.
    Hang,
    /// Panics.
    Panic,
}

/// Follows one script for scans and another for self-tests, and counts how many scans are going on.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    pub(crate) name: &'static str,
    pub(crate) scan: Does,
    pub(crate) ready: Does,
    pub(crate) running: Arc<AtomicUsize>,
}

impl Scripted {
    pub(crate) fn new(name: &'static str, scan: Does) -> Self {
        Self { name, scan, ready: Does::Say(ScanResult::unknown()), running: Arc::default() }
    }

    pub(crate) fn ready(name: &'static str, ready: Does) -> Self {
        Self { ready, ..Self::new(name, Does::Say(ScanResult::unknown())) }
    }
}

/// Counts while it lives.
struct Running(Arc<AtomicUsize>);

impl Running {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Does {
    async fn act(&self) -> Result<ScanResult, ScanError> {
        match self {
            Self::Say(result) => Ok(result.clone()),
            Self::SayAfter(time, result) => {
                tokio::time::sleep(*time).await;
                Ok(result.clone())
            }
            Self::Fail(kind) => Err(ScanError::new(*kind, "as told")),
            Self::Hang => std::future::pending().await,
            Self::Panic => panic!("as told"),
        }
    }
}

impl Scanner for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    async fn ready(&self) -> Result<(), ScanError> {
        self.ready.act().await.map(drop)
    }

    async fn scan(&self, _: &Artifact, _: &ScanContext) -> Result<ScanResult, ScanError> {
        let _running = Running::new(&self.running);
        self.scan.act().await
    }
}

pub(crate) fn malicious(confidence: f64) -> ScanResult {
    ScanResult::new(Verdict::Malicious, Confidence::new(confidence).unwrap())
}

pub(crate) fn benign(confidence: f64) -> ScanResult {
    ScanResult::new(Verdict::Benign, Confidence::new(confidence).unwrap())
}

pub(crate) fn ballot(backend: &str, outcome: Result<ScanResult, ErrorKind>) -> Ballot {
    let outcome = outcome.map_err(|kind| ScanError::new(kind, "as told"));
    Ballot { backend: backend.to_owned(), outcome, elapsed: Duration::ZERO }
}
