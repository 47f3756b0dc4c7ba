//! The contract suite itself: sound scanners pass it, and each broken promise is seen.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use engine_core::{
    Artifact, Confidence, ErrorKind, Finding, ScanContext, ScanError, ScanResult, Scanner, ScannerExt,
    SyncScanner, Verdict,
    scanner::{About, Blocking, Child, child::Program},
    testing::{Contract, Script, Scripted, eicar},
};

const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

fn says(verdict: Verdict) -> ScanResult {
    ScanResult::new(verdict, Confidence::ONE).by("1.0", "first")
}

fn is_eicar(artifact: &Artifact) -> bool {
    *artifact.bytes() == eicar()
}

/// What a sound scanner says.
fn right(artifact: &Artifact) -> ScanResult {
    says(if is_eicar(artifact) { Verdict::Malicious } else { Verdict::Benign })
}

/// A suite that is not so huge.
fn quick<S: Scanner>(scanner: S) -> Contract<S> {
    Contract::new(scanner).huge(1 << 20).within(Duration::from_secs(20))
}

/// Computes, as most scanners of authors do; its signatures can change.
#[derive(Clone, Default)]
struct Computes {
    signatures: Arc<Mutex<String>>,
}

impl SyncScanner for Computes {
    fn name(&self) -> &str {
        "computes"
    }

    fn about(&self) -> About {
        About::new("computes").by("1.0", self.signatures.lock().unwrap().clone())
    }

    fn scan(&self, artifact: &Artifact, _: &ScanContext) -> Result<ScanResult, ScanError> {
        let signatures = self.signatures.lock().unwrap().clone();
        Ok(right(artifact).by("1.0", signatures))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_scanner_passes_whatever_wraps_it() {
    let scanner = Computes { signatures: Arc::new(Mutex::new("first".into())) };
    let signatures = Arc::clone(&scanner.signatures);
    let wrapped = Blocking::new(scanner, TWO).limit(TWO).timeout(Duration::from_secs(60)).boxed();
    let reload = move || {
        let signatures = Arc::clone(&signatures);
        async move { *signatures.lock().unwrap() = "second".into() }
    };
    Contract::new(wrapped).reload(reload).assert().await;
    Contract::new(Scripted::new("scripted", |artifact| Script::Say(right(artifact)))).assert().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_program_passes() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"cd "$1"
echo '{"hello":{"protocol":1,"name":"sh","version":"1","signatures":"none"}}'
while IFS= read -r line; do
    id=${line#*\"id\":}; id=${id%%,*}; size=${line#*\"size\":}; size=${size%%,*}
    if head -c "$size" | grep -aq '^X5O.P%@AP.4.PZX54(P^)7CC)7}.EICAR'; then v=malicious; else v=benign; fi
    echo "{\"id\":$id,\"verdict\":\"$v\",\"confidence\":0.5}"
done"#;
    std::fs::write(folder.path().join("script"), script).unwrap();
    let program = Program::new("/bin/sh").args([folder.path().join("script"), folder.path().into()]);
    let child = Child::start("sh", program.memory(1 << 30), TWO).await.unwrap();
    let about = child.about().await;
    assert_eq!((about.version.as_deref(), about.signatures.as_deref()), (Some("1"), Some("none")));
    let facts: Vec<_> = about.facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for fact in [
        ("program", "/bin/sh"),
        ("protocol", "1"),
        ("processes_at_most", "2"),
        ("memory_limit", "1024 MiB each"),
    ] {
        assert!(facts.contains(&fact), "{fact:?}: {facts:?}");
    }
    Contract::new(child).assert().await;
}

/// A scanner that breaks something, and a piece of what is to be said of it.
async fn breaks<S: Scanner>(contract: Contract<S>, promise: &str) {
    let broken = contract.check().await.expect_err(promise);
    let seen = broken.promises().iter().any(|seen| seen.contains(promise));
    assert!(seen, "expected {promise:?} in: {broken}");
}

fn scripted(script: impl Fn(&Artifact) -> Script + Send + Sync + 'static) -> Contract<Scripted> {
    quick(Scripted::new("scripted", script))
}

/// Says the right thing but where `wrong` has another idea.
fn but(wrong: impl Fn(&Artifact) -> Option<Script> + Send + Sync + 'static) -> Contract<Scripted> {
    scripted(move |artifact| wrong(artifact).unwrap_or_else(|| Script::Say(right(artifact))))
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_opinions_are_seen() {
    breaks(scripted(|_| Script::Say(says(Verdict::Benign))), "it knows EICAR: EICAR is benign").await;
    breaks(scripted(|_| Script::Say(says(Verdict::Malicious))), "something harmless is harmless").await;
    let nothing = |artifact: &Artifact| artifact.bytes().is_empty();
    breaks(but(move |a| nothing(a).then(|| Script::Say(says(Verdict::Malicious)))), "on an empty artifact")
        .await;
    breaks(but(move |a| nothing(a).then_some(Script::Panic)), "on an empty artifact: it panicked").await;
    let url = |a: &Artifact| {
        (a.kind() != engine_core::ArtifactKind::File).then_some(Script::Fail(ErrorKind::Corrupt))
    };
    breaks(but(url), "a URL that it cannot scan is unsupported").await;
    let huge = |a: &Artifact| (a.size() > 1000).then_some(Script::Fail(ErrorKind::Crashed));
    breaks(but(huge), "on a huge artifact").await;
    let unknown = scripted(|_| Script::Say(ScanResult::unknown().by("1", "1"))).eicar_is(Verdict::Unknown);
    unknown.assert().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_not_whole_are_seen() {
    let spoilt = |spoil: fn(&mut ScanResult)| {
        scripted(move |artifact| {
            let mut result = right(artifact);
            spoil(&mut result);
            Script::Say(result)
        })
    };
    breaks(spoilt(|result| result.version.clear()), "without its `version`").await;
    breaks(spoilt(|result| result.signatures.clear()), "without its `signatures`").await;
    breaks(spoilt(|result| result.findings = vec![Finding::new("b"), Finding::new("a")]), "not sorted").await;
    let half_blind = |result: &mut ScanResult| {
        let outcome = Err(ScanError::unavailable("away"));
        result.backends = vec![engine_core::Ballot { backend: "b".into(), outcome, elapsed: Duration::ZERO }];
    };
    breaks(spoilt(half_blind), "`complete` although backend b failed").await;
    breaks(quick(Scripted::says("two words", says(Verdict::Benign))), "its name is a word").await;
    let failing = Scripted::new("scripted", |artifact| Script::Say(right(artifact)))
        .self_test(Script::Fail(ErrorKind::Unavailable));
    breaks(quick(failing), "its self-test passes: unavailable").await;
}

/// Breaks what only a scanner of its own can break.
struct Odd {
    scans: AtomicUsize,
    does: fn(usize, &Artifact, &ScanContext) -> Result<ScanResult, ScanError>,
    waits: bool,
}

impl Odd {
    fn new(does: fn(usize, &Artifact, &ScanContext) -> Result<ScanResult, ScanError>) -> Self {
        Self { scans: AtomicUsize::new(0), does, waits: false }
    }
}

impl Scanner for Odd {
    fn name(&self) -> &str {
        "odd"
    }

    async fn about(&self) -> About {
        About::new("odd").by("1.0", "others")
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let number = self.scans.fetch_add(1, Ordering::SeqCst);
        if self.waits {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
        let result = (self.does)(number, artifact, cx);
        self.scans.fetch_sub(1, Ordering::SeqCst);
        result
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_is_looked_at() {
    breaks(quick(Odd::new(|_, a, _| Ok(right(a)))), "past its deadline a scan fails as timed_out: it said")
        .await;
    breaks(quick(Odd::new(|_, a, _| Ok(right(a)))), "what it says of itself is what its results say").await;
    breaks(quick(Scripted::hangs("hangs")).within(Duration::from_millis(10)), "no answer within").await;
    let computes = |_, a: &Artifact, _: &ScanContext| {
        let mut sum = 0_u64;
        // Far more work than a poll may do, on a machine of any speed.
        while a.size() > 1 << 20 && sum < 400_000_000 {
            sum = std::hint::black_box(sum + 1);
        }
        Ok(right(a))
    };
    breaks(
        quick(Odd::new(computes)).huge(2 << 20).within(Duration::from_secs(60)),
        "it computes on a runtime thread",
    )
    .await;
}

/// A scan that was dropped leaves its count behind, and later ones suffer from it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_cancel_safe_is_seen() {
    let leaky = Odd {
        waits: true,
        ..Odd::new(|others, a, cx| match others {
            _ if cx.remaining().is_zero() => Err(ScanError::timed_out("late")),
            // Two hundred at once may be under way, and one dropped scan counts as many.
            0..200 => Ok(right(a)),
            _ => Err(ScanError::unavailable("full")),
        })
    };
    leaky.scans.store(185, Ordering::SeqCst);
    let broken = quick(leaky).at_once(10).check().await.unwrap_err();
    let seen = broken.promises().iter().any(|seen| seen.contains("given up does not disturb the next"));
    assert!(seen, "{broken}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mixed_up_answers_are_seen() {
    // The right answer to somebody else: what it was asked before.
    let last = Mutex::new(None);
    let mixed = scripted(move |artifact| {
        let mut last = last.lock().unwrap();
        let answer = last.replace(right(artifact)).unwrap_or_else(|| right(artifact));
        Script::Say(answer)
    });
    breaks(mixed, "200 scans at once, each its own").await;
}

/// A scanner whose peer is away while `away` is set; without it, it does what `blind` says.
fn with_peer(blind: impl Fn() -> Script + Send + Sync + 'static, comes_back: bool) -> Contract<Scripted> {
    let away = Arc::new(AtomicBool::new(false));
    let (gone, back, is_away) = (Arc::clone(&away), Arc::clone(&away), away);
    but(move |_| is_away.load(Ordering::SeqCst).then(&blind)).peer(
        move || {
            gone.store(true, Ordering::SeqCst);
            async {}
        },
        move || {
            back.store(!comes_back, Ordering::SeqCst);
            async {}
        },
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_goes_away_is_no_opinion() {
    with_peer(|| Script::Fail(ErrorKind::Unavailable), true).assert().await;
    let blind = || Script::Say(says(Verdict::Benign));
    breaks(with_peer(blind, true), "without its peer a scan fails: it said benign").await;
    breaks(with_peer(|| Script::Panic, true), "a scan").await;
    let lost = with_peer(|| Script::Fail(ErrorKind::Unavailable), false).within(Duration::from_millis(300));
    breaks(lost, "with its peer back it works again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_signatures_is_watched() {
    let state = Arc::new(AtomicUsize::new(0));
    let now = Arc::clone(&state);
    let change = move || {
        let state = Arc::clone(&state);
        async move {
            state.store(1, Ordering::SeqCst);
        }
    };
    let contract =
        but(move |_| (now.load(Ordering::SeqCst) == 1).then_some(Script::Fail(ErrorKind::Unavailable)));
    breaks(contract.reload(change), "a change of signatures disturbs no scan: it failed, unavailable").await;

    let scans = AtomicUsize::new(0);
    let contract = scripted(move |artifact| {
        let number = scans.fetch_add(1, Ordering::SeqCst);
        Script::Say(right(artifact).by("1.0", number.to_string()))
    });
    breaks(contract.reload(|| async {}), "each result says the signatures that it used").await;
    breaks(but(|_| None).reload(|| async { panic!("cannot") }), "the change itself failed").await;
}
