//! Somebody's program as a backend: it may die at any time, even before its first word, and costs a ballot then.

use std::num::NonZeroUsize;

use engine_core::{
    Artifact, ScanContext, ScanError, ScanResult, Scanner,
    scanner::{About, Child, child::Program},
};

/// A program that speaks the [backend protocol](engine_core::scanner::child::protocol), started when it is first needed.
///
/// It exists without a program that works: a start that fails is the failure of that one scan, and the next scan tries again. So a
/// backend that is broken today never keeps a panel from starting. One that takes longer to start than a scan may take costs that
/// scan's ballot, and is there for a later one.
#[derive(Debug)]
pub struct Exec {
    child: Child,
}

impl Exec {
    /// A backend of this name; at most `at_once` processes scan at a time.
    pub fn new(name: impl Into<String>, program: Program, at_once: NonZeroUsize) -> Self {
        Self { child: Child::later(name, program, at_once) }
    }
}

impl Scanner for Exec {
    fn name(&self) -> &str {
        self.child.name()
    }

    /// Whether the program starts and says hello. What it finds is its own affair.
    async fn ready(&self) -> Result<(), ScanError> {
        self.child.ready().await
    }

    /// The program and what it says of itself; that it does not start is a warning.
    async fn about(&self) -> About {
        let started = self.child.ready().await;
        let about = self.child.about().await;
        match started {
            Ok(()) => about,
            Err(error) => about.warning(format!("does not start: {error}")),
        }
    }

    fn at_once(&self) -> NonZeroUsize {
        self.child.at_once()
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        self.child.scan(artifact, cx).await
    }
}
