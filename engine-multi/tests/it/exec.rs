//! Programs as backends, and how they die. The programs are shell scripts that speak the backend protocol.

use std::{num::NonZeroUsize, path::Path, time::Duration};

use engine_core::{
    Artifact, ErrorKind, ScanContext, ScanError, ScanResult, Scanner, Verdict, scanner::child::Program,
};
use engine_multi::{Any, Backend, Exec, Panel};
use tokio::time::Instant;

use crate::scripted::{Does, Scripted, benign};

const HELLO: &str = r#"echo '{"hello":{"protocol":1,"name":"itself","version":"1","signatures":"none"}}'"#;
/// Answers each request with its id and malicious. The artifact is one byte, a newline.
const ANSWER: &str = r#"while read -r line; do
    read -r artifact
    id=$(echo "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
    echo "{\"id\":$id,\"verdict\":\"malicious\",\"confidence\":1.0}"
done"#;

fn exec(script: &str, dir: &Path) -> Exec {
    let path = dir.join("backend.sh");
    std::fs::write(&path, script).unwrap();
    Exec::new("own", Program::new("sh").args([path]), NonZeroUsize::MIN)
}

async fn scan(scanner: &impl Scanner) -> Result<ScanResult, ScanError> {
    scanner.scan(&Artifact::file("\n"), &ScanContext::within(Duration::from_secs(30))).await
}

#[tokio::test]
async fn a_program_is_a_backend() {
    let dir = tempfile::tempdir().unwrap();
    let own = exec(&format!("{HELLO}\n{ANSWER}"), dir.path());
    assert_eq!(own.ready().await, Ok(()));
    for _ in 0..3 {
        let result = scan(&own).await.unwrap();
        assert_eq!((result.verdict, result.version.as_str()), (Verdict::Malicious, "1"));
    }
    assert_eq!(own.name(), "own", "whatever it calls itself");
}

#[tokio::test]
async fn a_program_that_dies_at_start_costs_a_ballot_each_time() {
    let dir = tempfile::tempdir().unwrap();
    for (program, kind) in
        [(exec("exit 3", dir.path()), ErrorKind::Unavailable), (missing(), ErrorKind::Unavailable)]
    {
        let error = program.ready().await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        let quick = Scripted::new("quick", Does::Say(benign(0.5)));
        let panel = Panel::new(vec![Backend::new(quick), Backend::new(program)], Any).unwrap();
        for _ in 0..2 {
            let result = scan(&panel).await.unwrap();
            assert_eq!((result.verdict, result.complete), (Verdict::Benign, false));
            assert_eq!(result.backends[1].outcome.as_ref().unwrap_err().kind, kind);
        }
        assert_eq!(panel.ready().await, Ok(()));
    }
}

fn missing() -> Exec {
    Exec::new("own", Program::new("/no/such/program"), NonZeroUsize::MIN)
}

/// It is tried again: a backend that is repaired comes back by itself.
#[tokio::test]
async fn a_program_that_starts_later_is_a_backend_later() {
    let dir = tempfile::tempdir().unwrap();
    let switch = dir.path().join("repaired");
    let own = exec(&format!("test -e '{}' || exit 1\n{HELLO}\n{ANSWER}", switch.display()), dir.path());
    assert_eq!(scan(&own).await.unwrap_err().kind, ErrorKind::Unavailable);
    std::fs::write(&switch, "").unwrap();
    assert_eq!(scan(&own).await.unwrap().verdict, Verdict::Malicious);
}

/// A program that hangs before its hello does not hold up a scan past its deadline. No artifact had a part in that.
#[tokio::test(start_paused = true)]
async fn a_program_that_never_says_hello_is_unavailable() {
    let dir = tempfile::tempdir().unwrap();
    let own = exec("exec sleep 600", dir.path());
    let cx = ScanContext::within(Duration::from_millis(200));
    let start = Instant::now();
    let error = own.scan(&Artifact::file("\n"), &cx).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(start.elapsed() < Duration::from_secs(1), "on the pretend clock");
}

/// So the panel soon stops to wait for it, though the panel keeps the same deadline.
#[tokio::test(start_paused = true)]
async fn a_program_that_never_says_hello_is_skipped_before_long() {
    let dir = tempfile::tempdir().unwrap();
    let own = Backend::new(exec("exec sleep 600", dir.path())).skip_after(3);
    let steady = Backend::new(Scripted::new("steady", Does::Say(benign(0.5))));
    let panel = Panel::new(vec![own, steady], Any).unwrap();
    let cx = || ScanContext::within(Duration::from_secs(1));
    for _ in 0..3 {
        let result = panel.scan(&Artifact::file("\n"), &cx()).await.unwrap();
        let error = result.backends[0].outcome.as_ref().unwrap_err();
        assert!(error.message.contains("had not said hello"), "{error}");
    }
    let result = panel.scan(&Artifact::file("\n"), &cx()).await.unwrap();
    let error = result.backends[0].outcome.as_ref().unwrap_err();
    assert!(error.message.contains("skipped after 3 failures"), "{error}");
}
