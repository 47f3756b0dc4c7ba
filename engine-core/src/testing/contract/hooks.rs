//! What happens around a scanner: its peer goes away, its signatures change.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::{self, Instant};

use super::{
    Hook,
    answer::{Trial, judge_clean, sound},
};
use crate::{
    artifact::Artifact,
    scanner::{ScanContext, Scanner},
    testing::eicar,
    verdict::ScanResult,
};

/// How many scans are under way when something happens.
const UNDER_WAY: usize = 8;
/// Between two tries of a peer that is on its way back.
const PAUSE: Duration = Duration::from_millis(50);

/// No result is complete without the peer, and all are again when it is back.
pub(super) async fn peer<S: Scanner>(trial: &mut Trial<S>, mut gone: Hook, mut back: Hook) {
    let promise = "without its peer a scan fails";
    // Shorter than usual: nothing is to be waited for.
    let within = trial.settings.within.min(Duration::from_secs(10));
    let under_way: Vec<_> =
        (0..UNDER_WAY).map(|_| trial.start(Artifact::file(eicar()), ScanContext::within(within))).collect();
    gone().await;
    for scan in under_way {
        let answer = trial.wait(scan).await;
        // Done before, or failed: but never another verdict.
        if let Ok(Ok(result)) = &answer
            && result.complete
            && let Err(wrong) = trial.judge_eicar(&answer)
        {
            trial.fail("a scan whose peer goes away is right or fails", wrong);
        } else if let Err(wrong) = sound(&answer) {
            trial.fail("a scan whose peer goes away is right or fails", wrong);
        }
    }
    for bytes in [eicar(), b"nothing to see here\n".to_vec()] {
        let answer = trial.scan(Artifact::file(bytes), ScanContext::within(within)).await;
        match sound(&answer) {
            Err(wrong) => trial.fail(promise, wrong),
            Ok(Ok(result)) if result.complete => {
                trial.fail(promise, format!("it said {}, as if nothing had happened", result.verdict));
            }
            Ok(_) => {}
        }
    }
    back().await;
    let until = Instant::now() + trial.settings.within;
    loop {
        let artifact = Artifact::file(eicar());
        let answer = trial.scan(artifact, ScanContext::within(within)).await;
        let complete = matches!(&answer, Ok(Ok(ScanResult { complete: true, .. })));
        let wrong = match trial.judge_eicar(&answer) {
            Ok(()) if complete => return,
            Ok(()) => "its results stay incomplete".to_owned(),
            Err(wrong) => wrong,
        };
        if Instant::now() > until {
            return trial.fail("with its peer back it works again", wrong);
        }
        time::sleep(PAUSE).await;
    }
}

/// No scan fails or errs while the signatures change, and each says which it used: the old or the new.
pub(super) async fn reload<S: Scanner>(trial: &mut Trial<S>, mut reload: Hook) {
    let promise = "a change of signatures disturbs no scan";
    let mut signatures = BTreeSet::new();
    let changing = tokio::spawn(reload());
    loop {
        // One more round after the change.
        let changed = changing.is_finished();
        let scans: Vec<_> = (0..UNDER_WAY)
            .map(|i| {
                let bytes = if i % 2 == 0 { eicar() } else { b"nothing to see here\n".to_vec() };
                trial.start(Artifact::file(bytes), trial.cx())
            })
            .collect();
        for (i, scan) in scans.into_iter().enumerate() {
            let answer = trial.wait(scan).await;
            let judged = if i % 2 == 0 { trial.judge_eicar(&answer) } else { judge_clean(&answer) };
            if let Err(wrong) = judged {
                changing.abort();
                return trial.fail(promise, wrong);
            }
            if let Ok(Ok(result)) = answer {
                signatures.insert(said(&result));
            }
        }
        if changed {
            break;
        }
    }
    if let Err(error) = changing.await {
        trial.fail(promise, format!("the change itself failed: {error}"));
    }
    if signatures.len() > 2 {
        let seen = signatures.into_iter().collect::<Vec<_>>().join(" / ");
        trial.fail("each result says the signatures that it used", format!("seen around one change: {seen}"));
    }
}

/// Its signatures, and those of its backends.
fn said(result: &ScanResult) -> String {
    let inner = result.backends.iter().filter_map(|ballot| ballot.outcome.as_ref().ok()).map(said);
    std::iter::once(result.signatures.clone()).chain(inner).collect::<Vec<_>>().join(" ")
}
