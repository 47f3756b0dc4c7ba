//! The contract of everything that can judge an artifact, and the wrappers around it.
//!
//! A scanner that waits (for a daemon, for a child process) implements [`Scanner`]; one that computes implements
//! [`SyncScanner`] and becomes a [`Scanner`] through [`Blocking`]. Wrappers and panels are scanners too, so they nest.

mod about;
mod blocking;
pub mod child;
mod erased;
mod error;
mod limit;
mod only;
mod self_test;
mod timeout;

use std::{num::NonZeroUsize, time::Duration};

use tokio::time::Instant;

pub use self::{
    about::About,
    blocking::Blocking,
    child::Child,
    erased::BoxScanner,
    error::{ErrorKind, ScanError},
    limit::Limit,
    only::{Accepts, Only},
    self_test::SelfTest,
    timeout::Timeout,
};
use crate::{artifact::Artifact, verdict::ScanResult};

/// Judges artifacts. One value serves all bounties at once, hence `&self`.
///
/// - A constructor does the fallible work (compile rules, find the daemon): a value that exists can scan.
/// - `scan` may be called from any task, any number of times at once. It honours [`ScanContext::deadline`], is
///   cancel-safe (a dropped future leaves nothing behind that disturbs the next scan), and never blocks a runtime
///   thread.
/// - [`Unknown`](crate::Verdict::Unknown) means "no opinion". A failure (time-out, crash, lost daemon, limit,
///   unreadable artifact) is always an `Err`, never benign and never malicious.
/// - A result carries the scanner's version and that of the signatures which *this* scan used.
pub trait Scanner: Send + Sync + 'static {
    /// A stable name for logs, output and assertion metadata: `yara`.
    fn name(&self) -> &str;

    /// The self-test: proves that the engine can find something. Called before the first bounty and on demand. A scanner that answers
    /// and does not find what it must is a [`ErrorKind::BadReply`]: while it says so, `run` stakes nothing.
    fn ready(&self) -> impl Future<Output = Result<(), ScanError>> + Send {
        async { Ok(()) }
    }

    /// The self-test in full, for `check`: the same as [`ready`](Self::ready), and of a panel each backend's own outcome, each
    /// within this time.
    fn self_test(&self, within: Duration) -> impl Future<Output = SelfTest> + Send {
        let _ = within;
        async { SelfTest::single(self.ready().await) }
    }

    /// What it works with, for `check`: what is loaded, how old, how contained. It may ask its daemon; what it cannot
    /// learn is a warning.
    fn about(&self) -> impl Future<Output = About> + Send {
        async { About::new(self.name()) }
    }

    /// How many scans it works on at a time. Further ones wait for their turn within their deadlines, so whoever asks for no more
    /// gives each its full time.
    fn at_once(&self) -> NonZeroUsize {
        NonZeroUsize::MAX
    }

    /// Judges one artifact.
    fn scan(
        &self,
        artifact: &Artifact,
        cx: &ScanContext,
    ) -> impl Future<Output = Result<ScanResult, ScanError>> + Send;
}

/// Judges artifacts by computing. The same contract as [`Scanner`], on a thread of its own; it has to look at the
/// deadline itself, since nobody can stop a thread from outside.
pub trait SyncScanner: Send + Sync + 'static {
    /// A stable name, as [`Scanner::name`].
    fn name(&self) -> &str;

    /// The self-test, as [`Scanner::ready`].
    fn ready(&self) -> Result<(), ScanError> {
        Ok(())
    }

    /// What it works with, as [`Scanner::about`]; it does not wait for anything.
    fn about(&self) -> About {
        About::new(self.name())
    }

    /// Judges one artifact.
    fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError>;
}

/// What a scan has to keep to.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ScanContext {
    /// When the answer is of no more use. Past it a scanner returns [`ErrorKind::TimedOut`].
    pub deadline: Instant,
}

impl ScanContext {
    /// A scan that has until `deadline`.
    pub fn until(deadline: Instant) -> Self {
        Self { deadline }
    }

    /// A scan that has `time` from now.
    pub fn within(time: Duration) -> Self {
        let now = Instant::now();
        // An absurdly long time is a day: the clock has an end.
        Self::until(now.checked_add(time).unwrap_or_else(|| now + Duration::from_secs(86_400)))
    }

    /// How long is left; zero past the deadline.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The same scan with at most `time` from now.
    #[must_use]
    pub fn at_most(&self, time: Duration) -> Self {
        Self::until(self.deadline.min(Self::within(time).deadline))
    }
}

/// The wrappers, as methods: `scanner.limit(four).timeout(second).boxed()`.
pub trait ScannerExt: Scanner + Sized {
    /// Fails with [`ErrorKind::TimedOut`] after `after`, whatever the caller's deadline.
    fn timeout(self, after: Duration) -> Timeout<Self> {
        Timeout::new(self, after)
    }

    /// Lets at most `at_once` scans run at a time; the others wait for their turn within their deadlines.
    fn limit(self, at_once: NonZeroUsize) -> Limit<Self> {
        Limit::new(self, at_once)
    }

    /// Refuses what the scanner is not made for, as [`ErrorKind::Unsupported`] or [`ErrorKind::TooLarge`].
    fn only(self, accepts: Accepts) -> Only<Self> {
        Only::new(self, accepts)
    }

    /// Erases the type, so that scanners of many kinds fit into one list.
    fn boxed(self) -> BoxScanner {
        BoxScanner::new(self)
    }
}

impl<S: Scanner> ScannerExt for S {}
