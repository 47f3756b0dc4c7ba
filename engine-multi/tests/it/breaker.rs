//! A backend that fails again and again, on a pretend clock: when it is skipped, and when it is asked again.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use engine_core::{Artifact, ErrorKind, ScanContext, ScanError, ScanResult, Scanner, Verdict};
use engine_multi::{Any, Backend, Panel};
use tokio::{sync::Notify, time::advance};

use crate::scripted::{Does, Scripted, benign, malicious};

const SECOND: Duration = Duration::from_secs(1);

/// Answers each scan by the next entry, then by the last one for ever; and counts how often it was asked.
#[derive(Clone, Debug)]
struct Moody {
    script: Arc<Mutex<VecDeque<Result<(), ErrorKind>>>>,
    asked: Arc<Mutex<u32>>,
    /// A scan waits for this before it answers, if it is set.
    gate: Option<Arc<Notify>>,
}

impl Moody {
    fn new(script: impl IntoIterator<Item = Result<(), ErrorKind>>) -> Self {
        Self { script: Arc::new(Mutex::new(script.into_iter().collect())), asked: Arc::default(), gate: None }
    }

    fn asked(&self) -> u32 {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn now_says(&self, outcome: Result<(), ErrorKind>) {
        *self.script.lock().unwrap() = VecDeque::from([outcome]);
    }
}

impl Scanner for Moody {
    fn name(&self) -> &str {
        "moody"
    }

    async fn scan(&self, _: &Artifact, _: &ScanContext) -> Result<ScanResult, ScanError> {
        *self.asked.lock().unwrap() += 1;
        let outcome = {
            let mut script = self.script.lock().unwrap();
            if script.len() > 1 { script.pop_front().unwrap() } else { script[0] }
        };
        if let Some(gate) = &self.gate {
            gate.notified().await;
        }
        outcome.map(|()| malicious(1.0)).map_err(|kind| ScanError::new(kind, "as told"))
    }
}

const DOWN: Result<(), ErrorKind> = Err(ErrorKind::Unavailable);

/// The moody one, skipped after three failures, and one that says benign.
fn panel(moody: &Moody) -> Panel<Any> {
    let steady = Scripted::new("steady", Does::Say(benign(0.5)));
    Panel::new(vec![Backend::new(moody.clone()).skip_after(3), Backend::new(steady)], Any).unwrap()
}

async fn scan(panel: &Panel<Any>) -> ScanResult {
    panel.scan(&Artifact::file("x"), &ScanContext::within(30 * SECOND)).await.unwrap()
}

async fn scans(panel: &Panel<Any>, times: u32) {
    for _ in 0..times {
        let result = scan(panel).await;
        assert!(!result.complete, "a skipped backend is a failed one: nothing is called clean");
    }
}

#[tokio::test(start_paused = true)]
async fn skipped_after_so_many_failures_and_asked_again_once() {
    let moody = Moody::new([DOWN]);
    let panel = panel(&moody);
    scans(&panel, 3).await;
    assert_eq!(moody.asked(), 3);
    assert_eq!(panel.about().await.backends[0].warnings.len(), 1, "it shows as degraded");

    let skipped = scan(&panel).await;
    assert_eq!((skipped.verdict, skipped.complete, moody.asked()), (Verdict::Benign, false, 0));
    let error = skipped.backends[0].outcome.as_ref().unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (
            ErrorKind::Unavailable,
            "skipped after 3 failures in a row, tried again in 1 s; the last was unavailable: as told"
        )
    );
    // Each trial is one scan, and the pause behind it twice as long, up to a minute.
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        advance(pause * SECOND - Duration::from_millis(1)).await;
        scans(&panel, 5).await;
        assert_eq!(moody.asked(), 0, "before {pause} s are over");
        advance(Duration::from_millis(1)).await;
        scans(&panel, 5).await;
        assert_eq!(moody.asked(), 1, "after {pause} s");
    }
    moody.now_says(Ok(()));
    advance(60 * SECOND).await;
    for _ in 0..5 {
        let back = scan(&panel).await;
        assert_eq!((back.verdict, back.complete), (Verdict::Malicious, true));
    }
    assert_eq!(moody.asked(), 5);
    assert!(panel.about().await.backends[0].warnings.is_empty());
    // All is forgotten: it takes three failures again, and the first pause is short again.
    moody.now_says(DOWN);
    scans(&panel, 4).await;
    assert_eq!(moody.asked(), 3);
    advance(SECOND).await;
    scans(&panel, 1).await;
    assert_eq!(moody.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_failures_in_a_row_that_speak_of_the_backend_count() {
    use ErrorKind::{
        BadReply, Corrupt, Crashed, Encrypted, LimitExceeded, TimedOut, TooLarge, Unavailable, Unsupported,
    };
    let table: [(&[Result<(), ErrorKind>], bool); 7] = [
        (&[Err(Unavailable), Err(Unavailable), Err(Unavailable)], true),
        // an artifact can do that to it: artifacts made for it must not hide the next one
        (&[Err(TimedOut), Err(Crashed), Err(BadReply), Err(TimedOut), Err(Crashed), Err(BadReply)], false),
        // not asked, perhaps: neither here nor there
        (&[Err(Unavailable), Err(Unsupported), Err(Unavailable), Err(Crashed), Err(Unavailable)], true),
        // it answered in between
        (&[Err(Unavailable), Err(Unavailable), Ok(()), Err(Unavailable), Err(Unavailable)], false),
        (&[Err(Unavailable), Err(Unavailable), Err(Encrypted), Err(Unavailable), Err(Unavailable)], false),
        (&[Err(Encrypted), Err(Corrupt), Err(LimitExceeded), Err(TooLarge)], false),
        (&[Err(Unsupported), Err(Unsupported), Err(Unsupported), Err(Unsupported)], false),
    ];
    for (script, skipped) in table {
        let moody = Moody::new(script.iter().copied().chain([Ok(())]));
        let panel = panel(&moody);
        for _ in script {
            scan(&panel).await;
        }
        moody.asked();
        scan(&panel).await;
        assert_eq!(moody.asked() == 0, skipped, "{script:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn never_with_zero() {
    let moody = Moody::new([DOWN]);
    let panel = Panel::new(vec![Backend::new(moody.clone()).skip_after(0)], Any).unwrap();
    scans(&panel, 100).await;
    assert_eq!(moody.asked(), 100);
}

/// Of many scans at once one tries, the others are skipped; given up on the way, it leaves the trial to the next.
#[tokio::test(start_paused = true)]
async fn one_trial_at_a_time() {
    let mut moody = Moody::new([DOWN]);
    let gate = Arc::new(Notify::new());
    moody.gate = Some(Arc::clone(&gate));
    let panel = panel(&moody);
    for _ in 0..3 {
        gate.notify_one();
        scan(&panel).await;
    }
    advance(SECOND).await;
    moody.now_says(Ok(()));
    moody.asked();

    let mut trial = Box::pin(scan(&panel));
    while *moody.asked.lock().unwrap() == 0 {
        tokio::select! { biased; _ = &mut trial => panic!("the gate is shut"), () = tokio::task::yield_now() => {} }
    }
    let other = scan(&panel).await;
    assert!(other.backends[0].outcome.as_ref().unwrap_err().message.contains("being tried again now"));
    drop(trial);
    assert_eq!(moody.asked(), 1);

    gate.notify_one();
    assert_eq!(scan(&panel).await.verdict, Verdict::Malicious);
    assert_eq!(moody.asked(), 1);
}

/// A self-test that passes is as good as a trial.
#[tokio::test(start_paused = true)]
async fn the_self_test_brings_it_back() {
    let moody = Moody::new([DOWN]);
    let panel = panel(&moody);
    scans(&panel, 4).await;
    moody.now_says(Ok(()));
    panel.ready().await.unwrap();
    assert!(scan(&panel).await.complete);
}

/// Scans that were under way when it was found out make the pause no longer.
#[tokio::test(start_paused = true)]
async fn two_hundred_failures_at_once_are_one_opening() {
    let moody = Moody::new([DOWN]);
    let panel = panel(&moody);
    futures_util::future::join_all((0..200).map(|_| scan(&panel))).await;
    moody.asked();
    advance(SECOND).await;
    scans(&panel, 1).await;
    assert_eq!(moody.asked(), 1);
}
