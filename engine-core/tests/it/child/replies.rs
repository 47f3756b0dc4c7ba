use super::*;

/// The first process answers, and then the requests to come as well, as far as they can be guessed.
#[tokio::test]
async fn what_was_said_before_the_request_is_no_answer() {
    let script = Script::new(
        r#"hello; if first; then
            echo $$ > pid; request; answer; for id in 1 2 3 4 5 $id $((id + 1)); do answer; done; touch said; exec sleep 1000
        fi
        while request; do echo "{\"id\":$id,\"verdict\":\"malicious\",\"confidence\":1}"; done"#,
    );
    let child = script.start().await.unwrap();
    assert_eq!(scan(&child, "one").await.unwrap().verdict, Verdict::Benign);
    // If it is heard at once, it is killed before it has said all.
    let pid = script.pid("pid").await;
    until("the answers", || script.file("said").exists() || test_kill_process(pid).is_err()).await;
    assert_eq!(scan(&child, "two").await.unwrap().verdict, Verdict::Malicious);
}

/// What comes before the request is read, and after the process was looked at, has not the request's number.
#[tokio::test]
async fn numbers_of_requests_cannot_be_guessed() {
    let script = Script::new("hello; while request; do echo $id >> ids; answer; done");
    for text in ["one", "two"] {
        let child = script.start().await.unwrap();
        scan(&child, text).await.unwrap();
        scan(&child, text).await.unwrap();
    }
    let ids = fs::read_to_string(script.file("ids")).unwrap();
    let ids: Vec<u64> = ids.lines().map(|id| id.parse().unwrap()).collect();
    assert_eq!(ids.len(), 4);
    for (place, id) in ids.iter().enumerate() {
        assert!(*id > 1000 && *id < 1 << 53 && !ids[..place].contains(id), "{ids:?}");
    }
    assert_ne!(ids[0] + 1, ids[1], "{ids:?}");
}

#[tokio::test]
async fn before_all_bytes_are_read_malice_is_an_answer_and_harmlessness_is_none() {
    for (then, says, expected) in [
        ("exec sleep 1000", "malicious", Ok(Verdict::Malicious)),
        ("exit", "malicious", Ok(Verdict::Malicious)),
        ("exit", "benign", Err(ErrorKind::Crashed)),
        ("exit", "unknown", Err(ErrorKind::Crashed)),
        // It answers early, and reads the rest then.
        (r#"head -c "$size" > /dev/null; exec sleep 1000"#, "benign", Ok(Verdict::Benign)),
    ] {
        let script = Script::new(&format!(
            r#"hello; header; echo "{{\"id\":$id,\"verdict\":\"{says}\",\"confidence\":1}}"; {then}"#
        ));
        // It does not fit into the pipe, or it does.
        for size in [10 << 20, 10] {
            let child = script.start().await.unwrap();
            let outcome = scan(&child, &"x".repeat(size)).await;
            let outcome = outcome.map(|result| result.verdict).map_err(|error| error.kind);
            assert_eq!(outcome, expected, "{says}, {then}, {size}");
        }
    }
}

#[tokio::test]
async fn null_is_nothing() {
    let script = Script::new(
        r#"echo '{"hello":{"protocol":1,"name":null,"version":null,"signatures":null}}'; request
        echo "{\"id\":$id,\"verdict\":\"malicious\",\"confidence\":1,\"family\":null,\"findings\":null,\"metadata\":null,\"error\":null}""#,
    );
    let result = scan(&script.start().await.unwrap(), "one").await.unwrap();
    assert_eq!((result.verdict, result.family), (Verdict::Malicious, None));
    assert!(result.findings.is_empty() && result.metadata.is_empty());
}
