//! The canary: each backend has to find its test file again and again, by the way that artifacts go too.
//!
//! A backend that cannot be asked shows by itself: its scans fail, and half-blind results are not staked. One that answers and finds
//! nothing any more looks like a world without malware. That is what this is for.

use std::{sync::Arc, time::Duration};

use super::brakes::Brakes;
use crate::scanner::{ErrorKind, ScanError, Scanner, SelfTest};

/// How long each backend may take; longer is not blind.
const WITHIN: Duration = Duration::from_secs(60);

/// Tests a scanner so often, for ever, and puts the brake on when a backend is blind.
pub(super) async fn watch<S: Scanner>(scanner: Arc<S>, every: Duration, brakes: Arc<Brakes>) {
    loop {
        tokio::time::sleep(every).await;
        let test = scanner.self_test(WITHIN).await;
        if let Some((backend, error)) = blind(scanner.name(), &test) {
            brakes.trip(format!("{backend} is blind: {error}")).await;
        }
        for (backend, error) in failed(&test) {
            tracing::warn!(backend, kind = %error.kind, %error, "the canary got no answer");
        }
    }
}

/// The first backend that answers and does not find its test file.
fn blind<'a>(scanner: &'a str, test: &'a SelfTest) -> Option<(&'a str, &'a ScanError)> {
    let is_blind = |error: &&ScanError| error.kind == ErrorKind::BadReply;
    let own = test.outcome.as_ref().err().filter(is_blind).map(|error| (scanner, error));
    own.or_else(|| failed(test).find(|(_, error)| is_blind(error)))
}

fn failed(test: &SelfTest) -> impl Iterator<Item = (&str, &ScanError)> {
    test.backends.iter().filter_map(|(name, outcome)| Some((name.as_str(), outcome.as_ref().err()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_that_is_away_is_not_blind() {
        let away = || Err(ScanError::unavailable("no daemon"));
        let blinded = || Err(ScanError::bad_reply("finds nothing"));
        let name = |test: &SelfTest| blind("own", test).map(|(name, _)| name.to_owned());
        assert_eq!(name(&SelfTest::single(Ok(()))), None);
        assert_eq!(name(&SelfTest::single(away())), None);
        assert_eq!(name(&SelfTest::single(blinded())).as_deref(), Some("own"));
        let panel =
            |clamav| SelfTest::panel(Ok(()), vec![("yara".into(), Ok(())), ("clamav".into(), clamav)]);
        assert_eq!(name(&panel(away())), None);
        assert_eq!(name(&panel(blinded())).as_deref(), Some("clamav"));
    }
}
