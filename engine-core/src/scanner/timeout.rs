//! A bound on how long one scan may take.

use std::{num::NonZeroUsize, time::Duration};

use tokio::time;

use super::{About, ScanContext, ScanError, Scanner, SelfTest};
use crate::{artifact::Artifact, verdict::ScanResult};

/// Gives each scan at most a certain time. See [`ScannerExt::timeout`](super::ScannerExt::timeout).
#[derive(Clone, Debug)]
pub struct Timeout<S> {
    inner: S,
    after: Duration,
}

impl<S: Scanner> Timeout<S> {
    pub(super) fn new(inner: S, after: Duration) -> Self {
        Self { inner, after }
    }
}

impl<S: Scanner> Scanner for Timeout<S> {
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
        self.inner.at_once()
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let cx = cx.at_most(self.after);
        let name = self.inner.name();
        time::timeout_at(cx.deadline, self.inner.scan(artifact, &cx)).await.unwrap_or_else(|_| {
            Err(ScanError::timed_out(format!("{name} took longer than {:?}", self.after)))
        })
    }
}
