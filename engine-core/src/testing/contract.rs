//! The contract suite: what every [`Scanner`] promises, tried out on one.
//!
//! ```no_run
//! use engine_core::{Scanner, Verdict, testing::Contract};
//! # async fn test(my_scanner: impl Scanner) {
//! // In a test with #[tokio::test(flavor = "multi_thread")]:
//! Contract::new(my_scanner)
//!     .eicar_is(Verdict::Malicious)
//!     .reload(|| async { /* change the signatures, and wait until they are loaded */ })
//!     .assert()
//!     .await;
//! # }
//! ```
//!
//! It asks for the empty artifact, a huge one, EICAR, a URL, two hundred scans at once, scans given up midway, a deadline that has
//! passed, and with hooks for a peer that goes away and for signatures that are loaded anew during scans.

mod answer;
mod deadlines;
mod hooks;
mod load;
mod single;

use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use self::answer::Trial;
use crate::{scanner::Scanner, verdict::Verdict};

/// The suite for one scanner, with what its author says of it.
pub struct Contract<S> {
    scanner: Arc<S>,
    settings: Settings,
    peer: Option<(Hook, Hook)>,
    reload: Option<Hook>,
}

/// What the suite asks for, and how much of it.
#[derive(Clone, Copy, Debug)]
struct Settings {
    eicar: Verdict,
    within: Duration,
    huge: usize,
    at_once: usize,
}

/// Something that the author's test does to the scanner's surroundings.
type Hook = Box<dyn FnMut() -> BoxFuture<'static, ()> + Send>;

fn hook<F: Future<Output = ()> + Send + 'static>(mut act: impl FnMut() -> F + Send + 'static) -> Hook {
    Box::new(move || Box::pin(act()))
}

impl<S: Scanner> Contract<S> {
    /// The suite for this scanner. Without more words it has to call EICAR malicious, and has a minute for each scan.
    pub fn new(scanner: S) -> Self {
        let settings = Settings {
            eicar: Verdict::Malicious,
            within: Duration::from_secs(60),
            huge: 64 << 20,
            at_once: 200,
        };
        Self { scanner: Arc::new(scanner), settings, peer: None, reload: None }
    }

    /// What the scanner says of EICAR: [`Malicious`](Verdict::Malicious) unless it is a scanner for something else.
    #[must_use]
    pub fn eicar_is(mut self, verdict: Verdict) -> Self {
        self.settings.eicar = verdict;
        self
    }

    /// How long one scan, self-test or recovery may take; a minute by default. The whole suite takes a small multiple of the
    /// scanner's own time.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.settings.within = time;
        self
    }

    /// The size of the huge artifact in bytes; 64 MiB by default.
    #[must_use]
    pub fn huge(mut self, bytes: usize) -> Self {
        self.settings.huge = bytes;
        self
    }

    /// How many scans are started at once; two hundred by default.
    #[must_use]
    pub fn at_once(mut self, scans: usize) -> Self {
        self.settings.at_once = scans;
        self
    }

    /// How its peer (a daemon, a child process) is made to go away, and how it is brought back. While it is away no scan may
    /// come to a complete result; once it is back they have to.
    #[must_use]
    pub fn peer<A, B>(
        mut self,
        gone: impl FnMut() -> A + Send + 'static,
        back: impl FnMut() -> B + Send + 'static,
    ) -> Self
    where
        A: Future<Output = ()> + Send + 'static,
        B: Future<Output = ()> + Send + 'static,
    {
        self.peer = Some((hook(gone), hook(back)));
        self
    }

    /// How its signatures are changed and loaded anew; the hook ends when they are. EICAR stays what it is, no scan fails
    /// meanwhile, and each says either the old signatures or the new ones.
    #[must_use]
    pub fn reload<F>(mut self, reload: impl FnMut() -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.reload = Some(hook(reload));
        self
    }

    /// Runs the suite, on a runtime of several threads best.
    ///
    /// # Errors
    /// Every promise that was seen broken.
    pub async fn check(self) -> Result<(), Broken> {
        let Self { scanner, settings, peer, reload } = self;
        let name = scanner.name().to_owned();
        let mut trial = Trial::new(scanner, settings);
        single::name_and_self_test(&mut trial).await;
        single::artifacts(&mut trial).await;
        single::about(&mut trial).await;
        load::at_once(&mut trial).await;
        load::cancelled(&mut trial).await;
        deadlines::passed(&mut trial).await;
        deadlines::short(&mut trial).await;
        if let Some(reload) = reload {
            hooks::reload(&mut trial, reload).await;
        }
        if let Some((gone, back)) = peer {
            hooks::peer(&mut trial, gone, back).await;
        }
        let promises = trial.broken();
        if promises.is_empty() { Ok(()) } else { Err(Broken { name, promises }) }
    }

    /// The same for a test that is to fail.
    ///
    /// # Panics
    /// With every promise that was seen broken.
    pub async fn assert(self) {
        if let Err(broken) = self.check().await {
            panic!("{broken}");
        }
    }
}

impl<S: Scanner> fmt::Debug for Contract<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hooks = (self.peer.is_some(), self.reload.is_some());
        f.debug_struct("Contract")
            .field("scanner", &self.scanner.name())
            .field("hooks", &hooks)
            .finish_non_exhaustive()
    }
}

/// The promises that a scanner did not keep.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scanner `{name}` breaks its contract:\n- {}", promises.join("\n- "))]
pub struct Broken {
    name: String,
    promises: Vec<String>,
}

impl Broken {
    /// Each promise, with what was seen instead.
    pub fn promises(&self) -> &[String] {
        &self.promises
    }
}
