//! Backends without whose answer nothing is called benign.

use std::time::Duration;

use engine_core::{Artifact, ErrorKind, ScanContext, ScanResult, Scanner, Verdict};
use engine_multi::{Any, Backend, Majority, Panel, PanelError};
use serde_json::json;

use crate::scripted::{Does, Scripted, benign, malicious};

fn says(name: &'static str, does: Does) -> Backend {
    Backend::new(Scripted::new(name, does))
}

async fn scan(backends: Vec<Backend>) -> ScanResult {
    let panel = Panel::new(backends, Any).unwrap().requiring(["needed"]).unwrap();
    panel.scan(&Artifact::file("x"), &ScanContext::within(Duration::from_secs(1))).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn without_it_only_malicious_stands() {
    use Verdict::{Benign, Malicious, Unknown};
    let fail = || Does::Fail(ErrorKind::Encrypted);
    for (needed, other, verdict, complete) in [
        (Does::Say(benign(0.9)), Does::Say(benign(0.9)), Benign, true),
        (Does::Say(ScanResult::unknown()), Does::Say(benign(0.9)), Benign, true),
        (Does::Say(benign(0.9)), fail(), Benign, false),
        (fail(), Does::Say(benign(0.9)), Unknown, false),
        (Does::Hang, Does::Say(benign(0.9)), Unknown, false),
        (fail(), Does::Say(ScanResult::unknown()), Unknown, false),
        (fail(), Does::Say(malicious(0.9)), Malicious, false),
    ] {
        let told = format!("{needed:?}, {other:?}");
        let result = scan(vec![says("needed", needed), says("other", other)]).await;
        assert_eq!((result.verdict, result.complete), (verdict, complete), "{told}");
        assert_eq!(result.backends.len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn the_result_says_which_was_missing() {
    let mut family = benign(0.5);
    family.family = Some("Marzipan".to_owned());
    let result =
        scan(vec![says("needed", Does::Fail(ErrorKind::Crashed)), says("other", Does::Say(family))]).await;
    assert_eq!((result.family, result.confidence.get()), (None, 0.0));
    assert_eq!(result.metadata["distilled"]["required_failed"], json!(["needed"]));
    assert_eq!(
        result.metadata["distilled"]["why"],
        "required: needed, without whose answer nothing is called benign"
    );
    let stands =
        scan(vec![says("needed", Does::Fail(ErrorKind::Crashed)), says("other", Does::Say(malicious(1.0)))]);
    let told = &stands.await.metadata["distilled"];
    assert_eq!(
        (&told["required_failed"], &told["why"]),
        (&json!(["needed"]), &json!("1 say malicious, one is enough"))
    );
}

#[tokio::test(start_paused = true)]
async fn not_ready_without_it() {
    let fails = || Backend::new(Scripted::ready("fails", Does::Fail(ErrorKind::Unavailable)));
    let works = || Backend::new(Scripted::ready("works", Does::Say(ScanResult::unknown())));
    let panel = |required: &'static str| {
        Panel::new(vec![fails(), works()], Any).unwrap().requiring([required]).unwrap()
    };
    assert_eq!(panel("works").ready().await, Ok(()));
    let error = panel("fails").ready().await.unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Unavailable, "a required backend is not ready (fails: as told)")
    );
    let stuck = Panel::new(vec![works(), Backend::new(Scripted::ready("stuck", Does::Hang))], Any).unwrap();
    let told = stuck.self_test(Duration::from_secs(3)).await;
    assert_eq!(told.outcome, Ok(()));
    assert_eq!(told.backends[1].1.as_ref().unwrap_err().message, "the self-test took longer than 3s");
    let about = panel("fails").about().await;
    assert_eq!(about.facts, [("rule", "any".to_owned()), ("required", "fails".to_owned())]);
}

#[test]
fn a_name_that_nobody_has_is_refused() {
    let panel = Panel::new(vec![says("yara", Does::Hang), says("clamav", Does::Hang)], Majority).unwrap();
    let error = panel.requiring(["yara", "clamd"]).unwrap_err();
    assert!(matches!(error, PanelError::NotThere { .. }));
    assert_eq!(
        error.to_string(),
        "backend `clamd` is required and not asked; those that are: yara, clamav; did you mean `clamav`?"
    );
}
