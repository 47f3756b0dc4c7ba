//! One answer of a scanner, and what is wrong with it whatever was asked.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{task::JoinHandle, time};

use super::Settings;
use crate::{
    artifact::Artifact,
    scanner::{ErrorKind, ScanContext, ScanError, Scanner},
    testing::eicar,
    verdict::{ScanResult, Verdict},
};

/// The most work that one poll of a scan may do, in time of the processor: whoever does more blocks a runtime thread.
const POLL: Duration = Duration::from_millis(500);

/// A scanner on trial, and what it was seen to break.
pub(super) struct Trial<S> {
    pub(super) scanner: Arc<S>,
    pub(super) settings: Settings,
    broken: Vec<String>,
}

/// What came of one scan: its outcome, or why there is none.
pub(super) type Answer = Result<Result<ScanResult, ScanError>, String>;

impl<S: Scanner> Trial<S> {
    pub(super) fn new(scanner: Arc<S>, settings: Settings) -> Self {
        Self { scanner, settings, broken: Vec::new() }
    }

    /// Notes a broken promise: which, and what was seen.
    pub(super) fn fail(&mut self, promise: &str, seen: impl std::fmt::Display) {
        self.broken.push(format!("{promise}: {seen}"));
    }

    pub(super) fn broken(self) -> Vec<String> {
        self.broken
    }

    /// A scan that has all the time there is.
    pub(super) fn cx(&self) -> ScanContext {
        ScanContext::within(self.settings.within)
    }

    /// Starts a scan in a task of its own.
    pub(super) fn start(
        &self,
        artifact: Artifact,
        cx: ScanContext,
    ) -> JoinHandle<Result<ScanResult, ScanError>> {
        let scanner = Arc::clone(&self.scanner);
        tokio::spawn(async move { scanner.scan(&artifact, &cx).await })
    }

    /// Waits for a scan that was started, as long as one may take and that time again.
    pub(super) async fn wait(&self, scan: JoinHandle<Result<ScanResult, ScanError>>) -> Answer {
        let patience = self.settings.within.saturating_mul(2);
        let stop = scan.abort_handle();
        match time::timeout(patience, scan).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(error)) if error.is_panic() => Err("it panicked".to_owned()),
            Ok(Err(error)) => Err(format!("its task ended: {error}")),
            Err(_) => {
                stop.abort();
                Err(format!("no answer within {patience:?}, although its deadline had passed"))
            }
        }
    }

    pub(super) async fn scan(&self, artifact: Artifact, cx: ScanContext) -> Answer {
        let scan = self.start(artifact, cx);
        self.wait(scan).await
    }

    /// Scans, and notes a poll that blocks its thread.
    pub(super) async fn scan_watched(&mut self, promise: &str, artifact: Artifact) -> Answer {
        let (scanner, cx) = (Arc::clone(&self.scanner), self.cx());
        // Digests are the artifact's affair.
        let _ = artifact.sha256();
        let watched = tokio::spawn(async move {
            let mut scan = pin!(scanner.scan(&artifact, &cx));
            let mut longest = Duration::ZERO;
            let outcome = std::future::poll_fn(|cx| {
                let before = processor_time();
                let polled = scan.as_mut().poll(cx);
                longest = longest.max(processor_time().saturating_sub(before));
                polled
            });
            let outcome = outcome.await;
            (outcome, longest)
        });
        let patience = self.settings.within.saturating_mul(2);
        match time::timeout(patience, watched).await {
            Ok(Ok((outcome, longest))) => {
                if longest > POLL {
                    let told = "it computes on a runtime thread; a SyncScanner in Blocking does not";
                    self.fail(promise, format!("one poll worked for {longest:?}: {told}"));
                }
                Ok(outcome)
            }
            Ok(Err(error)) if error.is_panic() => Err("it panicked".to_owned()),
            Ok(Err(error)) => Err(format!("its task ended: {error}")),
            Err(_) => Err(format!("no answer within {patience:?}")),
        }
    }

    /// Whether an answer on EICAR is the one it has to be; else what is wrong.
    pub(super) fn judge_eicar(&self, answer: &Answer) -> Result<(), String> {
        let result = sound(answer)?.map_err(|error| failed(&error))?;
        if result.verdict == self.settings.eicar {
            return Ok(());
        }
        Err(format!("EICAR is {}, should be {}", result.verdict, self.settings.eicar))
    }

    /// Scans EICAR with time enough, and says what is wrong.
    pub(super) async fn try_eicar(&self) -> Result<(), String> {
        self.judge_eicar(&self.scan(Artifact::file(eicar()), self.cx()).await)
    }
}

/// Whether an answer on something harmless is one that may be given: no failure, and not malicious.
pub(super) fn judge_clean(answer: &Answer) -> Result<(), String> {
    let result = sound(answer)?.map_err(|error| failed(&error))?;
    not_malicious(&result)
}

pub(super) fn not_malicious(result: &ScanResult) -> Result<(), String> {
    if result.verdict == Verdict::Malicious {
        Err("something harmless is malicious".to_owned())
    } else {
        Ok(())
    }
}

pub(super) fn failed(error: &ScanError) -> String {
    format!("it failed, {}: {error}", error.kind)
}

/// The answer, if it is one, and a record that is as it should be.
pub(super) fn sound(answer: &Answer) -> Result<Result<ScanResult, ScanError>, String> {
    match answer.as_ref().map_err(Clone::clone)? {
        Ok(result) => {
            well_formed(result)?;
            Ok(Ok(result.clone()))
        }
        Err(error) if error.message.is_empty() => {
            Err(format!("a failure ({}) without a message", error.kind))
        }
        Err(error) => Ok(Err(error.clone())),
    }
}

fn well_formed(result: &ScanResult) -> Result<(), String> {
    if result.backends.is_empty() {
        for (field, what) in [(&result.version, "version"), (&result.signatures, "signatures")] {
            if field.is_empty() {
                return Err(format!("a result without its `{what}`: ScanResult::by sets it"));
            }
        }
    }
    if !result.findings.is_sorted() {
        return Err("a result whose findings are not sorted".to_owned());
    }
    for ballot in &result.backends {
        match &ballot.outcome {
            Ok(inner) => {
                well_formed(inner).map_err(|wrong| format!("backend {}: {wrong}", ballot.backend))?
            }
            Err(_) if result.complete => {
                return Err(format!(
                    "a result that is `complete` although backend {} failed",
                    ballot.backend
                ));
            }
            Err(_) => {}
        }
    }
    Ok(())
}

/// Whether there is no result since the time was over: a failure, or a panel whose backends all failed, one of them for that reason
/// at least (others may be skipped since they failed before).
pub(super) fn is_timed_out(outcome: &Result<ScanResult, ScanError>) -> bool {
    match outcome {
        Err(error) => error.kind == ErrorKind::TimedOut,
        Ok(result) => {
            let nobody = result.backends.iter().all(|ballot| {
                ballot.outcome.as_ref().map_or(true, |inner| !inner.verdict.has_opinion() && !inner.complete)
            });
            let late = result.backends.iter().any(|ballot| is_timed_out(&ballot.outcome));
            !result.verdict.has_opinion() && !result.complete && nobody && late
        }
    }
}

/// How much this thread has worked. Elsewhere than on Linux nobody counts.
#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}

#[cfg(not(target_os = "linux"))]
fn processor_time() -> Duration {
    Duration::ZERO
}
