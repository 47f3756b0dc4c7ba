//! Backend programs that keep no rule: each costs its own ballot, and the next scan has a program that works if there is one.

use std::{num::NonZeroUsize, path::Path, time::Duration};

use engine_core::{
    Artifact, ErrorKind, ScanContext, ScanError, ScanResult, Scanner, Verdict, scanner::child::Program,
};
use engine_multi::{Any, Backend, Exec, Panel};

use crate::scripted::{Does, Scripted, benign};

const HELLO: &str = r#"echo '{"hello":{"protocol":1,"name":"itself","version":"1","signatures":"none"}}'"#;
/// Reads a request, whose number is `$id` then, and the artifact, which is one byte, a newline.
const READ: &str = r#"read -r request; read -r artifact; id=${request#*\"id\":}; id=${id%%,*}"#;
const LONG: Duration = Duration::from_secs(60);

fn exec(script: &str, dir: &Path) -> Exec {
    let path = dir.join("backend.sh");
    std::fs::write(&path, script).unwrap();
    let program = Program::new("sh").args([path]).start_within(Duration::from_secs(30));
    Exec::new("own", program, NonZeroUsize::MIN)
}

async fn scan_within(scanner: &impl Scanner, time: Duration) -> Result<ScanResult, ScanError> {
    scanner.scan(&Artifact::file("\n"), &ScanContext::within(time)).await
}

/// The failure of each script, and a part of its message.
#[tokio::test]
async fn what_is_no_answer_is_one_failed_ballot() {
    let benign_reply = r#"{"id":'$id',"verdict":"benign","confidence":0.5}"#;
    // ID is the request's number.
    let says =
        |reply: &str| format!("{HELLO}; {READ}; echo '{}'; exec sleep 600", reply.replace("ID", "'$id'"));
    for (script, kind, message) in [
        // before hello
        ("exit 0".to_owned(), ErrorKind::Unavailable, "ended with exit status: 0"),
        ("echo no rules >&2; exit 3".to_owned(), ErrorKind::Unavailable, "no rules"),
        ("echo hello; exec sleep 600".to_owned(), ErrorKind::Unavailable, "not an answer"),
        ("printf '{\"hello\":{\"protocol\":1}}'".to_owned(), ErrorKind::Unavailable, "a line without an end"),
        ("exec yes | tr -d '\\n'".to_owned(), ErrorKind::Unavailable, "longer than a mebibyte"),
        (
            r#"echo '{"hello":{"protocol":2}}'; exec sleep 600"#.to_owned(),
            ErrorKind::Unavailable,
            "speaks protocol 2, expected 1",
        ),
        // after it
        (format!("{HELLO}; {READ}; exit 1"), ErrorKind::Crashed, "ended with exit status: 1"),
        (format!("{HELLO}; {READ}; kill -9 $$"), ErrorKind::Crashed, "signal: 9"),
        (says("benign"), ErrorKind::BadReply, "not an answer"),
        (says("{}"), ErrorKind::BadReply, "missing field `id`"),
        (says(r#"{"id":ID}"#), ErrorKind::BadReply, "neither a verdict nor an error"),
        (says(r#"{"id":2,"verdict":"benign","confidence":1}"#), ErrorKind::BadReply, "reply to request 2"),
        (says(r#"{"id":ID,"verdict":"clean","confidence":1}"#), ErrorKind::BadReply, "unknown variant"),
        (says(r#"{"id":ID,"verdict":"benign","confidence":1.5}"#), ErrorKind::BadReply, "not an answer"),
        (says(r#"{"id":ID,"verdict":"malicious"}"#), ErrorKind::BadReply, "without a confidence"),
        (says(r#"{"id":ID,"error":{"kind":"tired"}}"#), ErrorKind::BadReply, "unknown variant"),
        (format!("{HELLO}; {READ}; exec yes | tr -d '\\n'"), ErrorKind::BadReply, "longer than a mebibyte"),
        (format!("{HELLO}; {READ}; head -c 100000 /dev/zero; echo"), ErrorKind::BadReply, "not an answer"),
        (format!("{HELLO}; {READ}; printf '{benign_reply}'"), ErrorKind::BadReply, "a line without an end"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let steady = Backend::new(Scripted::new("steady", Does::Say(benign(0.5))));
        let panel = Panel::new(vec![Backend::new(exec(&script, dir.path())), steady], Any).unwrap();
        let result = scan_within(&panel, LONG).await.unwrap();
        let error = result.backends[0].outcome.as_ref().expect_err(&script);
        assert_eq!(error.kind, kind, "{script}: {error}");
        assert!(error.message.contains(message), "{script}: {error}");
        assert!(error.message.len() < 500, "{script}: {error}");
        assert_eq!((result.verdict, result.complete), (Verdict::Benign, false), "{script}");
    }
}

/// It answers, and then again although nobody asked: the answer counts, and the second word is nobody's answer to the next scan.
#[tokio::test]
async fn one_that_says_too_much_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let twice = r#"echo '{"id":'$id',"verdict":"malicious","confidence":1}
{"id":2,"verdict":"malicious","confidence":1}'"#;
    let last = r#"echo '{"id":'$id',"verdict":"benign","confidence":0.5}'"#;
    // The first process says too much, the next does not.
    let switch = dir.path().join("second").display().to_string();
    let script = format!(
        "{HELLO}; {READ}; if test -e '{switch}'; then {last}; else touch '{switch}'; {twice}; fi; exec sleep 600"
    );
    let own = exec(&script, dir.path());
    assert_eq!(scan_within(&own, LONG).await.unwrap().verdict, Verdict::Malicious);
    assert_eq!(scan_within(&own, LONG).await.unwrap().verdict, Verdict::Benign);
}

/// It reads, and answers nothing: killed at the deadline, and the next scan has another.
#[tokio::test]
async fn one_that_says_nothing_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let switch = dir.path().join("second").display().to_string();
    let answer = r#"echo '{"id":'$id',"verdict":"malicious","confidence":1}'"#;
    let script = format!(
        "{HELLO}; {READ}; test -e '{switch}' || {{ touch '{switch}'; exec sleep 600; }}; {answer}; exec sleep 600"
    );
    let own = exec(&script, dir.path());
    own.ready().await.unwrap();
    assert_eq!(scan_within(&own, Duration::from_millis(300)).await.unwrap_err().kind, ErrorKind::TimedOut);
    assert!(Path::new(&switch).exists(), "it had read");
    assert_eq!(scan_within(&own, LONG).await.unwrap().verdict, Verdict::Malicious);
}

/// It takes longer to load than a scan may take. Scans go without it, none starts it anew, and then it is there.
#[tokio::test]
async fn one_that_says_hello_late_is_there_for_a_later_scan() {
    let dir = tempfile::tempdir().unwrap();
    let (starts, go) = (dir.path().join("starts"), dir.path().join("go"));
    let script = format!(
        "echo . >> '{}'; until test -e '{}'; do sleep 0.01; done; {HELLO}; {READ}\n\
         echo '{{\"id\":'$id',\"verdict\":\"malicious\",\"confidence\":1}}'; exec sleep 600",
        starts.display(),
        go.display()
    );
    let own = exec(&script, dir.path());
    for _ in 0..3 {
        let early = scan_within(&own, Duration::from_millis(50)).await.unwrap_err();
        assert_eq!(early.kind, ErrorKind::Unavailable, "no artifact was handed over: {early}");
    }
    std::fs::write(&go, "").unwrap();
    assert_eq!(scan_within(&own, LONG).await.unwrap().verdict, Verdict::Malicious);
    assert_eq!(std::fs::read_to_string(&starts).unwrap(), ".\n", "started once");
}
