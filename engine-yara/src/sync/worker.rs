//! A thread with a libyara scanner of its own, used for one scan after the other.
//!
//! A scanner borrows its rules, so it lives on the stack of a thread that holds them. And a thread can be left behind when libyara
//! does not come to an end.

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use engine_core::{Artifact, ErrorKind, ScanContext, ScanError};
use yara::{ScanFlags, Scanner, YaraErrorKind};

use crate::rules::{Rules, VARIABLES};

/// libyara's recursion is bounded by checks of its own that are made for a main thread's stack, in bytes.
const STACK: usize = 8 << 20;

/// libyara's `ERROR_EXEC_STACK_OVERFLOW`, for which the crate has no name: a condition that is nested too deep.
const EXEC_STACK_OVERFLOW: YaraErrorKind = YaraErrorKind::Unknown(25);

/// A rule that matched.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub(super) namespace: String,
    pub(super) rule: String,
}

/// The thread's other end. Dropped, the thread ends after the scan that it is at.
#[derive(Debug)]
pub(super) struct Worker {
    jobs: Sender<Job>,
}

struct Job {
    artifact: Artifact,
    cx: ScanContext,
    answer: Sender<Result<Vec<Hit>, ScanError>>,
}

impl Worker {
    /// Starts a thread.
    pub(super) fn start(rules: Arc<Rules>) -> Result<Self, ScanError> {
        let (jobs, queue) = mpsc::channel();
        thread::Builder::new()
            .name("yara".into())
            .stack_size(STACK)
            .spawn(move || work(&rules, &queue))
            .map_err(|error| ScanError::unavailable(format!("cannot start a scanning thread: {error}")))?;
        Ok(Self { jobs })
    }

    /// One scan, waited for at most for `patience`, or until it ends. The outer error means that the worker is of no more use.
    pub(super) fn scan(
        &self,
        artifact: &Artifact,
        cx: &ScanContext,
        patience: Option<Duration>,
    ) -> Result<Result<Vec<Hit>, ScanError>, ScanError> {
        let (answer, reply) = mpsc::channel();
        // If the thread is gone, so is the other end of `reply`.
        let _ = self.jobs.send(Job { artifact: artifact.clone(), cx: *cx, answer });
        let reply = match patience {
            Some(patience) => reply.recv_timeout(patience),
            None => reply.recv().map_err(RecvTimeoutError::from),
        };
        reply.map_err(|error| match error {
            RecvTimeoutError::Timeout => timed_out(),
            RecvTimeoutError::Disconnected => ScanError::crashed("the scanning thread ended"),
        })
    }
}

fn work(rules: &Rules, queue: &Receiver<Job>) {
    let mut scanner = rules.compiled().scanner();
    while let Ok(Job { artifact, cx, answer }) = queue.recv() {
        let hits = match &mut scanner {
            Ok(scanner) => scan(scanner, &artifact, &cx),
            Err(error) => Err(ScanError::unavailable(format!("libyara has no scanner: {error}"))),
        };
        // Nobody waits any more if the deadline has passed.
        let _ = answer.send(hits);
    }
}

fn scan(scanner: &mut Scanner<'_>, artifact: &Artifact, cx: &ScanContext) -> Result<Vec<Hit>, ScanError> {
    if cx.remaining().is_zero() {
        return Err(timed_out());
    }
    for (name, value) in VARIABLES.into_iter().zip(variables(artifact)) {
        scanner.define_variable(name, value.as_str()).map_err(|error| failed(&error))?;
    }
    // Else the crate would copy every rule that did not match.
    scanner.set_flags(ScanFlags::REPORT_RULES_MATCHING);
    scanner.set_timeout(whole_seconds(cx.remaining()));
    let rules = scanner.scan_mem(artifact.bytes()).map_err(|error| failed(&error))?;
    Ok(rules
        .into_iter()
        .map(|rule| Hit { namespace: rule.namespace.to_owned(), rule: rule.identifier.to_owned() })
        .collect())
}

/// The values of [`VARIABLES`]: file name, path, extension with its dot in lower case, and two that are not known.
fn variables(artifact: &Artifact) -> [String; 5] {
    // The crate `yara` panics on NUL bytes.
    let path = artifact.name().unwrap_or_default().replace('\0', "");
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let filename = part(Path::new(&path).file_name());
    let extension = part(Path::new(&path).extension()).to_lowercase();
    let extension = if extension.is_empty() { extension } else { format!(".{extension}") };
    [filename, path, extension, String::new(), String::new()]
}

/// libyara counts in whole seconds, and takes zero for no limit.
fn whole_seconds(time: Duration) -> i32 {
    let seconds = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
    i32::try_from(seconds).unwrap_or(i32::MAX).max(1)
}

fn timed_out() -> ScanError {
    ScanError::timed_out("the rules were not through before the deadline: give more time with --timeout")
}

fn failed(error: &yara::YaraError) -> ScanError {
    match error.kind {
        YaraErrorKind::ScanTimeout => timed_out(),
        YaraErrorKind::InsufficientMemory => ScanError::new(
            ErrorKind::LimitExceeded,
            "libyara has not enough memory for this scan: give it more with --yara-memory",
        ),
        YaraErrorKind::TooManyMatches | EXEC_STACK_OVERFLOW => {
            ScanError::new(ErrorKind::LimitExceeded, format!("libyara went over a limit: {error}"))
        }
        _ => ScanError::crashed(format!("libyara failed: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up_and_never_zero() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (29_999, 30)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds);
        }
        assert_eq!(whole_seconds(Duration::MAX), i32::MAX);
    }

    #[test]
    fn variables_come_from_the_name() {
        let of = |name: &str| variables(&Artifact::file("").with_name(name));
        assert_eq!(of("a/b.tar.GZ"), ["b.tar.GZ", "a/b.tar.GZ", ".gz", "", ""]);
        assert_eq!(of("a\0b"), ["ab", "ab", "", "", ""]);
        assert_eq!(variables(&Artifact::file("")), ["", "", "", "", ""]);
    }
}
