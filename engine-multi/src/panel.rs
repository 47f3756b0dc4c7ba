//! Waiting: all backends at once, a ballot each. What comes of the ballots is [`distill`](crate::distill)'s job.

use std::{collections::BTreeSet, time::Duration};

use engine_core::{
    Artifact, ScanContext, ScanError, ScanResult, Scanner,
    scanner::{About, SelfTest},
};
use futures_util::future::join_all;

use crate::{
    Backend,
    distill::{BadRule, Distill},
};

/// How long a backend's self-test may take.
const READY_WITHIN: Duration = Duration::from_secs(45);
/// The most that is kept back of a scan's time for distilling and handing over what there is.
const RESERVE: Duration = Duration::from_millis(50);

/// Several backends as one scanner.
///
/// All are asked at once, under the scan's deadline and each under its own. At the deadline the rule decides on the ballots of
/// those that answered; the others' say [`TimedOut`](engine_core::ErrorKind::TimedOut). To that end backends get a little less
/// time than the panel has: a tenth less, at most 50 ms. A backend that panics has a ballot that says
/// [`Crashed`](engine_core::ErrorKind::Crashed).
#[derive(Clone, Debug)]
pub struct Panel<D> {
    name: String,
    backends: Vec<Backend>,
    rule: D,
}

impl<D: Distill> Panel<D> {
    /// Puts a panel together, named `multi`. Ballots come in the order of `backends`.
    ///
    /// Refuses a panel without backends, two backends of one name, and a rule that does not fit so many.
    pub fn new(backends: Vec<Backend>, rule: D) -> Result<Self, PanelError> {
        if backends.is_empty() {
            return Err(PanelError::Empty);
        }
        let mut names = BTreeSet::new();
        if let Some(twice) = backends.iter().find(|backend| !names.insert(backend.name())) {
            return Err(PanelError::SameName(twice.name().to_owned()));
        }
        rule.fits(backends.len())?;
        Ok(Self { name: "multi".to_owned(), backends, rule })
    }

    /// The same under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The backends, in the order of their ballots.
    pub fn backends(&self) -> &[Backend] {
        &self.backends
    }
}

impl<D: Distill> Scanner for Panel<D> {
    fn name(&self) -> &str {
        &self.name
    }

    /// Ready when one backend is; the others are logged as degraded.
    async fn ready(&self) -> Result<(), ScanError> {
        let SelfTest { outcome, backends, .. } = self.self_test().await;
        for (backend, outcome) in &backends {
            if let Err(error) = outcome {
                tracing::warn!(backend, kind = %error.kind, "degraded: {error}");
            }
        }
        outcome
    }

    async fn self_test(&self) -> SelfTest {
        let tests = self
            .backends
            .iter()
            .map(async |backend| (backend.name().to_owned(), backend.ready(READY_WITHIN).await));
        let backends = join_all(tests).await;
        let failures = backends.iter().filter_map(|(name, outcome)| Some((name, outcome.as_ref().err()?)));
        let told: Vec<_> = failures.map(|(name, error)| format!("{name}: {error}")).collect();
        let outcome = if told.len() < backends.len() {
            Ok(())
        } else {
            Err(ScanError::unavailable(format!("no backend is ready ({})", told.join("; "))))
        };
        SelfTest::panel(outcome, backends)
    }

    async fn about(&self) -> About {
        let mut about = About::new(&self.name);
        about.backends = join_all(self.backends.iter().map(Backend::about)).await;
        about
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let remaining = cx.remaining();
        let cx = cx.at_most(remaining.saturating_sub(RESERVE.min(remaining / 10)));
        let ballots = join_all(self.backends.iter().map(|backend| backend.ask(artifact, &cx))).await;
        let mut result = self.rule.distill(&ballots)?;
        result.backends = ballots;
        Ok(result)
    }
}

/// A panel that cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PanelError {
    /// There is nobody to ask.
    #[error("there is no backend to ask: name at least one")]
    Empty,
    /// Two backends have the same name, so their ballots could not be told apart.
    #[error("two backends are named `{0}`: give each a name of its own")]
    SameName(String),
    /// The rule does not fit these backends.
    #[error(transparent)]
    Rule(#[from] BadRule),
}
