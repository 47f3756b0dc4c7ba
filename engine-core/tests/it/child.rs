//! `scanner::Child` against small shell scripts that speak the backend protocol, well or badly.

use std::{fs, future::Future, num::NonZeroUsize, path::PathBuf, time::Duration};

use engine_core::{
    Artifact, ErrorKind, ScanContext, ScanResult, Scanner, Verdict,
    scanner::{Child, ScanError, child::Program},
};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;

/// How programs end, what ends with them, and what is told before.
mod ends;
/// Which answers count.
mod replies;

/// What every script begins with. `request` takes one request and its bytes, `header` without its bytes, `answer` answers it, `first` succeeds once.
const PREAMBLE: &str = r#"
cd "$1"
hello() { echo '{"hello":{"protocol":1,"name":"script","version":"1.2","signatures":"none","more":[1]}}'; }
header() {
    IFS= read -r line || exit 0
    id=${line#*\"id\":}; id=${id%%,*}
    size=${line#*\"size\":}; size=${size%%,*}
}
request() {
    header
    count=$((count + 1))
    head -c "$size" > bytes."$count"
}
answer() { echo "{\"id\":$id,\"verdict\":\"benign\",\"confidence\":0.5,\"more\":1}"; }
first() { mkdir first 2> /dev/null; }
"#;

struct Script {
    folder: TempDir,
}

impl Script {
    fn new(body: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("script"), format!("{PREAMBLE}\n{body}")).unwrap();
        Self { folder }
    }

    fn program(&self) -> Program {
        Program::new("/bin/sh").args([self.folder.path().join("script"), self.folder.path().into()])
    }

    async fn start(&self) -> Result<Child, ScanError> {
        Child::start("script", self.program(), NonZeroUsize::new(2).unwrap()).await
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The process number that the script wrote into a file, once it has.
    async fn pid(&self, name: &str) -> Pid {
        let written = || fs::read_to_string(self.file(name)).ok().filter(|text| text.ends_with('\n'));
        until("a process number", || written().is_some()).await;
        Pid::from_raw(written().unwrap().trim().parse().unwrap()).unwrap()
    }
}

/// Waits for a condition; gives up with a panic after a long time.
async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited too long for {what}");
}

async fn gone(pid: Pid) {
    until("a process to end", || test_kill_process(pid).is_err()).await;
}

fn scan<'a>(child: &'a Child, text: &'a str) -> impl Future<Output = Result<ScanResult, ScanError>> + 'a {
    scan_within(child, text, Duration::from_secs(60))
}

async fn scan_within(child: &Child, text: &str, time: Duration) -> Result<ScanResult, ScanError> {
    child.scan(&Artifact::file(text.to_owned()), &ScanContext::within(time)).await
}

/// The first scan fails with this kind; the next one, by another process, works. Returns the first's message.
async fn fails_once(body: &str, kind: ErrorKind) -> String {
    let script = Script::new(body);
    let child = script.start().await.unwrap();
    let error = scan(&child, "one").await.unwrap_err();
    assert_eq!(error.kind, kind, "{error}");
    assert_eq!(scan(&child, "two").await.unwrap().verdict, Verdict::Benign);
    error.message
}

#[tokio::test]
async fn scans_by_one_process_carry_its_version_and_the_exact_bytes() {
    let script = Script::new(r#"hello; echo $$ >> pids; while request; do answer; done"#);
    let child = script.start().await.unwrap();
    child.ready().await.unwrap();
    for (id, text) in [(1, ""), (2, "line\nline"), (3, "\0")] {
        let result = scan(&child, text).await.unwrap();
        assert_eq!((result.verdict, result.confidence.get()), (Verdict::Benign, 0.5));
        assert_eq!((result.version.as_str(), result.signatures.as_str()), ("1.2", "none"));
        assert_eq!(fs::read_to_string(script.file(&format!("bytes.{id}"))).unwrap(), text);
    }
    assert_eq!(fs::read_to_string(script.file("pids")).unwrap().lines().count(), 1);
}

#[tokio::test]
async fn as_many_processes_as_scans_at_once() {
    // Each waits for the other to have its request: one process for both would never answer.
    let script = Script::new(
        "hello; request; touch busy.$$; while [ $(ls busy.* | wc -l) -lt 2 ]; do sleep 0.01; done; answer",
    );
    let child = script.start().await.unwrap();
    assert_eq!(child.at_once().get(), 2);
    let (one, two) = tokio::join!(scan(&child, "one"), scan(&child, "two"));
    assert_eq!((one.unwrap().verdict, two.unwrap().verdict), (Verdict::Benign, Verdict::Benign));
}

#[tokio::test]
async fn a_program_that_cannot_start_says_why() {
    let missing = Child::start("it", Program::new("/no/such/program"), NonZeroUsize::MIN).await.unwrap_err();
    assert_eq!(missing.kind, ErrorKind::Unavailable);
    assert!(missing.message.contains("/no/such/program"), "{missing}");
    for (body, says) in [
        ("echo no rules >&2; exit 2", "no rules"),
        (r#"echo '{"hello":{"protocol":2}}'; request"#, "protocol 2"),
        ("echo good morning; request", "good morning"),
        ("head -c 3000000 /dev/zero; request", "longer than a mebibyte"),
    ] {
        let error = Script::new(body).start().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable, "{body}");
        assert!(error.message.contains(says), "{body}: {error}");
    }
}

#[tokio::test]
async fn a_program_that_says_nothing_is_given_up_and_killed() {
    let script = Script::new("echo $$ > pid; sleep 1000");
    let program = script.program().start_within(Duration::from_secs(2));
    let error = Child::start("silent", program, NonZeroUsize::MIN).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.contains("did not say hello"), "{error}");
    gone(script.pid("pid").await).await;
}

#[tokio::test]
async fn f23_replies_that_are_no_answers_cost_one_scan() {
    for (reply, says) in [
        (r#"echo "{\"id\":99,\"verdict\":\"benign\",\"confidence\":1}""#, "request 99"),
        (r#"echo "{\"id\":$id,\"verdict\":\"benign\",\"confidence\":1.5}""#, "confidence"),
        (r#"echo "{\"id\":$id,\"verdict\":\"malicious\"}""#, "confidence"),
        (r#"echo "{\"id\":$id,\"verdict\":\"evil\",\"confidence\":1}""#, "evil"),
        (r#"echo "{\"id\":$id}""#, "neither"),
        ("echo fine", "fine"),
        ("echo", "not an answer"),
        (r#"head -c 3000000 /dev/zero | tr '\0' x; echo"#, "longer than a mebibyte"),
    ] {
        let body = format!("hello; while request; do if first; then {reply}; else answer; fi; done");
        let message = fails_once(&body, ErrorKind::BadReply).await;
        assert!(message.contains(says), "{reply}: {message}");
    }
}

#[tokio::test]
async fn an_error_is_the_programs_answer_and_it_goes_on() {
    let script = Script::new(
        r#"hello; echo $$ >> pids; while request; do
            if first; then echo "{\"id\":$id,\"error\":{\"kind\":\"encrypted\",\"message\":\"locked\"}}"; else answer; fi
        done"#,
    );
    let child = script.start().await.unwrap();
    let error = scan(&child, "one").await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Encrypted, "locked"));
    assert!(scan(&child, "two").await.is_ok());
    assert_eq!(fs::read_to_string(script.file("pids")).unwrap().lines().count(), 1);
}

#[tokio::test]
async fn a_refusal_before_all_bytes_are_read_is_an_answer() {
    // It ends, or stays and reads no more of the artifact; which does not fit into the pipe, or does.
    for (then, size) in [("exit", 10 << 20), ("exec sleep 1000", 10 << 20), ("exec sleep 1000", 10)] {
        let script = Script::new(&format!(
            r#"hello; first || while request; do answer; done
            header; echo "{{\"id\":$id,\"error\":{{\"kind\":\"too_large\",\"message\":\"no more\"}}}}"; {then}"#
        ));
        let child = script.start().await.unwrap();
        let error = scan(&child, &"x".repeat(size)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge, "{then}, {size}: {error}");
        assert!(scan(&child, "two").await.is_ok(), "{then}, {size}");
    }
}

/// It takes the rest of a small artifact, which waits in the pipe, for requests: whether it is caught with that in the pipe or by its
/// unasked answers, it is replaced.
#[tokio::test]
async fn a_program_that_reads_on_for_requests_is_replaced() {
    let script = Script::new(
        r#"hello; while header; do
            if [ "$size" = 9 ]; then
                echo "{\"id\":$id,\"error\":{\"kind\":\"too_large\",\"message\":\"no more\"}}"
            else head -c "$size" > /dev/null; answer; fi
        done"#,
    );
    let child = script.start().await.unwrap();
    for _ in 0..20 {
        assert_eq!(scan(&child, "bad\nline\n").await.unwrap_err().kind, ErrorKind::TooLarge);
        assert_eq!(scan(&child, "two").await.unwrap().verdict, Verdict::Benign);
    }
}

#[tokio::test]
async fn what_was_not_asked_for_does_not_reach_the_next_scan() {
    let script = Script::new("hello; while request; do answer; answer; done");
    let child = script.start().await.unwrap();
    for text in ["one", "two", "three"] {
        // Both lines may arrive together or not, but a stale one is never taken for an answer.
        let stale = scan(&child, text).await;
        assert!(stale.as_ref().map_or_else(|e| e.kind == ErrorKind::BadReply, |_| true), "{stale:?}");
    }
}

#[tokio::test]
async fn f14_death_during_a_scan_is_crashed_with_the_last_words() {
    let message = fails_once(
        "hello; while request; do if first; then echo out of luck >&2; exit 3; fi; answer; done",
        ErrorKind::Crashed,
    )
    .await;
    assert!(message.contains("exit status: 3") && message.contains("out of luck"), "{message}");
    let message = fails_once(
        "hello; while request; do if first; then kill -9 $$; fi; answer; done",
        ErrorKind::Crashed,
    )
    .await;
    assert!(message.contains("signal: 9"), "{message}");
}

#[tokio::test]
async fn death_while_idle_costs_nothing() {
    let script =
        Script::new("hello; echo $$ > pid.$(ls pid.* 2> /dev/null | wc -l); while request; do answer; done");
    let child = script.start().await.unwrap();
    scan(&child, "one").await.unwrap();
    let first = script.pid("pid.0").await;
    kill_process(first, Signal::KILL).unwrap();
    // It is ours to wait for, so it stays as a zombie until it is looked at.
    let state = || fs::read_to_string(format!("/proc/{first}/stat")).unwrap_or_default();
    until("the process to die", || state().is_empty() || state().contains(") Z ")).await;
    scan(&child, "two").await.unwrap();
    assert_ne!(script.pid("pid.1").await, first);
}

#[tokio::test]
async fn past_the_deadline_the_program_and_what_it_started_are_killed() {
    let script = Script::new(
        "hello; while request; do if first; then sleep 1000 & echo $! > sleeper; echo $$ > pid; wait; fi; answer; done",
    );
    let child = script.start().await.unwrap();
    let error = scan_within(&child, "one", Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut, "{error}");
    gone(script.pid("pid").await).await;
    gone(script.pid("sleeper").await).await;
    assert!(scan(&child, "two").await.is_ok());
}

#[tokio::test]
async fn a_cancelled_scan_kills_the_program_and_disturbs_nothing() {
    let script =
        Script::new("hello; while request; do if first; then echo $$ > pid; sleep 1000; fi; answer; done");
    let child = script.start().await.unwrap();
    let pid = tokio::select! {
        _ = scan(&child, "one") => panic!("nothing answers this"),
        pid = script.pid("pid") => pid,
    };
    gone(pid).await;
    assert!(scan(&child, "two").await.is_ok());
}

#[tokio::test]
async fn a_dropped_scanner_leaves_no_process() {
    let script = Script::new("hello; echo $$ > pid; trap '' TERM; while :; do request; answer; done");
    let child = script.start().await.unwrap();
    let pid = script.pid("pid").await;
    drop(child);
    gone(pid).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn over_its_memory_limit_a_program_fails_one_scan() {
    let body = "hello; while request; do
        if first; then swollen=$(head -c 300000000 /dev/zero | tr '\\0' x); fi; answer; done";
    let script = Script::new(body);
    let child = Child::start("script", script.program().memory(64 << 20), NonZeroUsize::MIN).await.unwrap();
    let error = scan(&child, "one").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Crashed, "{error}");
    assert!(scan(&child, "two").await.is_ok());
}
