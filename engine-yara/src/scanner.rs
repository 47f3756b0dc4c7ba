//! The scanner that engines use: libyara in child processes.

use std::{num::NonZeroUsize, rc::Rc};

use engine_core::{
    Artifact, ErrorKind, ScanContext, ScanError, ScanResult, Scanner,
    scanner::{About, Blocking, Child, child::Program},
};

use crate::{
    NAME, about, canary, compiler,
    folder::PrivateFolder,
    options::Options,
    rules::{Report, Rules, RulesError, make},
    sync::{SyncYara, WithCanary},
};

/// Scans with YARA rules. Rules are compiled and artifacts scanned by child processes, so that a crash of libyara, or a rule
/// that does not come to an end, costs one scan.
///
/// The children are the running program itself, started with the arguments `child …`: its `main` hands them to
/// [`child`](crate::child()). A program that has no such command gives another one to [`start_with`](Self::start_with), or goes
/// without: [`Options::sandbox`].
#[derive(Debug)]
pub struct YaraScanner {
    inner: Inner,
    report: Report,
    options: Options,
    /// The compiled set; removed when the scanner is dropped.
    _folder: Option<PrivateFolder>,
}

#[derive(Debug)]
enum Inner {
    Children(Child),
    Here(Blocking<WithCanary>),
}

impl YaraScanner {
    /// Compiles the rules and starts the first child; at most `at_once` scan at a time. Bad rule files are told in the log, as
    /// warnings.
    ///
    /// Fails if no rule is left, if a path does not exist, on a bad file under [`Options::strict`], and if children cannot be
    /// started.
    pub async fn start(options: Options, at_once: NonZeroUsize) -> Result<Self, StartError> {
        let path = std::env::current_exe().map_err(StartError::Program)?;
        Self::start_with(Program::new(path).args(["child"]), options, at_once).await
    }

    /// The same with children that are another program: one that hands its further arguments to [`child`](crate::child()).
    pub async fn start_with(
        program: Program,
        options: Options,
        at_once: NonZeroUsize,
    ) -> Result<Self, StartError> {
        if options.sandbox {
            Self::with_children(program, options, at_once).await
        } else {
            Self::in_this_process(options, at_once).await
        }
    }

    async fn with_children(
        program: Program,
        options: Options,
        at_once: NonZeroUsize,
    ) -> Result<Self, StartError> {
        let folder = PrivateFolder::new().map_err(StartError::Folder)?;
        let report = compiler::compile(&program, &options, folder.path()).await?;
        tell(&report, &options)?;
        let program = program.args(["scan".as_ref(), folder.path().as_os_str()]).memory(options.memory);
        let child = Child::start(NAME, program, at_once).await?;
        Ok(Self { inner: Inner::Children(child), report, options, _folder: Some(folder) })
    }

    async fn in_this_process(options: Options, at_once: NonZeroUsize) -> Result<Self, StartError> {
        let (paths, making, table) = (options.rules.clone(), options.making(), options.informational.clone());
        let rules = tokio::task::spawn_blocking(move || {
            Rules::from_set(make(&paths, &making, Rc::new(|_: &str| {}))?, &table)
        });
        let rules = rules.await.map_err(|error| RulesError::Library { cause: error.to_string() })??;
        let report = rules.report().clone();
        tell(&report, &options)?;
        let scanner = SyncYara::new(rules).benign_confidence(options.benign_confidence);
        let inner = Inner::Here(Blocking::new(WithCanary(scanner), at_once));
        Ok(Self { inner, report, options, _folder: None })
    }

    /// What became of the rule files.
    pub fn report(&self) -> &Report {
        &self.report
    }

    async fn examine(&self, artifact: &Artifact, cx: &ScanContext) -> Result<(ScanResult, bool), ScanError> {
        let mut result = match &self.inner {
            Inner::Children(child) => child.scan(artifact, cx).await.map_err(|error| self.explained(error)),
            Inner::Here(scanner) => scanner.scan(artifact, cx).await,
        }?;
        let found = result.metadata.remove(canary::KEY).is_some();
        Ok((result, found))
    }

    /// Names the limit on memory where a child may have died of it. A Rust program aborts then; whether its last words are about
    /// that depends on RUST_BACKTRACE.
    fn explained(&self, error: ScanError) -> ScanError {
        if error.kind != ErrorKind::Crashed || !error.message.contains("SIGABRT") {
            return error;
        }
        let words = ["memory allocation of ", "skipping backtrace printing to avoid potential recursion"];
        let is_sure = words.iter().any(|words| error.message.contains(words));
        let memory = self.options.memory >> 20;
        let message = format!(
            "{}; if its {memory} MiB of memory were too little, --yara-memory gives it more",
            error.message
        );
        ScanError::new(if is_sure { ErrorKind::LimitExceeded } else { ErrorKind::Crashed }, message)
    }
}

impl Scanner for YaraScanner {
    fn name(&self) -> &str {
        NAME
    }

    /// Scans EICAR with a rule of our own that sits beside the set: it proves the engine, not the rules.
    async fn ready(&self) -> Result<(), ScanError> {
        let (_, found) = self.examine(&canary::artifact(), &ScanContext::within(canary::TIME)).await?;
        if found { Ok(()) } else { Err(canary::missed()) }
    }

    async fn about(&self) -> About {
        about::about(&self.report, &self.options)
    }

    fn at_once(&self) -> NonZeroUsize {
        match &self.inner {
            Inner::Children(child) => child.at_once(),
            Inner::Here(scanner) => scanner.at_once(),
        }
    }

    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let cx = self.options.timeout.map_or(*cx, |timeout| cx.at_most(timeout));
        Ok(self.examine(artifact, &cx).await?.0)
    }
}

/// Tells what became of the files, and refuses bad ones if that was asked for.
fn tell(report: &Report, options: &Options) -> Result<(), RulesError> {
    if options.strict && !report.bad.is_empty() {
        return Err(RulesError::Strict { bad: report.bad.clone() });
    }
    for complaint in &report.bad {
        tracing::warn!("bad rules left out: {complaint}");
    }
    for complaint in &report.warnings {
        tracing::warn!("odd rule file: {complaint}");
    }
    for remark in &report.remarks {
        tracing::debug!("libyara remarks: {remark}");
    }
    let Report { rules, files, informational, digest, .. } = report;
    let (bad, remarks) = (report.bad.len(), report.remarks.len());
    tracing::info!(rules, files, informational, digest, bad, remarks, "rules loaded");
    Ok(())
}

/// Why there is no scanner.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The rules.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The running program's own path is not known.
    #[error("this program does not find itself, to start its children")]
    Program(#[source] std::io::Error),
    /// The folder for the compiled rules could not be made.
    #[error("cannot make a folder for the compiled rules: check the folder for temporary files (TMPDIR)")]
    Folder(#[source] std::io::Error),
    /// The scanning child did not start.
    #[error("the scanning process does not start")]
    Child(#[from] ScanError),
}
