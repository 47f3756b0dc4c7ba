//! Deadlines: passed, and too short.

use std::time::Duration;

use super::answer::{Trial, failed, is_timed_out, sound};
use crate::{
    artifact::Artifact,
    scanner::{ErrorKind, ScanContext, Scanner},
    testing::eicar,
};

/// Past its deadline a scan has no result, however quick it would be.
pub(super) async fn passed<S: Scanner>(trial: &mut Trial<S>) {
    let promise = "past its deadline a scan fails as timed_out";
    let answer = trial.scan(Artifact::file(eicar()), ScanContext::within(Duration::ZERO)).await;
    match sound(&answer) {
        Err(wrong) => trial.fail(promise, wrong),
        Ok(outcome) if is_timed_out(&outcome) => {}
        Ok(Ok(result)) => trial.fail(promise, format!("it said {}", result.verdict)),
        Ok(Err(error)) => trial.fail(promise, failed(&error)),
    }
    if let Err(wrong) = trial.try_eicar().await {
        trial.fail("a scan that passed its deadline does not disturb the next", wrong);
    }
}

/// A scan that is cut off comes back, with a result or as timed out, and the next one works.
pub(super) async fn short<S: Scanner>(trial: &mut Trial<S>) {
    let promise = "a scan comes back at its deadline";
    let artifact = Artifact::file(vec![b'x'; trial.settings.huge]);
    let answer = trial.scan(artifact, ScanContext::within(Duration::from_millis(20))).await;
    let refusals = [ErrorKind::TooLarge, ErrorKind::LimitExceeded, ErrorKind::TimedOut];
    match sound(&answer) {
        Err(wrong) => trial.fail(promise, wrong),
        Ok(Err(error)) if !refusals.contains(&error.kind) => trial.fail(promise, failed(&error)),
        Ok(_) => {}
    }
    if let Err(wrong) = trial.try_eicar().await {
        trial.fail("a scan that was cut off does not disturb the next", wrong);
    }
}
