//! One backend of a panel: a scanner, its name there, its own time limit, and whether it is asked at all.

mod breaker;

use std::{any::Any, num::NonZeroUsize, sync::Arc, time::Duration};

use engine_core::{
    Artifact, Ballot, BoxScanner, ScanContext, ScanError, ScanResult, Scanner, ScannerExt, scanner::About,
};
use tokio::time::{self, Instant};
use tokio_util::task::AbortOnDropHandle;

use self::breaker::Breaker;

/// See [`Backend::skip_after`].
pub(crate) const SKIP_AFTER: u32 = 5;

/// A scanner as a member of a panel.
#[derive(Clone, Debug)]
pub struct Backend {
    name: String,
    scanner: BoxScanner,
    timeout: Option<Duration>,
    required: bool,
    breaker: Arc<Breaker>,
}

impl Backend {
    /// A backend that has its scanner's name and no time limit but the scan's, is not required, and is skipped for a while after five
    /// failures in a row.
    pub fn new(scanner: impl Scanner) -> Self {
        Self {
            name: scanner.name().to_owned(),
            scanner: scanner.boxed(),
            timeout: None,
            required: false,
            breaker: Arc::new(Breaker::new(SKIP_AFTER)),
        }
    }

    /// The same under another name, whatever the scanner calls itself.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same with at most `after` for each scan. Past it its ballot is
    /// [`TimedOut`](engine_core::ErrorKind::TimedOut), and the panel need not wait.
    #[must_use]
    pub fn timeout(mut self, after: Duration) -> Self {
        self.timeout = Some(after);
        self
    }

    /// The same as one without whose answer nothing is called benign, and no panel is ready.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The same, skipped for a while after so many failures in a row; 0 is never. The default is 5.
    ///
    /// Only [`Unavailable`](engine_core::ErrorKind::Unavailable) counts, which speaks of the backend: it does not start, or not within
    /// a scan's time. An artifact can be made to crash one, to keep it busy or to make it reply nonsense, and a few of these must not
    /// hide the next from it. While it is skipped its ballot is `Unavailable` and says so. The first pause is
    /// a second; then one scan tries it, and each trial that fails makes the next pause twice as long, up to a minute.
    #[must_use]
    pub fn skip_after(mut self, failures: u32) -> Self {
        self.breaker = Arc::new(Breaker::new(failures));
        self
    }

    /// The backend's name within its panel.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many scans it works on at a time, as [`Scanner::at_once`].
    pub(crate) fn at_once(&self) -> NonZeroUsize {
        self.scanner.at_once()
    }

    /// Whether nothing is called benign without its answer.
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// Its ballot on an artifact, at the context's deadline at the latest, whatever the scanner does.
    ///
    /// The scan has a task of its own: a scanner that panics costs its ballot, and one that blocks its thread holds up nobody
    /// else. Dropping this future ends the task.
    pub(crate) async fn ask(&self, artifact: &Artifact, cx: &ScanContext) -> Ballot {
        let asked = Instant::now();
        let pass = match self.breaker.admit(&self.name) {
            Ok(pass) => pass,
            Err(skipped) => {
                return Ballot { backend: self.name.clone(), outcome: Err(skipped), elapsed: Duration::ZERO };
            }
        };
        let cx = self.timeout.map_or(*cx, |after| cx.at_most(after));
        if cx.remaining().is_zero() {
            // Timers are coarser than a quick answer, which would be of no more use.
            let outcome = Err(ScanError::timed_out(format!("{} was asked past its deadline", self.name)));
            return Ballot { backend: self.name.clone(), outcome, elapsed: asked.elapsed() };
        }
        let (scanner, artifact) = (self.scanner.clone(), artifact.clone());
        let scan = AbortOnDropHandle::new(tokio::spawn(async move { scanner.scan(&artifact, &cx).await }));
        let outcome: Result<ScanResult, ScanError> = match time::timeout_at(cx.deadline, scan).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(ended)) => Err(self.death(ended)),
            Err(_) => {
                let took = asked.elapsed();
                Err(ScanError::timed_out(format!("{} did not answer within {took:.1?}", self.name)))
            }
        };
        pass.report(&outcome);
        Ballot { backend: self.name.clone(), outcome, elapsed: asked.elapsed() }
    }

    /// Its self-test, within `limit`. One that passes ends a time of being skipped.
    pub(crate) async fn ready(&self, limit: Duration) -> Result<(), ScanError> {
        let scanner = self.scanner.clone();
        let test = AbortOnDropHandle::new(tokio::spawn(async move { scanner.ready().await }));
        let outcome = match time::timeout(limit, test).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(ended)) => Err(self.death(ended)),
            Err(_) => Err(ScanError::timed_out(format!("the self-test took longer than {limit:?}"))),
        };
        if outcome.is_ok() {
            self.breaker.close(&self.name);
        }
        outcome
    }

    /// What its scanner says of itself, within `limit`, under the backend's name; that it is being skipped is a warning.
    pub(crate) async fn about(&self, limit: Duration) -> About {
        let scanner = self.scanner.clone();
        let asked = AbortOnDropHandle::new(tokio::spawn(async move { scanner.about().await }));
        let about = match time::timeout(limit, asked).await {
            Ok(Ok(about)) => about,
            Ok(Err(ended)) => About::new("").warning(self.death(ended).message),
            Err(_) => About::new("").warning(format!("does not say within {limit:?} what it works with")),
        };
        let about = if self.required { about.required() } else { about };
        match self.breaker.degraded() {
            Some(skipped) => about.warning(format!("degraded: {skipped}")),
            None => about,
        }
        .named(&self.name)
    }

    fn death(&self, ended: tokio::task::JoinError) -> ScanError {
        match ended.try_into_panic() {
            Ok(payload) => ScanError::crashed(format!("{} panicked: {}", self.name, words(payload.as_ref()))),
            Err(_) => {
                ScanError::unavailable(format!("{} cannot scan: the runtime is shutting down", self.name))
            }
        }
    }
}

/// What a panic said, as far as it is text.
fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").chars().take(200).collect()
}
