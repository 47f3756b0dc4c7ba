//! Against a real clamd, over TCP and its unix socket; and against daemons that misbehave.

use std::{sync::Arc, time::Duration};

use engine_clamav::Options;
use engine_core::{Artifact, ArtifactKind, Confidence, ErrorKind, Finding, ScanContext, Scanner, Verdict};
use engine_tests::{
    peers::{clamd::Clamd, free_port},
    samples,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use crate::support::{LONG, clamd, kind, open, over, scan};

#[tokio::test]
async fn verdicts_over_tcp_and_unix() {
    let Some(clamd) = clamd() else { return };
    for address in [clamd.tcp(), clamd.unix()] {
        let scanner = over(&address).await;
        scanner.ready().await.unwrap();

        let found = scan(&scanner, samples::marzipan()).await.unwrap();
        assert_eq!((found.verdict, found.confidence), (Verdict::Malicious, Confidence::ONE), "{address}");
        assert_eq!(found.family.as_deref(), Some("Marzipan"));
        assert_eq!(found.findings, [Finding::new("Win.Trojan.Marzipan-42-0")]);
        assert!(found.version.starts_with("ClamAV "), "{}", found.version);
        assert_eq!(found.signatures, "unversioned");

        for clean in [samples::clean(), Vec::new(), samples::noise(900_000)] {
            let clean = scan(&scanner, clean).await.unwrap();
            assert_eq!((clean.verdict, clean.confidence), (Verdict::Benign, Confidence::HALF), "{address}");
            assert!(clean.version.starts_with("ClamAV ") && !clean.signatures.is_empty());
        }
        let eicar = scan(&scanner, samples::nested_zip(&samples::eicar(), 2)).await.unwrap();
        assert_eq!(eicar.family.as_deref(), Some("Eicar"));
    }
}

#[tokio::test]
async fn what_was_not_looked_into_is_no_verdict() {
    let Some(clamd) = clamd() else { return };
    for address in [clamd.tcp(), clamd.unix()] {
        let scanner = over(&address).await;
        assert_eq!(kind(&scanner, vec![b'a'; 6 << 20]).await, ErrorKind::TooLarge, "{address}");
        assert_eq!(kind(&scanner, vec![b'a'; 64 << 20]).await, ErrorKind::TooLarge, "{address}");
        assert_eq!(kind(&scanner, samples::noise(3 << 19)).await, ErrorKind::LimitExceeded, "{address}");
        assert_eq!(kind(&scanner, samples::encrypted_zip()).await, ErrorKind::Encrypted, "{address}");
    }
    let scanner = over(&clamd.tcp()).await;
    let url = Artifact::new(ArtifactKind::Url, "http://localhost/");
    let error = scanner.scan(&url, &ScanContext::within(LONG)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
}

#[tokio::test]
async fn two_hundred_at_once() {
    let Some(clamd) = clamd() else { return };
    let scanner = Arc::new(over(&clamd.tcp()).await);
    let scans: Vec<_> = (0..200)
        .map(|n| {
            let (scanner, bad) = (Arc::clone(&scanner), n % 2 == 0);
            let bytes = if bad { samples::marzipan() } else { samples::noise(1000 + n) };
            tokio::spawn(async move { scan(&*scanner, bytes).await.unwrap().verdict.is_malicious() == bad })
        })
        .collect();
    for scan in scans {
        assert!(scan.await.unwrap());
    }
}

#[tokio::test]
async fn a_dead_daemon_is_unavailable_until_it_is_back() {
    let nowhere = format!("127.0.0.1:{}", free_port().unwrap());
    let scanner = over(&nowhere).await;
    for _ in 0..2 {
        let error = scan(&scanner, samples::clean()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable);
        assert!(error.message.contains(&nowhere), "{error}");
    }
    assert_eq!(scanner.ready().await.unwrap_err().kind, ErrorKind::Unavailable);
    assert_eq!(kind(&over("unix:/nowhere").await, "x").await, ErrorKind::Unavailable);

    let Some(mut clamd) = clamd() else { return };
    let scanner = over(&clamd.unix()).await;
    clamd.kill().unwrap();
    assert_eq!(kind(&scanner, samples::clean()).await, ErrorKind::Unavailable);
    clamd.restart().unwrap();
    assert!(scan(&scanner, samples::marzipan()).await.unwrap().verdict.is_malicious());
}

/// Killed while it has an artifact: that scan fails, the next one works.
#[tokio::test]
async fn a_daemon_killed_in_the_middle_of_a_scan() {
    let Some(mut clamd) = clamd() else { return };
    let (address, arrived) = tap(clamd.tcp()).await;
    let scanner = over(&address).await;
    scan(&scanner, samples::clean()).await.unwrap();

    clamd.pause().unwrap();
    let (failed, ()) = tokio::join!(scan(&scanner, samples::marzipan()), async {
        arrived.notified().await;
        clamd.kill().unwrap();
    });
    assert_eq!(failed.unwrap_err().kind, ErrorKind::Unavailable);

    clamd.restart().unwrap();
    assert!(scan(&scanner, samples::marzipan()).await.unwrap().verdict.is_malicious());
}

/// It accepts, and PING would be answered by the kernel's patience only: what does not scan is not ready.
#[tokio::test]
async fn a_daemon_that_hangs() {
    let Some(clamd) = clamd() else { return };
    let scanner = over(&clamd.tcp()).await;
    scan(&scanner, samples::clean()).await.unwrap();
    clamd.pause().unwrap();
    let cx = ScanContext::within(Duration::from_millis(100));
    let late = scanner.scan(&Artifact::file("x"), &cx).await.unwrap_err();
    assert_eq!(late.kind, ErrorKind::TimedOut);
    // Tested anew, with time enough to tell a slow scan from a daemon that does not scan.
    let cx = ScanContext::within(Duration::from_millis(2500));
    let stuck = scanner.scan(&Artifact::file("x"), &cx).await.unwrap_err();
    assert_eq!(stuck.kind, ErrorKind::Unavailable);
    clamd.go_on().unwrap();
    scan(&scanner, samples::clean()).await.unwrap();
}

#[tokio::test]
async fn a_dropped_scan_disturbs_nobody() {
    let Some(clamd) = clamd() else { return };
    let scanner = over(&clamd.tcp()).await;
    for steps in 0..20 {
        let artifact = Artifact::file(samples::noise(900_000));
        let cx = ScanContext::within(LONG);
        let mut scan = Box::pin(scanner.scan(&artifact, &cx));
        for _ in 0..steps {
            tokio::select! { biased; _ = &mut scan => break, () = tokio::task::yield_now() => {} }
        }
    }
    assert!(scan(&scanner, samples::marzipan()).await.unwrap().verdict.is_malicious());
}

#[tokio::test]
async fn a_database_without_eicar_needs_a_self_test_file() {
    if !Clamd::is_installed() {
        return drop(clamd());
    }
    let clamd = Clamd::over(samples::database_without_eicar).unwrap();
    let options = Options::clamd(clamd.tcp().parse().unwrap());
    let error = scan(&open(options.clone()).await, samples::clean()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadReply);
    assert!(error.message.contains("--self-test-file"), "{error}");

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), samples::marzipan()).unwrap();
    let mut with_file = options;
    with_file.self_test_file = Some(file.path().into());
    assert_eq!(scan(&open(with_file).await, samples::clean()).await.unwrap().verdict, Verdict::Benign);
}

/// Daemons that refuse without reading, hang up, and talk nonsense.
#[tokio::test]
async fn misbehaving_daemons() {
    for (reply, expected) in [
        (&b"INSTREAM size limit exceeded. ERROR\0"[..], ErrorKind::TooLarge),
        (b"", ErrorKind::Unavailable),
        (b"stream: OK", ErrorKind::BadReply),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", ErrorKind::BadReply),
        (&[b'x'; 200_000], ErrorKind::BadReply),
    ] {
        // Small enough to be sent at once, and too large for the socket's buffers: both ways of a broken pipe.
        for size in [10, 32 << 20] {
            let address = daemon(reply, false).await;
            let scanner = over(&address).await;
            let shown = String::from_utf8_lossy(reply);
            assert_eq!(kind(&scanner, vec![b'a'; size]).await, expected, "{size} bytes, `{shown:.40}`");
        }
    }
}

/// One that has answered, and neither reads on nor hangs up: the answer counts, though not everything could be sent.
#[tokio::test]
async fn an_answer_before_the_end_is_an_answer() {
    let scanner = over(&daemon(b"stream: Early FOUND\0", true).await).await;
    let early = scan(&scanner, vec![b'a'; 32 << 20]).await.unwrap();
    assert_eq!(early.findings, [Finding::new("Early")]);
}

/// A daemon that knows its version and EICAR, and answers everything else with `reply` as soon as it has seen its first bytes.
/// Then it hangs up, or keeps the connection and does not read on.
async fn daemon(reply: &'static [u8], keeps: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut start = [0; 15];
            let seen = stream.read(&mut start).await.unwrap();
            let answer = match &start[..seen] {
                b"zVERSION\0" => b"ClamAV 9/1/today\0",
                // EICAR's first byte.
                [.., b'X'] => &b"stream: Eicar FOUND\0"[..],
                _ => reply,
            };
            stream.write_all(answer).await.unwrap();
            if keeps {
                kept.push(stream);
            }
        }
    });
    address
}

/// Forwards to a daemon, and tells when the marzipan has come by.
async fn tap(daemon: String) -> (String, Arc<Notify>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (arrived, tell) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let told = Arc::clone(&arrived);
    drop(tell);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (daemon, told) = (daemon.clone(), Arc::clone(&told));
            tokio::spawn(async move {
                let mut daemon = TcpStream::connect(daemon).await?;
                let mut request = vec![0; 4096];
                let read = client.read(&mut request).await?;
                daemon.write_all(&request[..read]).await?;
                if request.windows(8).any(|part| part == b"MARZIPAN") {
                    told.notify_one();
                }
                tokio::io::copy_bidirectional(&mut client, &mut daemon).await
            });
        }
    });
    (address, arrived)
}
