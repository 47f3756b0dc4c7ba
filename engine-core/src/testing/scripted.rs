//! A scanner that does as it is told, for tests of panels and of whatever else asks scanners.

use crate::{
    artifact::Artifact,
    scanner::{ErrorKind, ScanContext, ScanError, Scanner},
    verdict::ScanResult,
};

/// What a scripted scanner does with one artifact.
#[derive(Clone, Debug)]
pub enum Script {
    /// Answers at once.
    Say(ScanResult),
    /// Fails at once.
    Fail(ErrorKind),
    /// Never answers, whatever the deadline.
    Hang,
    /// Panics.
    Panic,
}

/// A scanner that follows a script.
pub struct Scripted {
    name: String,
    script: Box<dyn Fn(&Artifact) -> Script + Send + Sync>,
    ready: Script,
}

impl Scripted {
    /// Asks `script` what to do with each artifact. Past a deadline it fails as `timed_out`, as it should.
    pub fn new(
        name: impl Into<String>,
        script: impl Fn(&Artifact) -> Script + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), script: Box::new(script), ready: Script::Say(ScanResult::unknown()) }
    }

    /// Says the same of every artifact.
    pub fn says(name: impl Into<String>, result: ScanResult) -> Self {
        Self::new(name, move |_| Script::Say(result.clone()))
    }

    /// Fails on every artifact.
    pub fn fails(name: impl Into<String>, kind: ErrorKind) -> Self {
        Self::new(name, move |_| Script::Fail(kind))
    }

    /// Never answers.
    pub fn hangs(name: impl Into<String>) -> Self {
        Self::new(name, |_| Script::Hang)
    }

    /// The same with a script for its self-test, of which an answer counts as passed.
    #[must_use]
    pub fn self_test(mut self, script: Script) -> Self {
        self.ready = script;
        self
    }
}

impl Script {
    async fn act(&self) -> Result<ScanResult, ScanError> {
        match self {
            Self::Say(result) => Ok(result.clone()),
            Self::Fail(kind) => Err(ScanError::new(*kind, "as told")),
            Self::Hang => std::future::pending().await,
            Self::Panic => panic!("as told"),
        }
    }
}

impl Scanner for Scripted {
    fn name(&self) -> &str {
        &self.name
    }

    async fn ready(&self) -> Result<(), ScanError> {
        self.ready.act().await.map(drop)
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let script = (self.script)(artifact);
        if cx.remaining().is_zero() && !matches!(script, Script::Hang) {
            return Err(ScanError::timed_out("the deadline has passed"));
        }
        script.act().await
    }
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripted").field("name", &self.name).finish_non_exhaustive()
    }
}
