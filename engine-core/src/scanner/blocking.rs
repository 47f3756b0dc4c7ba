//! A scanner that computes, as one that can be awaited.

use std::{num::NonZeroUsize, sync::Arc};

use tokio::{sync::Semaphore, time};

use super::{About, ScanContext, ScanError, Scanner, SyncScanner};
use crate::{artifact::Artifact, verdict::ScanResult};

/// Runs a [`SyncScanner`] on the runtime's blocking threads, at most `at_once` scans at a time.
#[derive(Debug)]
pub struct Blocking<S> {
    inner: Arc<S>,
    permits: Arc<Semaphore>,
    at_once: NonZeroUsize,
}

impl<S: SyncScanner> Blocking<S> {
    /// Wraps a scanner; more scans than `at_once` wait for their turn within their deadlines.
    pub fn new(inner: S, at_once: NonZeroUsize) -> Self {
        let permits = Arc::new(Semaphore::new(at_once.get().min(Semaphore::MAX_PERMITS)));
        Self { inner: Arc::new(inner), permits, at_once }
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&S) -> Result<T, ScanError> + Send + 'static,
    ) -> Result<T, ScanError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| ScanError::unavailable("the scanner has been shut down"))?;
        let inner = Arc::clone(&self.inner);
        let task = tokio::task::spawn_blocking(move || {
            // The permit lives in the job: dropping the future does not stop the thread, so it must not free the place.
            let _permit = permit;
            job(&inner)
        });
        match task.await {
            Ok(result) => result,
            Err(gone) if gone.is_panic() => {
                Err(ScanError::crashed(format!("scanner {} panicked", self.inner.name())))
            }
            Err(_) => Err(ScanError::unavailable("the runtime is shutting down")),
        }
    }
}

impl<S: SyncScanner> Scanner for Blocking<S> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn ready(&self) -> Result<(), ScanError> {
        self.run(SyncScanner::ready).await
    }

    async fn about(&self) -> About {
        let contained = format!("no: it scans on threads of this program, at most {} at once", self.at_once);
        self.inner.about().fact("contained", contained)
    }

    fn at_once(&self) -> NonZeroUsize {
        self.at_once
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let too_late = || ScanError::timed_out(format!("{} passed its deadline", self.inner.name()));
        if cx.remaining().is_zero() {
            return Err(too_late());
        }
        let (artifact, cx) = (artifact.clone(), *cx);
        time::timeout_at(cx.deadline, self.run(move |scanner| scanner.scan(&artifact, &cx)))
            .await
            .unwrap_or_else(|_| Err(too_late()))
    }
}
