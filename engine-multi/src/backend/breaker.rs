//! When a backend is asked at all: one that fails again and again is left alone for a while.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use engine_core::{ErrorKind, ScanError, ScanResult};
use tokio::time::Instant;

/// The first pause; each trial that fails doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause: a backend that is back waits no longer for its next trial.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A circuit breaker: after so many failures in a row that speak of the backend and not of an artifact, nobody asks it for a while.
/// Then one scan tries; if it gets an answer, all ask again, otherwise the next pause is twice as long.
#[derive(Debug)]
pub(super) struct Breaker {
    /// How many failures in a row open it; 0 is never.
    limit: u32,
    /// Held to read and write it only.
    state: Mutex<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// How many failures in a row.
    failures: u32,
    open: Option<Open>,
}

/// The backend is being left alone.
#[derive(Clone, Debug)]
struct Open {
    until: Instant,
    pause: Duration,
    /// A scan is trying whether it is back.
    trial: bool,
    last: ScanError,
}

/// What an outcome says of the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Works,
    Fails,
    Nothing,
}

impl Says {
    fn of(outcome: &Result<ScanResult, ScanError>) -> Self {
        match outcome {
            Ok(_) => Self::Works,
            Err(error) => match error.kind {
                ErrorKind::Unavailable => Self::Fails,
                // It looked into the artifact.
                ErrorKind::Encrypted | ErrorKind::Corrupt | ErrorKind::LimitExceeded => Self::Works,
                // It may not have been asked; or an artifact was made to kill it, to keep it busy, or to confuse its replies (a name
                // that breaks its JSON, findings beyond a line's length), and five of these must not hide a sixth. A wrong reply
                // costs no waiting either, so there is little to save.
                _ => Self::Nothing,
            },
        }
    }
}

impl Breaker {
    pub(super) fn new(limit: u32) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// Lets a scan ask the backend, or says why it is skipped.
    pub(super) fn admit<'a>(&'a self, backend: &'a str) -> Result<Pass<'a>, ScanError> {
        let mut state = self.state();
        let now = Instant::now();
        let mut trial = false;
        if let Some(open) = &mut state.open {
            if open.trial || now < open.until {
                return Err(ScanError::unavailable(state.skipped(now).unwrap_or_default()));
            }
            open.trial = true;
            trial = true;
        }
        Ok(Pass { breaker: self, backend, trial })
    }

    /// Why the backend is being skipped, if it is.
    pub(super) fn degraded(&self) -> Option<String> {
        self.state().skipped(Instant::now())
    }

    /// It has been seen to work.
    pub(super) fn close(&self, backend: &str) {
        let mut state = self.state();
        if state.open.is_some() {
            tracing::info!(backend, failures = state.failures, "answers again, and is asked again");
        }
        *state = State::default();
    }

    fn fail(&self, backend: &str, error: &ScanError, trial: bool) {
        let state = &mut *self.state();
        if state.open.is_some() && !trial {
            // It was under way when the others were found out.
            return;
        }
        state.failures = state.failures.saturating_add(1);
        let failures = state.failures;
        if let Some(open) = &mut state.open {
            open.pause = open.pause.saturating_mul(2).min(LONGEST_PAUSE);
            (open.until, open.trial, open.last) = (Instant::now() + open.pause, false, error.clone());
            tracing::debug!(backend, failures, pause = ?open.pause, "still fails: {error}");
        } else if self.limit > 0 && failures >= self.limit {
            let (until, pause) = (Instant::now() + FIRST_PAUSE, FIRST_PAUSE);
            state.open = Some(Open { until, pause, trial: false, last: error.clone() });
            tracing::warn!(backend, failures, kind = %error.kind, "degraded, skipped until it answers again: {error}");
        }
    }

    /// A trial that told nothing: the next scan tries.
    fn try_next(&self) {
        if let Some(open) = &mut self.state().open {
            open.trial = false;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn skipped(&self, now: Instant) -> Option<String> {
        let Open { until, trial, last, .. } = self.open.as_ref()?;
        let next = match until.saturating_duration_since(now) {
            _ if *trial => "being tried again now".to_owned(),
            Duration::ZERO => "tried again at the next scan".to_owned(),
            wait => format!("tried again in {} s", wait.as_millis().div_ceil(1000)),
        };
        Some(format!(
            "skipped after {} failures in a row, {next}; the last was {}: {last}",
            self.failures, last.kind
        ))
    }
}

/// Leave to ask the backend once. Dropped without an outcome, the scan was given up and says nothing of the backend.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    backend: &'a str,
    trial: bool,
}

impl Pass<'_> {
    /// What came of it.
    pub(super) fn report(self, outcome: &Result<ScanResult, ScanError>) {
        match (Says::of(outcome), outcome) {
            (Says::Works, _) => self.breaker.close(self.backend),
            (Says::Fails, Err(error)) => self.breaker.fail(self.backend, error, self.trial),
            _ => {}
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.trial {
            self.breaker.try_next();
        }
    }
}
