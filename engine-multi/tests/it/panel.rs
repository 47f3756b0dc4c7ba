//! Waiting, on a pretend clock: it jumps to the next thing that is due, so nothing here takes time.

use std::{num::NonZeroUsize, sync::atomic::Ordering, time::Duration};

use engine_core::{
    Artifact, ErrorKind, ScanContext, ScanError, ScanResult, Scanner, ScannerExt, Verdict, scanner::About,
};
use engine_multi::{Any, Backend, Distill, Panel, PanelError, Quorum, distill::BadRule};
use tokio::time::Instant;

use crate::scripted::{Does, Scripted, benign, malicious};

const SECOND: Duration = Duration::from_secs(1);

fn panel(backends: impl IntoIterator<Item = Scripted>) -> Panel<Any> {
    Panel::new(backends.into_iter().map(Backend::new).collect(), Any).unwrap()
}

async fn scan(panel: &Panel<impl Distill>, time: Duration) -> ScanResult {
    panel.scan(&Artifact::file("x"), &ScanContext::within(time)).await.unwrap()
}

/// Names and what they said, or how they failed.
fn said(result: &ScanResult) -> Vec<(&str, Result<Verdict, ErrorKind>)> {
    let outcome = |r: &Result<ScanResult, ScanError>| r.as_ref().map(|r| r.verdict).map_err(|e| e.kind);
    result.backends.iter().map(|ballot| (ballot.backend.as_str(), outcome(&ballot.outcome))).collect()
}

#[tokio::test(start_paused = true)]
async fn all_are_asked_at_once_and_answer_in_their_order() {
    let panel = panel([
        Scripted::new("slow", Does::SayAfter(3 * SECOND, benign(0.5))),
        Scripted::new("quick", Does::Say(malicious(0.9))),
        Scripted::new("slower", Does::SayAfter(4 * SECOND, benign(0.5))),
    ]);
    let start = Instant::now();
    let result = scan(&panel, 10 * SECOND).await;
    assert_eq!(start.elapsed().as_secs(), 4, "as long as the slowest, not as all together");
    assert_eq!(
        said(&result),
        [("slow", Ok(Verdict::Benign)), ("quick", Ok(Verdict::Malicious)), ("slower", Ok(Verdict::Benign))]
    );
    let took: Vec<_> = result.backends.iter().map(|ballot| ballot.elapsed.as_secs()).collect();
    assert_eq!(took, [3, 0, 4]);
    assert!(result.complete);
    assert_eq!(result.verdict, Verdict::Malicious);
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_those_that_answered_decide() {
    let hanging = Scripted::new("hanging", Does::Hang);
    let running = hanging.running.clone();
    let panel = panel([hanging, Scripted::new("quick", Does::Say(benign(0.5)))]);
    for time in [10 * SECOND, Duration::from_millis(20)] {
        let start = Instant::now();
        // The caller waits no longer than it said; the panel has to be there before.
        let scan = tokio::time::timeout(time, scan(&panel, time));
        let result = scan.await.expect("an answer before the caller's own deadline");
        let took = start.elapsed();
        assert!(
            time * 8 / 10 <= took && took < time,
            "backends have nearly all of the time, not all: {took:?}"
        );
        assert_eq!(said(&result), [("hanging", Err(ErrorKind::TimedOut)), ("quick", Ok(Verdict::Benign))]);
        assert_eq!((result.verdict, result.complete), (Verdict::Benign, false));
        tokio::task::yield_now().await;
        assert_eq!(running.load(Ordering::SeqCst), 0, "the scan that hangs is dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn a_backend_has_a_limit_of_its_own() {
    let late = |name| Scripted::new(name, Does::SayAfter(5 * SECOND, malicious(1.0)));
    let backends = vec![
        Backend::new(late("limited")).timeout(SECOND),
        Backend::new(late("enough")).timeout(6 * SECOND),
        Backend::new(Scripted::new("quick", Does::Say(benign(0.5)))).timeout(SECOND),
    ];
    let start = Instant::now();
    let result = scan(&Panel::new(backends, Any).unwrap(), 60 * SECOND).await;
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(
        said(&result),
        [
            ("limited", Err(ErrorKind::TimedOut)),
            ("enough", Ok(Verdict::Malicious)),
            ("quick", Ok(Verdict::Benign))
        ]
    );
    assert!(!result.complete);
    assert_eq!(result.backends[0].elapsed.as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_or_a_failure_costs_one_ballot() {
    let panel = panel([
        Scripted::new("panics", Does::Panic),
        Scripted::new("fails", Does::Fail(ErrorKind::Encrypted)),
        Scripted::new("finds", Does::Say(malicious(0.75))),
    ]);
    let result = scan(&panel, SECOND).await;
    assert_eq!(
        said(&result),
        [
            ("panics", Err(ErrorKind::Crashed)),
            ("fails", Err(ErrorKind::Encrypted)),
            ("finds", Ok(Verdict::Malicious))
        ]
    );
    assert_eq!(result.backends[0].outcome.as_ref().unwrap_err().message, "panics panicked: as told");
    assert_eq!((result.verdict, result.complete, result.confidence.get()), (Verdict::Malicious, false, 0.75));
}

#[tokio::test(start_paused = true)]
async fn a_panel_that_is_blind_has_no_opinion_and_tells_why() {
    let panel = panel([
        Scripted::new("gone", Does::Fail(ErrorKind::Unavailable)),
        Scripted::new("panics", Does::Panic),
        Scripted::new("hangs", Does::Hang),
    ]);
    let result = scan(&panel, SECOND).await;
    assert_eq!((result.verdict, result.complete), (Verdict::Unknown, false));
    assert_eq!(
        result.metadata["distilled"]["failed"],
        serde_json::json!({"gone": "unavailable", "panics": "crashed", "hangs": "timed_out"})
    );
    assert_eq!(result.backends.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_scan_that_is_dropped_stops_its_backends() {
    let hanging = Scripted::new("hanging", Does::Hang);
    let running = hanging.running.clone();
    let panel = panel([hanging]);
    let (artifact, cx) = (Artifact::file("x"), ScanContext::within(60 * SECOND));
    let mut scan = Box::pin(panel.scan(&artifact, &cx));
    while running.load(Ordering::SeqCst) == 0 {
        tokio::select! { biased; _ = &mut scan => panic!("it hangs"), () = tokio::task::yield_now() => {} }
    }
    drop(scan);
    while running.load(Ordering::SeqCst) != 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn many_scans_at_once_keep_their_ballots_apart() {
    let panel = panel([
        Scripted::new("slow", Does::SayAfter(SECOND, malicious(1.0))),
        Scripted::new("quick", Does::Say(benign(0.5))),
    ]);
    let scans = futures_util::future::join_all((0..200).map(|_| scan(&panel, 10 * SECOND)));
    for result in scans.await {
        assert_eq!((result.verdict, result.complete, result.backends.len()), (Verdict::Malicious, true, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_panel_is_a_backend_too() {
    let inner = panel([
        Scripted::new("gone", Does::Fail(ErrorKind::Unavailable)),
        Scripted::new("quick", Does::Say(benign(0.5))),
    ]);
    let outer =
        vec![Backend::new(inner).named("inner"), Backend::new(Scripted::new("own", Does::Say(benign(0.5))))];
    let result = scan(&Panel::new(outer, Any).unwrap(), SECOND).await;
    assert_eq!((result.verdict, result.complete), (Verdict::Benign, false), "its blind eye is ours");
    assert_eq!(said(&result), [("inner", Ok(Verdict::Benign)), ("own", Ok(Verdict::Benign))]);
}

#[test]
fn it_works_on_no_more_than_its_backend_with_the_fewest_places() {
    let three = NonZeroUsize::MIN.saturating_add(2);
    let limited = Scripted::new("limited", Does::Hang).limit(three);
    let backends = vec![Backend::new(Scripted::new("free", Does::Hang)), Backend::new(limited)];
    assert_eq!(Panel::new(backends, Any).unwrap().at_once(), three);
}

#[tokio::test(start_paused = true)]
async fn ready_when_one_backend_is() {
    let fails = || Does::Fail(ErrorKind::Unavailable);
    let one = panel([
        Scripted::ready("gone", fails()),
        Scripted::ready("hangs", Does::Hang),
        Scripted::ready("panics", Does::Panic),
        Scripted::ready("good", Does::Say(ScanResult::unknown())),
    ]);
    assert_eq!(one.ready().await, Ok(()));
    let none = panel([Scripted::ready("gone", fails()), Scripted::ready("panics", Does::Panic)]);
    let error = none.ready().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(error.message, "no backend is ready (gone: as told; panics: panics panicked: as told)");
}

#[test]
fn a_panel_that_makes_no_sense_is_refused() {
    let backends = |names: &[&'static str]| -> Vec<_> {
        names.iter().map(|name| Backend::new(Scripted::new(name, Does::Hang))).collect()
    };
    assert_eq!(Panel::new(vec![], Any).unwrap_err(), PanelError::Empty);
    let same = Panel::new(backends(&["a", "b", "a"]), Any).unwrap_err();
    assert_eq!(same, PanelError::SameName("a".to_owned()));
    let needed = NonZeroUsize::new(3).unwrap();
    let error = Panel::new(backends(&["a", "b"]), Quorum(needed)).unwrap_err();
    assert_eq!(error, PanelError::Rule(BadRule::QuorumTooLarge { needed, backends: 2 }));
    assert_eq!(
        error.to_string(),
        "quorum=3 can never be reached by 2 backend(s): ask for at most quorum=2, or add backends"
    );
    let renamed = backends(&["a", "a"]).into_iter().enumerate().map(|(i, b)| b.named(format!("a{i}")));
    assert!(Panel::new(renamed.collect(), Any).is_ok());
}

/// The rule, and each backend by its name in the panel; versions as results carry them, or none if one is not known.
#[tokio::test(start_paused = true)]
async fn it_says_what_it_works_with() {
    let silent = panel([Scripted::new("a", Does::Hang), Scripted::new("b", Does::Hang)]).about().await;
    assert_eq!((silent.name.as_str(), &silent.facts[..]), ("multi", &[("rule", "any".to_owned())][..]));
    assert_eq!(silent.backends.iter().map(|about| about.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((silent.version, silent.signatures), (None, None));

    let known = |version: Option<&'static str>| Backend::new(Told(version));
    let all = Panel::new(
        vec![known(Some("1")), known(Some("")).named("quiet"), known(Some("2")).named("own")],
        Any,
    );
    let all = all.unwrap().about().await;
    assert_eq!(
        (all.version.as_deref(), all.signatures.as_deref()),
        (Some("told 1, own 2"), Some("told 1, own 2"))
    );
    let one_is_not_known =
        Panel::new(vec![known(Some("1")), known(None).named("own")], Any).unwrap().about().await;
    assert_eq!((one_is_not_known.version, one_is_not_known.signatures), (None, None));
}

/// A scanner of a version, which is that of its signatures too.
struct Told(Option<&'static str>);

impl Scanner for Told {
    fn name(&self) -> &str {
        "told"
    }

    async fn about(&self) -> About {
        match self.0 {
            Some(version) => About::new("told").by(version, version),
            None => About::new("told"),
        }
    }

    async fn scan(&self, _: &Artifact, _: &ScanContext) -> Result<ScanResult, ScanError> {
        Ok(ScanResult::unknown())
    }
}
