//! ClamAV as a [`Scanner`], whichever way it is reached.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use engine_core::{
    Artifact, ArtifactKind, ErrorKind, ScanContext, ScanError, ScanResult, Scanner, scanner::About,
};

use crate::{
    clamd::{Address, Clamd},
    daemon::Daemon,
    host::{self, Host},
    local,
    options::{Choice, HOST_PROCESSES, Options},
    self_test::{SelfTest, SelfTestError},
};

/// Scans with ClamAV: through clamd, or through libclamav in processes of `engine-clamav-host`.
///
/// - A clamd that is named by its address may be down when this value is made: it is asked again at each scan, which fails as
///   `unavailable` until the daemon is back. "A value that exists can scan" means here that nothing but the daemon is missing.
/// - What ClamAV calls clean is believed only while it finds the self-test file. That is tested at the first scan and then every
///   ten seconds (clamd), or once at the start (libclamav). Until the test passes, scans fail as `unavailable`.
/// - Only files are scanned; the text of a URL says nothing to ClamAV, so URLs are `unsupported`.
#[derive(Debug)]
pub struct ClamavScanner {
    backend: Backend,
    /// From which age on signatures are called old.
    max_age: Duration,
}

#[derive(Debug)]
enum Backend {
    Clamd(Daemon),
    Libclamav(Host),
}

impl ClamavScanner {
    /// Makes a scanner that will be asked for at most `at_once` scans at a time.
    ///
    /// # Errors
    ///
    /// When libclamav cannot be started or does not pass the self-test, when no ClamAV is named and none is found, and when the
    /// self-test file cannot be read. Not when a clamd that is named by its address is down.
    pub async fn open(options: Options, at_once: NonZeroUsize) -> Result<Self, StartError> {
        let test = options.self_test_file.as_deref().map_or_else(|| Ok(SelfTest::eicar()), SelfTest::file)?;
        let daemon = |clamd, test| Self {
            backend: Backend::Clamd(Daemon::new(clamd, test, options.benign_confidence)),
            max_age: options.max_age,
        };
        let database = match &options.choice {
            Choice::Clamd(address) => return Ok(daemon(Clamd::new(address.clone()), test)),
            Choice::Database(folder) => folder.clone(),
            Choice::Find => match local::clamd().await {
                Ok(clamd) => {
                    tracing::info!(address = %clamd.address(), "scanning with the clamd of this machine");
                    return Ok(daemon(clamd, test));
                }
                Err(tried) => {
                    return Self::libclamav(&options, local::DATABASE.into(), test, at_once)
                        .await
                        .map_err(|source| StartError::Nothing { tried, source: Box::new(source) });
                }
            },
        };
        Self::libclamav(&options, database, test, at_once).await
    }

    async fn libclamav(
        options: &Options,
        database: PathBuf,
        test: SelfTest,
        at_once: NonZeroUsize,
    ) -> Result<Self, StartError> {
        let program = options.host_program.clone().unwrap_or_else(host::find_program);
        let processes = options.host_processes.unwrap_or_else(|| at_once.min(HOST_PROCESSES));
        let host = Host::start(
            program.clone(),
            &database,
            options.benign_confidence,
            options.host_memory,
            test,
            processes,
        );
        match host.await {
            Ok(host) => Ok(Self { backend: Backend::Libclamav(host), max_age: options.max_age }),
            Err(source) => Err(StartError::Libclamav { program, database, source }),
        }
    }

    /// The address of the daemon that scans; `None` if libclamav does.
    pub fn clamd(&self) -> Option<&Address> {
        match &self.backend {
            Backend::Clamd(daemon) => Some(daemon.clamd().address()),
            Backend::Libclamav(_) => None,
        }
    }
}

impl Scanner for ClamavScanner {
    fn name(&self) -> &str {
        "clamav"
    }

    /// Scans the self-test file, within ten seconds (clamd), or as long as it takes to load a database (libclamav).
    async fn ready(&self) -> Result<(), ScanError> {
        match &self.backend {
            Backend::Clamd(daemon) => daemon.ready().await,
            Backend::Libclamav(host) => host.ready().await,
        }
    }

    /// How ClamAV is reached, its versions, and how old its signatures are; too old is a warning, and so is a daemon that does not
    /// answer within five seconds.
    async fn about(&self) -> About {
        let (about, release) = match &self.backend {
            Backend::Clamd(daemon) => daemon.about().await,
            Backend::Libclamav(host) => host.about().await,
        };
        match release {
            Some(release) => release.tell(about, SystemTime::now(), self.max_age),
            None => about,
        }
    }

    fn at_once(&self) -> NonZeroUsize {
        match &self.backend {
            // clamd has its own queue.
            Backend::Clamd(_) => NonZeroUsize::MAX,
            Backend::Libclamav(host) => host.at_once(),
        }
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        if artifact.kind() != ArtifactKind::File {
            let message = format!("ClamAV scans files, not artifacts of type {}", artifact.kind());
            return Err(ScanError::new(ErrorKind::Unsupported, message));
        }
        if cx.remaining().is_zero() {
            return Err(ScanError::timed_out("ClamAV was asked past the deadline"));
        }
        match &self.backend {
            Backend::Clamd(daemon) => daemon.scan(artifact, cx).await,
            Backend::Libclamav(host) => host.scan(artifact, cx).await,
        }
    }
}

/// Why there is no ClamAV to scan with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// `engine-clamav-host` is not there, does not start, or does not find the self-test file.
    #[error(
        "libclamav cannot be used over the database folder {database} (program {program}); fill the folder with freshclam, \
         build the program with `cargo build -p microengine-clamav --features libclamav`, or name a daemon with --clamd",
        database = database.display(), program = program.display()
    )]
    Libclamav {
        /// The program that was to be started.
        program: PathBuf,
        /// The database folder.
        database: PathBuf,
        /// What went wrong.
        source: ScanError,
    },
    /// Nothing was named, and nothing was found.
    #[error(
        "found no ClamAV; start clamd or name it with --clamd ADDRESS, or name a database folder with --database DIR; \
         tried: {tried}"
    )]
    Nothing {
        /// Each clamd that was asked, and how that failed.
        tried: String,
        /// How libclamav over the system's database folder failed.
        source: Box<Self>,
    },
    /// The self-test file cannot be read.
    #[error(transparent)]
    SelfTest(#[from] SelfTestError),
    /// Two settings that exclude each other.
    #[error("--clamd and --database exclude each other; give the one that is to scan")]
    Both,
}
