//! One artifact at a time: nothing, EICAR, something harmless, something huge, a URL.

use tokio::time;

use super::answer::{Trial, judge_clean, not_malicious, sound};
use crate::{
    artifact::{Artifact, ArtifactKind},
    scanner::{ErrorKind, Scanner},
};

const NAME: &str = "its name is a word that does not change";
const SELF_TEST: &str = "its self-test passes";
const ABOUT: &str = "what it says of itself is what its results say";

pub(super) async fn name_and_self_test<S: Scanner>(trial: &mut Trial<S>) {
    let name = trial.scanner.name().to_owned();
    if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
        trial.fail(NAME, format!("it is {name:?}"));
    }
    match time::timeout(trial.settings.within, trial.scanner.ready()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => trial.fail(SELF_TEST, format!("{}: {error}", error.kind)),
        Err(_) => trial.fail(SELF_TEST, format!("no answer within {:?}", trial.settings.within)),
    }
    if trial.scanner.name() != name {
        let now = trial.scanner.name().to_owned();
        trial.fail(NAME, format!("it was {name:?} and is now {now:?}"));
    }
}

pub(super) async fn artifacts<S: Scanner>(trial: &mut Trial<S>) {
    if let Err(wrong) = trial.try_eicar().await {
        trial.fail("it knows EICAR", wrong);
    }
    let clean = trial.scan(Artifact::file("nothing to see here\n").with_name("clean.txt"), trial.cx()).await;
    if let Err(wrong) = judge_clean(&clean) {
        trial.fail("something harmless is harmless", wrong);
    }
    // A scanner may refuse each of these, and has to say so.
    let empty = trial.scan(Artifact::file(Vec::new()), trial.cx()).await;
    if let Err(wrong) =
        sound(&empty).and_then(|outcome| outcome.map_or(Ok(()), |result| not_malicious(&result)))
    {
        trial.fail("it answers on an empty artifact", wrong);
    }
    let url = trial.scan(Artifact::new(ArtifactKind::Url, "https://example.com/"), trial.cx()).await;
    match sound(&url) {
        Err(wrong) => trial.fail("it answers on a URL", wrong),
        Ok(Err(error)) if error.kind != ErrorKind::Unsupported => {
            trial.fail("a URL that it cannot scan is unsupported", format!("{}: {error}", error.kind));
        }
        Ok(_) => {}
    }
    huge(trial).await;
}

async fn huge<S: Scanner>(trial: &mut Trial<S>) {
    let promise = "it answers on a huge artifact, and blocks nobody meanwhile";
    // A pattern, so that nothing is skipped by its sameness.
    let pattern: Vec<u8> = (0..=250).collect();
    let mut bytes = pattern.repeat(trial.settings.huge.div_ceil(pattern.len()));
    bytes.truncate(trial.settings.huge);
    let answer = trial.scan_watched(promise, Artifact::file(bytes)).await;
    let refusals = [ErrorKind::TooLarge, ErrorKind::LimitExceeded, ErrorKind::TimedOut];
    match sound(&answer) {
        Err(wrong) => trial.fail(promise, wrong),
        Ok(Err(error)) if !refusals.contains(&error.kind) => {
            trial.fail(
                promise,
                format!("it failed with {}, not too_large, limit_exceeded or timed_out: {error}", error.kind),
            );
        }
        Ok(Ok(result)) => {
            if let Err(wrong) = not_malicious(&result) {
                trial.fail(promise, wrong);
            }
        }
        Ok(Err(_)) => {}
    }
    if let Err(wrong) = trial.try_eicar().await {
        trial.fail("it knows EICAR after a huge artifact", wrong);
    }
}

pub(super) async fn about<S: Scanner>(trial: &mut Trial<S>) {
    let Ok(about) = time::timeout(trial.settings.within, trial.scanner.about()).await else {
        return trial.fail(ABOUT, format!("no answer within {:?}", trial.settings.within));
    };
    let answer = trial.scan(Artifact::file("nothing to see here\n"), trial.cx()).await;
    let Ok(Ok(result)) = sound(&answer) else { return };
    for (what, said, used) in
        [("version", about.version, result.version), ("signatures", about.signatures, result.signatures)]
    {
        if said.as_ref().is_some_and(|said| *said != used) {
            trial.fail(ABOUT, format!("{what} {:?}, its results {used:?}", said.unwrap_or_default()));
        }
    }
}
