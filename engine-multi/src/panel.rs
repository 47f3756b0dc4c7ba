//! Waiting: all backends at once, a ballot each. What comes of the ballots is [`distill`](crate::distill)'s job.

use std::{collections::BTreeSet, num::NonZeroUsize, time::Duration};

use engine_core::{
    Artifact, ScanContext, ScanError, ScanResult, Scanner,
    scanner::{About, SelfTest},
};
use futures_util::future::join_all;

use crate::{
    Backend, Nearest,
    distill::{BadRule, Distill, demand, explain},
    nearest::nearest,
};

/// How long a backend's self-test may take before the engine works.
const READY_WITHIN: Duration = Duration::from_secs(45);
/// How long a backend may take to say what it works with.
const ABOUT_WITHIN: Duration = Duration::from_secs(5);
/// The most that is kept back of a scan's time for distilling and handing over what there is.
const RESERVE: Duration = Duration::from_millis(50);

/// Several backends as one scanner.
///
/// All are asked at once, under the scan's deadline and each under its own. At the deadline the rule decides on the ballots of
/// those that answered; the others' say [`TimedOut`](engine_core::ErrorKind::TimedOut). To that end backends get a little less
/// time than the panel has: a tenth less, at most 50 ms. A backend that panics has a ballot that says
/// [`Crashed`](engine_core::ErrorKind::Crashed); one that fails again and again is [skipped for a while](Backend::skip_after).
///
/// Without the answer of a backend that is [required](Backend::required), what is not malicious is unknown.
#[derive(Clone, Debug)]
pub struct Panel<D> {
    name: String,
    backends: Vec<Backend>,
    rule: D,
    explains: bool,
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
        Ok(Self { name: "multi".to_owned(), backends, rule, explains: false })
    }

    /// The same under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same with the backends of these names [required](Backend::required), beside those that are already.
    ///
    /// # Errors
    ///
    /// [`PanelError::NotThere`] for a name that no backend has.
    pub fn requiring<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Result<Self, PanelError> {
        for name in names {
            let all = self.backends.iter().map(Backend::name);
            let Some(place) = self.backends.iter().position(|backend| backend.name() == name) else {
                let (name, nearest) = (name.to_owned(), nearest(name, all.clone()));
                return Err(PanelError::NotThere {
                    name,
                    nearest,
                    known: all.collect::<Vec<_>>().join(", "),
                });
            };
            let backend = self.backends.remove(place);
            self.backends.insert(place, backend.required());
        }
        Ok(self)
    }

    /// The same with a sentence in each result's metadata, as `explanation`, that says which ballots made it, by which rule and why.
    #[must_use]
    pub fn explaining(mut self) -> Self {
        self.explains = true;
        self
    }

    /// The backends, in the order of their ballots.
    pub fn backends(&self) -> &[Backend] {
        &self.backends
    }

    /// The self-test of the panel as a whole, and of each backend by name.
    async fn test(&self, within: Duration) -> (Result<(), ScanError>, Vec<(String, Result<(), ScanError>)>) {
        let outcomes = join_all(self.backends.iter().map(|backend| backend.ready(within))).await;
        let failures = |of: fn(&Backend) -> bool| -> Vec<String> {
            let tested = self.backends.iter().zip(&outcomes).filter(|(backend, _)| of(backend));
            tested
                .filter_map(|(b, outcome)| Some(format!("{}: {}", b.name(), outcome.as_ref().err()?)))
                .collect()
        };
        let (all, required) = (failures(|_| true), failures(Backend::is_required));
        let outcome = if all.len() == self.backends.len() {
            Err(ScanError::unavailable(format!("no backend is ready ({})", all.join("; "))))
        } else if !required.is_empty() {
            Err(ScanError::unavailable(format!("a required backend is not ready ({})", required.join("; "))))
        } else {
            Ok(())
        };
        let names = self.backends.iter().map(|backend| backend.name().to_owned());
        (outcome, names.zip(outcomes).collect())
    }
}

impl<D: Distill> Scanner for Panel<D> {
    fn name(&self) -> &str {
        &self.name
    }

    /// Ready when one backend is, and all that are required; the others are logged as degraded.
    async fn ready(&self) -> Result<(), ScanError> {
        let (outcome, backends) = self.test(READY_WITHIN).await;
        for (backend, outcome) in &backends {
            if let Err(error) = outcome {
                tracing::warn!(backend, kind = %error.kind, "degraded: {error}");
            }
        }
        outcome
    }

    async fn self_test(&self, within: Duration) -> SelfTest {
        let (outcome, backends) = self.test(within).await;
        SelfTest::panel(outcome, backends)
    }

    async fn about(&self) -> About {
        let mut about = About::new(&self.name).fact("rule", self.rule.name());
        let required = self.backends.iter().filter(|backend| backend.is_required()).map(Backend::name);
        let required: Vec<_> = required.collect();
        if !required.is_empty() {
            about = about.fact("required", required.join(", "));
        }
        about.backends = join_all(self.backends.iter().map(|backend| backend.about(ABOUT_WITHIN))).await;
        // Known when that of each is, in the form that results carry.
        about.version = joined(&about.backends, |backend| backend.version.as_deref());
        about.signatures = joined(&about.backends, |backend| backend.signatures.as_deref());
        about
    }

    /// As many as the backend that takes the fewest: more would wait for it.
    fn at_once(&self) -> NonZeroUsize {
        self.backends.iter().map(Backend::at_once).min().unwrap_or(NonZeroUsize::MAX)
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let remaining = cx.remaining();
        let cx = cx.at_most(remaining.saturating_sub(RESERVE.min(remaining / 10)));
        let ballots = join_all(self.backends.iter().map(|backend| backend.ask(artifact, &cx))).await;
        let mut result = self.rule.distill(&ballots)?;
        let is_required = |name: &str| self.backends.iter().any(|b| b.is_required() && b.name() == name);
        demand(&mut result, &ballots, is_required);
        if self.explains {
            let explanation = explain(&self.rule.name(), &result, &ballots);
            result.metadata.insert("explanation".to_owned(), explanation.into());
        }
        result.backends = ballots;
        Ok(result)
    }
}

/// `yara 4.5.5, clamav ClamAV 1.4.6`: one field of all, if all have it; those that left it empty are not named.
fn joined(backends: &[About], field: impl Fn(&About) -> Option<&str>) -> Option<String> {
    let mut all = Vec::new();
    for backend in backends {
        match field(backend)? {
            "" => {}
            value => all.push(format!("{} {value}", backend.name)),
        }
    }
    Some(all.join(", "))
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
    /// A backend that is required is none of the panel's.
    #[error("backend `{name}` is required and not asked; those that are: {known}{nearest}")]
    NotThere {
        /// The name.
        name: String,
        /// The backends that there are.
        known: String,
        /// What may have been meant.
        nearest: Nearest,
    },
    /// The rule does not fit these backends.
    #[error(transparent)]
    Rule(#[from] BadRule),
}
