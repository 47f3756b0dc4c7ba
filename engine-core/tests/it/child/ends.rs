use super::*;

#[tokio::test]
async fn what_a_program_started_ends_with_it() {
    // It dies over a scan.
    let script = Script::new(
        "hello; while request; do if first; then
            sleep 1000 < /dev/null > /dev/null 2>&1 & echo $! > sleeper; exit 3; fi; answer; done",
    );
    let child = script.start().await.unwrap();
    assert_eq!(scan(&child, "one").await.unwrap_err().kind, ErrorKind::Crashed);
    gone(script.pid("sleeper").await).await;

    // It ends between scans: seen when the next one looks for a process.
    let script = Script::new(
        "hello; first || while request; do answer; done
        request; sleep 1000 < /dev/null > /dev/null 2>&1 & echo $! > sleeper; answer",
    );
    let child = script.start().await.unwrap();
    for text in ["one", "two"] {
        assert!(scan(&child, text).await.is_ok(), "{text}");
    }
    gone(script.pid("sleeper").await).await;
}

#[tokio::test]
async fn a_program_is_seen_to_end_though_its_output_stays_open() {
    let message = fails_once(
        "hello; while request; do if first; then sleep 1000 & exit 3; fi; answer; done",
        ErrorKind::Crashed,
    )
    .await;
    assert!(message.contains("exit status: 3"), "{message}");
    let error = Script::new("sleep 1000 & exit 2").start().await.unwrap_err();
    assert!(error.message.contains("exit status: 2"), "before hello: {error}");
    // What it said before it ended counts.
    let script = Script::new("hello; request; answer; sleep 1000 & exit 3");
    assert!(scan(&script.start().await.unwrap(), "one").await.is_ok());
}

#[tokio::test]
async fn a_program_may_end_after_each_answer() {
    let script = Script::new("hello; request; answer");
    let child = script.start().await.unwrap();
    for number in 0..20 {
        let outcome = scan(&child, "x").await;
        assert!(outcome.is_ok(), "{number}: {outcome:?}");
    }
}

/// An artifact that a program never read has not killed it, so another one is asked; but only one.
#[tokio::test]
async fn a_program_that_ends_before_it_reads_the_request_is_replaced_once() {
    let late = |script: &Script| Child::later("script", script.program(), NonZeroUsize::MIN);
    let script = Script::new("hello; if first; then exit 3; fi; while request; do answer; done");
    assert!(scan(&late(&script), "one").await.is_ok());

    let script = Script::new("echo . >> starts; hello; exit 3");
    let child = late(&script);
    // Larger than a pipe, so that giving it fails too.
    let error = scan(&child, &"x".repeat(10 << 20)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable, "{error}");
    assert!(error.message.contains("exit status: 3 before it read anything"), "{error}");
    assert_eq!(fs::read_to_string(script.file("starts")).unwrap(), ".\n.\n");
}

#[tokio::test]
async fn a_program_that_ends_over_an_artifact_is_not_asked_again() {
    for text in [String::new(), "x".repeat(10 << 20)] {
        let script = Script::new("echo . >> starts; hello; header; exit 3");
        let error = scan(&script.start().await.unwrap(), &text).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Crashed, "{error}");
        assert_eq!(fs::read_to_string(script.file("starts")).unwrap(), ".\n");
    }
}

/// No artifact was handed over, so it is not the artifact's doing.
#[tokio::test]
async fn given_up_before_hello_is_unavailable() {
    let script = Script::new("echo . >> starts; exec sleep 1000");
    let child = Child::later("script", script.program(), NonZeroUsize::MIN);
    for number in 0..3 {
        // The later ones wait for the place of the process that is being started.
        let error = scan_within(&child, "x", Duration::from_millis(200)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable, "{number}: {error}");
        assert!(error.message.contains("had not said hello"), "{number}: {error}");
    }
    until("the start", || script.file("starts").exists()).await;
    let starts = fs::read_to_string(script.file("starts")).unwrap();
    assert!(starts.len() <= 2, "more than one start: {starts}");
}

/// Those who wait for a program that other artifacts keep busy say nothing against the program.
#[tokio::test]
async fn given_up_while_others_scan_is_timed_out() {
    let script = Script::new("hello; request; touch busy; exec sleep 1000");
    let child = Child::start("script", script.program(), NonZeroUsize::MIN).await.unwrap();
    let busy = script.file("busy");
    let waiting = async {
        until("the first scan", || busy.exists()).await;
        scan_within(&child, "two", Duration::from_millis(200)).await.unwrap_err()
    };
    let error = tokio::select! {
        _ = scan(&child, "one") => panic!("nothing answers this"),
        error = waiting => error,
    };
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(error.message.contains("busy"), "{error}");
}
