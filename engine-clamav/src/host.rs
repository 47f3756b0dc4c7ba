//! libclamav as a scanner: in a program of its own, which is killed when it does not answer.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use engine_core::{
    Artifact, Confidence, ScanContext, ScanError, ScanResult, Scanner,
    scanner::{
        About,
        child::{Child, Program},
    },
};

use tempfile::TempDir;

use crate::{database::Release, scratch, self_test::SelfTest};

/// The program that links libclamav.
pub(crate) const PROGRAM: &str = "engine-clamav-host";
/// The official database takes about twenty seconds of one core to load.
const START_WITHIN: Duration = Duration::from_secs(180);
/// Enough for a new process to load its database and scan the self-test file.
const READY_WITHIN: Duration = Duration::from_secs(200);

/// `engine-clamav-host` processes over one database folder.
#[derive(Debug)]
pub(crate) struct Host {
    child: Child,
    database: PathBuf,
    test: SelfTest,
    /// Where its processes make their temporary folders; removed after they are killed.
    _scratch: TempDir,
}

impl Host {
    /// Starts one process, so that a database that does not load fails here.
    pub(crate) async fn start(
        program: PathBuf,
        database: &Path,
        benign: Confidence,
        memory: Option<u64>,
        test: SelfTest,
        at_once: NonZeroUsize,
    ) -> Result<Self, ScanError> {
        let temporary = std::env::temp_dir();
        scratch::sweep(&temporary, PROGRAM);
        let scratch = scratch::make(&temporary, PROGRAM).map_err(|error| {
            ScanError::unavailable(format!("cannot make a folder in {}: {error}", temporary.display()))
        })?;
        let mut program = Program::new(program).start_within(START_WITHIN);
        program = program.args(["--database".as_ref(), database.as_os_str()]);
        program = program.args(["--temporary".as_ref(), scratch.path().as_os_str()]);
        program = program.args(["--benign-confidence".to_owned(), benign.to_string()]);
        program.memory = memory;
        let child = Child::start("clamav", program, at_once).await?;
        let host = Self { child, database: database.to_owned(), test, _scratch: scratch };
        host.ready().await?;
        Ok(host)
    }

    pub(crate) async fn ready(&self) -> Result<(), ScanError> {
        let cx = ScanContext::within(READY_WITHIN);
        self.test.judge(self.child.scan(self.test.artifact(), &cx).await)
    }

    /// Its database folder, what is in there now, and how it is contained.
    pub(crate) async fn about(&self) -> (About, Option<Release>) {
        let about = self.child.about().await.fact("database", self.database.display());
        let folder = self.database.clone();
        let release = tokio::task::spawn_blocking(move || Release::of_folder(&folder)).await;
        match release {
            Ok(Ok(release)) => (about, Some(release)),
            Ok(Err(error)) => (about.warning(format!("its database folder cannot be read: {error}")), None),
            Err(_) => (about, None),
        }
    }

    pub(crate) fn at_once(&self) -> NonZeroUsize {
        self.child.at_once()
    }

    pub(crate) async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        self.child.scan(artifact, cx).await
    }
}

/// Where the program is: beside ours, as an installation puts it, or else somewhere in `PATH`.
pub(crate) fn find_program() -> PathBuf {
    let ours = std::env::current_exe().ok();
    let beside = ours.as_deref().and_then(Path::parent).map(|folder| folder.join(PROGRAM));
    beside.filter(|program| program.is_file()).unwrap_or_else(|| PROGRAM.into())
}
