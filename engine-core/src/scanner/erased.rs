//! Scanners of many types as one type.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use super::{About, ScanContext, ScanError, Scanner, SelfTest};
use crate::{artifact::Artifact, verdict::ScanResult};

/// Any scanner behind one type; cheap to clone, and a scanner like any other.
#[derive(Clone)]
pub struct BoxScanner(Arc<dyn Erased>);

impl BoxScanner {
    /// Erases the type of a scanner.
    pub fn new(scanner: impl Scanner) -> Self {
        Self(Arc::new(scanner))
    }
}

impl Scanner for BoxScanner {
    fn name(&self) -> &str {
        self.0.name_dyn()
    }

    async fn ready(&self) -> Result<(), ScanError> {
        self.0.ready_dyn().await
    }

    async fn self_test(&self, within: Duration) -> SelfTest {
        self.0.self_test_dyn(within).await
    }

    async fn about(&self) -> About {
        self.0.about_dyn().await
    }

    fn at_once(&self) -> NonZeroUsize {
        self.0.at_once_dyn()
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        self.0.scan_dyn(artifact, cx).await
    }
}

impl std::fmt::Debug for BoxScanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("BoxScanner").field(&self.name()).finish()
    }
}

/// The object-safe twin of [`Scanner`]. Its methods have names of their own, or every call would be ambiguous.
trait Erased: Send + Sync {
    fn name_dyn(&self) -> &str;
    fn ready_dyn(&self) -> BoxFuture<'_, Result<(), ScanError>>;
    fn self_test_dyn(&self, within: Duration) -> BoxFuture<'_, SelfTest>;
    fn about_dyn(&self) -> BoxFuture<'_, About>;
    fn at_once_dyn(&self) -> NonZeroUsize;
    fn scan_dyn<'a>(
        &'a self,
        artifact: &'a Artifact,
        cx: &'a ScanContext,
    ) -> BoxFuture<'a, Result<ScanResult, ScanError>>;
}

impl<S: Scanner> Erased for S {
    fn name_dyn(&self) -> &str {
        self.name()
    }

    fn ready_dyn(&self) -> BoxFuture<'_, Result<(), ScanError>> {
        Box::pin(self.ready())
    }

    fn self_test_dyn(&self, within: Duration) -> BoxFuture<'_, SelfTest> {
        Box::pin(self.self_test(within))
    }

    fn about_dyn(&self) -> BoxFuture<'_, About> {
        Box::pin(self.about())
    }

    fn at_once_dyn(&self) -> NonZeroUsize {
        self.at_once()
    }

    fn scan_dyn<'a>(
        &'a self,
        artifact: &'a Artifact,
        cx: &'a ScanContext,
    ) -> BoxFuture<'a, Result<ScanResult, ScanError>> {
        Box::pin(self.scan(artifact, cx))
    }
}
