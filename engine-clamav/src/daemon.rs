//! clamd as a scanner: its clean replies are believed only while it finds what it has to find.

use std::time::Duration;

use engine_core::{
    Artifact, Confidence, ErrorKind, ScanContext, ScanError, ScanResult, Verdict, scanner::About,
};
use tokio::{
    sync::Mutex,
    time::{self, Instant},
};

use crate::{
    clamd::{Clamd, Reply, UNVERSIONED, Version},
    database::Release,
    self_test::SelfTest,
    signature::Signature,
};

/// How long a passed self-test and a version hold. A database that was reloaded in between shows in results this late at most.
const FRESH: Duration = Duration::from_secs(10);
/// A daemon that scans nothing for this long is not slow, it does not scan: it is loading its database, or failed to.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long [`Daemon::ready`] waits.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// How long [`Daemon::about`] waits.
const ABOUT_WITHIN: Duration = Duration::from_secs(5);

/// A clamd, what it has to find, and what is known of it.
#[derive(Debug)]
pub(crate) struct Daemon {
    clamd: Clamd,
    test: SelfTest,
    benign: Confidence,
    /// Held while the daemon is tested, so that two hundred scans at once make one test and wait for it, each within its own
    /// deadline. Never held while an artifact is scanned.
    known: Mutex<Known>,
}

/// What is known of the daemon.
#[derive(Clone, Debug)]
enum Known {
    /// Nothing, or nothing any more: the last scan failed.
    Nothing,
    /// It passed the self-test at this time and was of this version.
    Working(Version, Instant),
    /// It failed the self-test at this time.
    Broken(ScanError, Instant),
}

impl Daemon {
    /// Does not connect: a daemon that is down now is asked again at each scan.
    pub(crate) fn new(clamd: Clamd, test: SelfTest, benign: Confidence) -> Self {
        Self { clamd, test, benign, known: Mutex::new(Known::Nothing) }
    }

    pub(crate) fn clamd(&self) -> &Clamd {
        &self.clamd
    }

    /// Tests the daemon, whatever is known of it.
    pub(crate) async fn ready(&self) -> Result<(), ScanError> {
        let cx = ScanContext::within(READY_WITHIN);
        let mut known = self.known.lock().await;
        self.test(&mut known, &cx).await.map(drop)
    }

    /// Where it is, and what it says of itself.
    pub(crate) async fn about(&self) -> (About, Option<Release>) {
        let about = About::new("clamav").fact("clamd", self.clamd.address());
        match self.clamd.version(ScanContext::within(ABOUT_WITHIN).deadline).await {
            Ok(version) => {
                let release = Release::told(&version.signatures);
                let known = version.signatures != UNVERSIONED;
                let mut about = about.by(version.scanner, version.signatures);
                if !known {
                    // Whatever is loaded may change without a word, so nobody may keep a result by this name.
                    about.signatures = None;
                }
                (about, Some(release))
            }
            Err(error) => (about.warning(error.message), None),
        }
    }

    pub(crate) async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let version = self.working(cx).await?;
        let outcome = self.ask(artifact, &version, cx).await;
        if let Err(error) = &outcome
            && matches!(error.kind, ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::BadReply)
            && let Ok(mut known) = self.known.try_lock()
        {
            // It may have been restarted, or be stuck. If the lock is taken, somebody is finding out already.
            *known = Known::Nothing;
        }
        outcome
    }

    /// The version of a daemon that passed the self-test a short while ago, or now.
    async fn working(&self, cx: &ScanContext) -> Result<Version, ScanError> {
        let asked = Instant::now();
        let too_late = |_| ScanError::timed_out(format!("{} was not tested in time", self.clamd.address()));
        let mut known = time::timeout_at(cx.deadline, self.known.lock()).await.map_err(too_late)?;
        match &*known {
            Known::Working(version, at) if at.elapsed() < FRESH => Ok(version.clone()),
            // Found out while we waited for the lock.
            Known::Broken(error, at) if *at >= asked => Err(error.clone()),
            _ => self.test(&mut known, cx).await,
        }
    }

    async fn test(&self, known: &mut Known, cx: &ScanContext) -> Result<Version, ScanError> {
        *known = Known::Nothing;
        let begun = Instant::now();
        let outcome = async {
            let version = self.clamd.version(cx.deadline).await?;
            self.ask(self.test.artifact(), &version, cx).await.map(|result| (result, version))
        };
        match outcome.await {
            // The caller had too little time to tell anything.
            Err(error) if error.kind == ErrorKind::TimedOut && begun.elapsed() < PATIENCE => Err(error),
            Err(error) if error.kind == ErrorKind::TimedOut => Err(ScanError::unavailable(format!(
                "clamd at {} answers but does not scan; it is loading its database, or failed to (see its log)",
                self.clamd.address()
            ))),
            outcome => {
                let (result, version) = match outcome {
                    Ok((result, version)) => (Ok(result), version),
                    Err(error) => (Err(error), Version::default()),
                };
                let judged = self.test.judge(result).map(|()| version);
                *known = match &judged {
                    Ok(version) => {
                        tracing::debug!(clamd = %self.clamd.address(), ?version, "found the self-test file");
                        Known::Working(version.clone(), Instant::now())
                    }
                    Err(error) => {
                        tracing::warn!(clamd = %self.clamd.address(), %error, "failed the self-test");
                        Known::Broken(error.clone(), Instant::now())
                    }
                };
                judged
            }
        }
    }

    async fn ask(
        &self,
        artifact: &Artifact,
        by: &Version,
        cx: &ScanContext,
    ) -> Result<ScanResult, ScanError> {
        let result = match self.clamd.instream(artifact.bytes(), cx.deadline).await? {
            Reply::Clean => ScanResult::new(Verdict::Benign, self.benign),
            Reply::Found(name) => Signature::new(&name).verdict()?,
        };
        Ok(result.by(&by.scanner, &by.signatures))
    }
}
