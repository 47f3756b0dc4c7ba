//! One backend of a panel: a scanner, its name there, and its own time limit.

use std::{any::Any, time::Duration};

use engine_core::{
    Artifact, Ballot, BoxScanner, ScanContext, ScanError, ScanResult, Scanner, ScannerExt, scanner::About,
};
use tokio::time::{self, Instant};
use tokio_util::task::AbortOnDropHandle;

/// A scanner as a member of a panel.
#[derive(Clone, Debug)]
pub struct Backend {
    name: String,
    scanner: BoxScanner,
    timeout: Option<Duration>,
}

impl Backend {
    /// A backend that has its scanner's name and no time limit but the scan's.
    pub fn new(scanner: impl Scanner) -> Self {
        Self { name: scanner.name().to_owned(), scanner: scanner.boxed(), timeout: None }
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

    /// The backend's name within its panel.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its ballot on an artifact, at the context's deadline at the latest, whatever the scanner does.
    ///
    /// The scan has a task of its own: a scanner that panics costs its ballot, and one that blocks its thread holds up nobody
    /// else. Dropping this future ends the task.
    pub(crate) async fn ask(&self, artifact: &Artifact, cx: &ScanContext) -> Ballot {
        let asked = Instant::now();
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
        Ballot { backend: self.name.clone(), outcome, elapsed: asked.elapsed() }
    }

    /// Its self-test, within `limit`.
    pub(crate) async fn ready(&self, limit: Duration) -> Result<(), ScanError> {
        let scanner = self.scanner.clone();
        let test = AbortOnDropHandle::new(tokio::spawn(async move { scanner.ready().await }));
        match time::timeout(limit, test).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(ended)) => Err(self.death(ended)),
            Err(_) => Err(ScanError::timed_out(format!("the self-test took longer than {limit:?}"))),
        }
    }

    /// What its scanner says of itself, under the backend's name.
    pub(crate) async fn about(&self) -> About {
        self.scanner.about().await.named(&self.name)
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
