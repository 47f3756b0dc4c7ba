//! Against libclamav, in the program `engine-clamav-host`.

use std::{fs, path::Path};

use engine_clamav::{Options, StartError};
use engine_core::{Artifact, Confidence, ErrorKind, ScanContext, Scanner, Verdict};
use engine_tests::samples;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::{LONG, kind, open, scan, try_open};

fn options(database: &Path) -> Options {
    let mut options = Options::database(database);
    options.host_program = Some(env!("CARGO_BIN_EXE_engine-clamav-host").into());
    options
}

fn database() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    samples::database(folder.path()).unwrap();
    folder
}

#[tokio::test]
async fn verdicts() {
    let folder = database();
    let scanner = open(options(folder.path())).await;
    scanner.ready().await.unwrap();
    let found = scan(&scanner, samples::marzipan()).await.unwrap();
    assert_eq!((found.verdict, found.confidence), (Verdict::Malicious, Confidence::ONE));
    assert_eq!((found.family.as_deref(), found.findings.len()), (Some("Marzipan"), 1));
    assert!(found.version.starts_with("ClamAV "), "{}", found.version);
    assert_eq!(found.signatures, engine_clamav::database::digest(folder.path()).unwrap());
    for clean in [samples::clean(), Vec::new(), samples::noise(8 << 20)] {
        let clean = scan(&scanner, clean).await.unwrap();
        assert_eq!((clean.verdict, clean.confidence), (Verdict::Benign, Confidence::HALF));
    }
    let eicar = scan(&scanner, samples::nested_zip(&samples::eicar(), 2)).await.unwrap();
    assert_eq!(eicar.family.as_deref(), Some("Eicar"));
}

#[tokio::test]
async fn what_was_not_looked_into_is_no_verdict() {
    let folder = database();
    let scanner = open(options(folder.path())).await;
    assert_eq!(kind(&scanner, samples::encrypted_zip()).await, ErrorKind::Encrypted);
    assert_eq!(kind(&scanner, samples::nested_zip(&samples::eicar(), 65)).await, ErrorKind::LimitExceeded);
    assert_eq!(kind(&scanner, vec![0; (100 << 20) + 1]).await, ErrorKind::TooLarge);
}

#[tokio::test]
async fn the_benign_confidence_is_a_setting() {
    let folder = database();
    let mut options = options(folder.path());
    options.benign_confidence = Confidence::percent(20);
    assert_eq!(scan(&open(options).await, "x").await.unwrap().confidence, Confidence::percent(20));
}

#[tokio::test]
async fn a_folder_in_which_nothing_loads_is_an_error() {
    let empty = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("readme.txt"), "no signatures").unwrap();
    let broken = tempfile::tempdir().unwrap();
    fs::write(broken.path().join("own.ndb"), "this is no signature").unwrap();
    let nothing = tempfile::tempdir().unwrap();
    fs::write(nothing.path().join("own.ndb"), "# nothing but a remark\n").unwrap();
    // libclamav is content with this one.
    let StartError::Libclamav { source, .. } = try_open(options(nothing.path())).await.unwrap_err() else {
        panic!()
    };
    assert!(source.message.contains("no signature in"), "{source}");
    for folder in [empty.path(), other.path(), broken.path(), nothing.path(), Path::new("/nowhere")] {
        let error = try_open(options(folder)).await.expect_err(&folder.display().to_string());
        let StartError::Libclamav { source, .. } = error else { panic!("{error}") };
        assert_eq!(source.kind, ErrorKind::Unavailable);
        assert!(source.message.contains(&folder.display().to_string()), "{source}");
    }
}

/// Half a database is none: what the broken file held would be called clean.
#[tokio::test]
async fn a_broken_file_beside_a_good_one_is_an_error() {
    let folder = database();
    fs::write(folder.path().join("broken.ndb"), "this is no signature").unwrap();
    let StartError::Libclamav { source, .. } = try_open(options(folder.path())).await.unwrap_err() else {
        panic!()
    };
    assert_eq!(source.kind, ErrorKind::Unavailable);
    assert!(source.message.contains("because of broken.ndb (Malformed database)"), "{source}");
}

#[tokio::test]
async fn a_database_without_eicar_needs_a_self_test_file() {
    let folder = tempfile::tempdir().unwrap();
    samples::database_without_eicar(folder.path()).unwrap();
    let StartError::Libclamav { source, .. } = try_open(options(folder.path())).await.unwrap_err() else {
        panic!()
    };
    assert!(source.message.contains("--self-test-file"), "{source}");
    let mut options = options(folder.path());
    let file = folder.path().join("self-test");
    fs::write(&file, samples::marzipan()).unwrap();
    options.self_test_file = Some(file);
    assert_eq!(scan(&open(options).await, "x").await.unwrap().verdict, Verdict::Benign);
}

#[tokio::test]
async fn a_missing_program_says_what_to_do() {
    let folder = database();
    let mut options = options(folder.path());
    options.host_program = Some("/nowhere/engine-clamav-host".into());
    let error = try_open(options).await.unwrap_err();
    assert!(error.to_string().contains("--features libclamav"), "{error}");
}

/// Killed when it has not read the artifact: another one scans it.
#[tokio::test]
async fn a_process_killed_before_it_reads_costs_nothing() {
    let folder = database();
    let scanner = open(options(folder.path())).await;
    let process = process_over(folder.path());
    stop(process);

    let artifact = Artifact::file(samples::marzipan());
    let cx = ScanContext::within(LONG);
    let mut under_way = Box::pin(scanner.scan(&artifact, &cx));
    // The first poll hands the artifact over; the process is stopped and does not answer.
    tokio::select! { biased; _ = &mut under_way => panic!("answered"), () = std::future::ready(()) => {} }
    kill_process(process, Signal::KILL).unwrap();
    assert!(under_way.await.unwrap().verdict.is_malicious());
    assert_ne!(process_over(folder.path()), process);
}

/// Stops a process, and waits until it is: one that is not yet could still read.
fn stop(process: Pid) {
    kill_process(process, Signal::STOP).unwrap();
    let stat = format!("/proc/{}/stat", process.as_raw_nonzero());
    while !fs::read_to_string(&stat).unwrap().contains(") T ") {
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_process_that_passes_the_deadline_is_replaced() {
    let folder = database();
    let scanner = open(options(folder.path())).await;
    kill_process(process_over(folder.path()), Signal::STOP).unwrap();
    let cx = ScanContext::within(std::time::Duration::from_millis(50));
    let error = scanner.scan(&Artifact::file("x"), &cx).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(scan(&scanner, samples::marzipan()).await.unwrap().verdict.is_malicious());
}

/// The running `engine-clamav-host` that has this database folder in its arguments.
fn process_over(database: &Path) -> Pid {
    let database = database.to_str().unwrap();
    let found = fs::read_dir("/proc").unwrap().find_map(|entry| {
        let entry = entry.unwrap();
        let process = entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw)?;
        let arguments = fs::read_to_string(entry.path().join("cmdline")).ok()?;
        (arguments.contains("engine-clamav-host") && arguments.contains(database)).then_some(process)
    });
    found.expect("a running engine-clamav-host")
}
