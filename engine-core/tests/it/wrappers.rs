//! The wrappers keep the contract of [`Scanner`], whatever is inside.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use engine_core::{
    Artifact, ArtifactKind, BoxScanner, Confidence, ErrorKind, ScanContext, ScanError, ScanResult, Scanner,
    ScannerExt, SyncScanner, Verdict,
    scanner::{Accepts, Blocking},
};
use futures_util::FutureExt;
use tokio::sync::Semaphore;

fn within_a_minute() -> ScanContext {
    ScanContext::within(Duration::from_secs(60))
}

fn benign() -> Result<ScanResult, ScanError> {
    Ok(ScanResult::new(Verdict::Benign, Confidence::HALF))
}

/// Counts scans that run at once, and lets each go when the test says so.
#[derive(Clone)]
struct Gate {
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new(open: usize) -> Self {
        Self { running: Arc::default(), most: Arc::default(), open: Arc::new(Semaphore::new(open)) }
    }
}

impl Scanner for Gate {
    fn name(&self) -> &str {
        "gate"
    }

    async fn ready(&self) -> Result<(), ScanError> {
        Err(ScanError::unavailable("the gate is never ready"))
    }

    fn at_once(&self) -> NonZeroUsize {
        NonZeroUsize::MIN.saturating_add(1)
    }

    async fn scan(&self, _: &Artifact, _: &ScanContext) -> Result<ScanResult, ScanError> {
        self.most.fetch_max(self.running.fetch_add(1, SeqCst) + 1, SeqCst);
        self.open.acquire().await.unwrap().forget();
        self.running.fetch_sub(1, SeqCst);
        benign()
    }
}

#[tokio::test]
async fn limit_bounds_scans_at_once_and_waits_within_the_deadline() {
    let gate = Gate::new(0);
    let limited = gate.clone().limit(NonZeroUsize::new(2).unwrap()).boxed();
    let artifact = Artifact::file("x");
    let cx = within_a_minute();
    let mut scans: Vec<_> = (0..6).map(|_| Box::pin(limited.scan(&artifact, &cx))).collect();
    for scan in &mut scans {
        assert!(scan.now_or_never().is_none());
    }
    let late = limited.scan(&artifact, &ScanContext::within(Duration::from_millis(20))).await.unwrap_err();
    assert_eq!(late.kind, ErrorKind::TimedOut, "{late}");
    gate.open.add_permits(6);
    for scan in scans {
        assert_eq!(scan.await.unwrap().verdict, Verdict::Benign);
    }
    assert_eq!(gate.most.load(SeqCst), 2);
}

#[tokio::test]
async fn a_dropped_scan_frees_its_place() {
    let gate = Gate::new(0);
    let limited = gate.clone().limit(NonZeroUsize::MIN);
    let (artifact, cx) = (Artifact::file("x"), within_a_minute());
    let mut given_up = Box::pin(limited.scan(&artifact, &cx));
    assert!((&mut given_up).now_or_never().is_none());
    drop(given_up);
    gate.open.add_permits(1);
    assert!(limited.scan(&artifact, &cx).await.is_ok());
}

#[tokio::test]
async fn timeout_ends_a_scan_that_never_does() {
    let stuck = Gate::new(0).timeout(Duration::from_millis(20));
    let error = stuck.scan(&Artifact::file("x"), &within_a_minute()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(error.message.contains("gate"), "{error}");
}

#[tokio::test]
async fn every_wrapper_forwards_name_self_test_and_places() {
    let accepts = || Accepts::kinds([ArtifactKind::File]);
    let wrapped: [(BoxScanner, usize); 5] = [
        (Gate::new(0).boxed(), 2),
        (Gate::new(0).limit(NonZeroUsize::MIN).boxed(), 1),
        (Gate::new(0).limit(NonZeroUsize::MAX).boxed(), 2),
        (Gate::new(0).timeout(Duration::from_secs(1)).boxed(), 2),
        (Gate::new(0).only(accepts()).boxed(), 2),
    ];
    for (scanner, at_once) in wrapped {
        assert_eq!((scanner.name(), scanner.at_once().get()), ("gate", at_once));
        assert_eq!(scanner.ready().await.unwrap_err().message, "the gate is never ready");
    }
}

#[tokio::test]
async fn only_refuses_what_is_not_for_its_scanner() {
    let only = Gate::new(1).only(Accepts::kinds([ArtifactKind::File]).max_size(3));
    let url = only.scan(&Artifact::new(ArtifactKind::Url, "x"), &within_a_minute()).await.unwrap_err();
    assert_eq!(url.kind, ErrorKind::Unsupported);
    let large = only.scan(&Artifact::file("four"), &within_a_minute()).await.unwrap_err();
    assert_eq!(large.kind, ErrorKind::TooLarge);
    assert!(only.scan(&Artifact::file("ok"), &within_a_minute()).await.is_ok());
}

/// Panics, hangs or answers, as the artifact says.
struct Moody(Mutex<mpsc::Receiver<()>>);

impl SyncScanner for Moody {
    fn name(&self) -> &str {
        "moody"
    }

    fn scan(&self, artifact: &Artifact, _: &ScanContext) -> Result<ScanResult, ScanError> {
        match artifact.bytes().as_ref() {
            b"panic" => panic!("this panic is part of the test"),
            b"hang" => self.0.lock().unwrap().recv().unwrap(),
            _ => {}
        }
        benign()
    }
}

#[tokio::test]
async fn blocking_outlives_panics_and_keeps_deadlines() {
    let (release, receive) = mpsc::channel();
    let scanner = Blocking::new(Moody(receive.into()), NonZeroUsize::MIN);
    assert_eq!(scanner.at_once(), NonZeroUsize::MIN);
    let crashed = scanner.scan(&Artifact::file("panic"), &within_a_minute()).await.unwrap_err();
    assert_eq!(crashed.kind, ErrorKind::Crashed);
    assert!(crashed.message.contains("moody"), "{crashed}");
    assert!(scanner.scan(&Artifact::file("x"), &within_a_minute()).await.is_ok());

    let soon = ScanContext::within(Duration::from_millis(20));
    let late = scanner.scan(&Artifact::file("hang"), &soon).await.unwrap_err();
    assert_eq!(late.kind, ErrorKind::TimedOut);
    // The thread is still at it, so its place is still taken.
    let soon = ScanContext::within(Duration::from_millis(20));
    let waiting = scanner.scan(&Artifact::file("x"), &soon).await.unwrap_err();
    assert_eq!(waiting.kind, ErrorKind::TimedOut);
    release.send(()).unwrap();
    assert!(scanner.scan(&Artifact::file("x"), &within_a_minute()).await.is_ok());
}
