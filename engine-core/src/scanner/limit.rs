//! A bound on how many scans run at once.

use std::{num::NonZeroUsize, time::Duration};

use tokio::{sync::Semaphore, time};

use super::{About, ScanContext, ScanError, Scanner, SelfTest};
use crate::{artifact::Artifact, verdict::ScanResult};

/// Lets a certain number of scans run at a time. See [`ScannerExt::limit`](super::ScannerExt::limit).
#[derive(Debug)]
pub struct Limit<S> {
    inner: S,
    at_once: NonZeroUsize,
    permits: Semaphore,
}

impl<S: Scanner> Limit<S> {
    pub(super) fn new(inner: S, at_once: NonZeroUsize) -> Self {
        Self { inner, at_once, permits: Semaphore::new(at_once.get().min(Semaphore::MAX_PERMITS)) }
    }
}

impl<S: Scanner> Scanner for Limit<S> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn ready(&self) -> Result<(), ScanError> {
        self.inner.ready().await
    }

    async fn self_test(&self, within: Duration) -> SelfTest {
        self.inner.self_test(within).await
    }

    async fn about(&self) -> About {
        self.inner.about().await
    }

    fn at_once(&self) -> NonZeroUsize {
        self.at_once.min(self.inner.at_once())
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let permit = time::timeout_at(cx.deadline, self.permits.acquire()).await;
        let Ok(Ok(_permit)) = permit else {
            return Err(ScanError::timed_out(format!(
                "{} had no free place before the deadline",
                self.name()
            )));
        };
        self.inner.scan(artifact, cx).await
    }
}
