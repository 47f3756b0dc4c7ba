//! Many scans at once, and scans that are given up.

use std::{pin::pin, task::Poll};

use super::answer::{Trial, judge_clean};
use crate::{artifact::Artifact, scanner::Scanner, testing::eicar};

/// How many scans are given up midway.
const CANCELLED: usize = 16;

/// Every other one is EICAR, so that answers which are mixed up are seen.
pub(super) async fn at_once<S: Scanner>(trial: &mut Trial<S>) {
    let count = trial.settings.at_once;
    let scans: Vec<_> = (0..count)
        .map(|i| {
            let is_eicar = i % 2 == 0;
            let bytes =
                if is_eicar { eicar() } else { format!("nothing to see here, number {i}\n").into_bytes() };
            (is_eicar, trial.start(Artifact::file(bytes), trial.cx()))
        })
        .collect();
    let mut wrong = Vec::new();
    for (is_eicar, scan) in scans {
        let answer = trial.wait(scan).await;
        let judged = if is_eicar { trial.judge_eicar(&answer) } else { judge_clean(&answer) };
        wrong.extend(judged.err());
    }
    if let Some(first) = wrong.first() {
        let of = format!("{} of {count} were wrong, such as: {first}", wrong.len());
        trial.fail(&format!("it answers {count} scans at once, each its own"), of);
    }
}

/// Dropped after one step, two and so on: before, while and after the scanner hands its work on.
pub(super) async fn cancelled<S: Scanner>(trial: &mut Trial<S>) {
    let artifact = Artifact::file(vec![b'x'; 1 << 20]);
    for steps in 1..=CANCELLED {
        let cx = trial.cx();
        let mut scan = pin!(trial.scanner.scan(&artifact, &cx));
        for _ in 0..steps {
            let done = std::future::poll_fn(|cx| Poll::Ready(scan.as_mut().poll(cx).is_ready())).await;
            if done {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let promise = "a scan that was given up does not disturb the next";
    if let Err(wrong) = trial.try_eicar().await {
        trial.fail(promise, wrong);
    }
    let clean = trial.scan(Artifact::file("nothing to see here\n"), trial.cx()).await;
    if let Err(wrong) = judge_clean(&clean) {
        trial.fail(promise, wrong);
    }
}
