//! A gate before a scanner that is not made for everything.

use std::{num::NonZeroUsize, time::Duration};

use super::{About, ErrorKind, ScanContext, ScanError, Scanner, SelfTest};
use crate::{
    artifact::{Artifact, ArtifactKind},
    verdict::ScanResult,
};

/// What a scanner takes.
#[derive(Clone, Debug)]
pub struct Accepts {
    kinds: Vec<ArtifactKind>,
    max_size: u64,
}

impl Accepts {
    /// Only artifacts of these kinds, of any size.
    pub fn kinds(kinds: impl IntoIterator<Item = ArtifactKind>) -> Self {
        Self { kinds: kinds.into_iter().collect(), max_size: u64::MAX }
    }

    /// The same with at most `bytes` bytes each.
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = bytes;
        self
    }
}

/// Refuses what its scanner is not made for. See [`ScannerExt::only`](super::ScannerExt::only).
#[derive(Clone, Debug)]
pub struct Only<S> {
    inner: S,
    accepts: Accepts,
}

impl<S: Scanner> Only<S> {
    pub(super) fn new(inner: S, accepts: Accepts) -> Self {
        Self { inner, accepts }
    }
}

impl<S: Scanner> Scanner for Only<S> {
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
        if !self.accepts.kinds.contains(&artifact.kind()) {
            let message = format!("{} does not scan artifacts of type {}", self.name(), artifact.kind());
            return Err(ScanError::new(ErrorKind::Unsupported, message));
        }
        if artifact.size() > self.accepts.max_size {
            let message =
                format!("{} bytes, {} takes at most {}", artifact.size(), self.name(), self.accepts.max_size);
            return Err(ScanError::new(ErrorKind::TooLarge, message));
        }
        self.inner.scan(artifact, cx).await
    }
}
