//! Somebody's program as a backend: it may die at any time, even before its first word, and costs a ballot then.

use std::num::NonZeroUsize;

use engine_core::{
    Artifact, ScanContext, ScanError, ScanResult, Scanner,
    scanner::{About, Child, child::Program},
};
use tokio::sync::OnceCell;

/// A program that speaks the [backend protocol](engine_core::scanner::child::protocol), started when it is first needed.
///
/// In contrast to [`Child`], it exists without a program that works: a start that fails is the failure of that one scan, and the
/// next scan tries again. So a backend that is broken today never keeps a panel from starting.
#[derive(Debug)]
pub struct Exec {
    name: String,
    program: Program,
    at_once: NonZeroUsize,
    child: OnceCell<Child>,
}

impl Exec {
    /// A backend of this name; at most `at_once` processes scan at a time.
    pub fn new(name: impl Into<String>, program: Program, at_once: NonZeroUsize) -> Self {
        Self { name: name.into(), program, at_once, child: OnceCell::new() }
    }

    /// The running child. Of several scans that come first, one starts it and the others wait.
    async fn child(&self) -> Result<&Child, ScanError> {
        let start = || Child::start(self.name.as_str(), self.program.clone(), self.at_once);
        self.child.get_or_try_init(start).await
    }
}

impl Scanner for Exec {
    fn name(&self) -> &str {
        &self.name
    }

    /// Whether the program starts and says hello. What it finds is its own affair.
    async fn ready(&self) -> Result<(), ScanError> {
        self.child().await?.ready().await
    }

    /// The program and what it says of itself; that it does not start is a warning.
    async fn about(&self) -> About {
        match self.child().await {
            Ok(child) => child.about().await,
            Err(error) => About::new(&self.name)
                .fact("program", self.program.path.display())
                .warning(format!("does not start: {error}")),
        }
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let scan = async { self.child().await?.scan(artifact, cx).await };
        tokio::time::timeout_at(cx.deadline, scan)
            .await
            .unwrap_or_else(|_| Err(ScanError::timed_out(format!("{} passed its deadline", self.name))))
    }
}
