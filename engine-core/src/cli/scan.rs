//! The command `scan`: judges files and folders, and prints a record of each.
//!
//! [`walk`] finds the files, [`examine`] reads and scans one, [`output`] prints the [`record`]s in the walk's order.

mod examine;
mod output;
mod path;
mod record;
mod walk;

use std::{
    io::{self, Write},
    num::NonZeroUsize,
    path::PathBuf,
    pin::pin,
    sync::Arc,
    thread,
    time::Instant,
};

use clap::{ArgMatches, Args, Command, FromArgMatches};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use tokio_util::task::AbortOnDropHandle;

use self::{
    examine::Job,
    output::{Format, Output},
    walk::Root,
};
use super::{
    Exit, Program,
    program::{self},
};
use crate::{
    BoxError, Engine,
    settings::{Section, Size, Table, Time},
    telemetry::Level,
};

pub(super) const NAME: &str = "scan";

/// How many files are under way for each that is being scanned: one slow file does not stop the others before that many are done and
/// wait for it to be printed.
const WINDOW: usize = 16;

/// The table `[scan]`.
#[derive(Clone, Debug, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(next_help_heading = "Scan options")]
#[group(skip)]
pub(super) struct ScanSettings {
    /// How results are printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// How long one file may take (250ms, 30s, 5m)
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub(super) timeout: Time,
    /// Largest file that is scanned, in bytes or with K, M, G; larger ones are reported as too_large
    #[arg(long, value_name = "SIZE", default_value = "256M")]
    max_size: Size,
    /// How many files are scanned at once [default: the number of cores]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Follow symbolic links inside folders; each file is still scanned once
    #[arg(long)]
    follow_links: bool,
    /// Print every file, also those with nothing to say of (text)
    #[arg(long)]
    all: bool,
    /// No summary on standard error
    #[arg(long)]
    quiet: bool,
}

impl Section for ScanSettings {
    const TABLE: &'static str = "scan";
}

impl ScanSettings {
    /// How many files are scanned at once.
    pub(super) fn at_once(&self) -> NonZeroUsize {
        let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.threads.unwrap_or_else(cores)
    }
}

/// What to scan.
#[derive(Clone, Debug, Args)]
struct What {
    /// Files and folders; '-' is standard input
    #[arg(value_name = "PATH", required_unless_present = "scan_list")]
    paths: Vec<PathBuf>,
    /// A file with more paths, one a line, or separated by NUL bytes if there is one in it
    #[arg(long, value_name = "FILE")]
    scan_list: Option<PathBuf>,
}

pub(super) fn command<E: Engine>() -> Command {
    let command = What::augment_args(Command::new(NAME)).about("Scan files and folders").after_help(format!(
        "Examples:\n  {0} scan ~/Downloads\n  {0} scan --format jsonl --threads 4 /srv/mail > results.jsonl\n  \
         find . -newer mark -print0 > list; {0} scan --scan-list list\n\n\
         Exit codes: 0 everything scanned and nothing malicious, 1 something malicious,\n\
         2 nothing malicious but something was not scanned, or only by some of the backends",
        E::NAME
    ));
    crate::settings::add_flags(command, &Program::<E>::tables_with(&own_tables()))
}

fn own_tables() -> [Table; 1] {
    [Table::of::<ScanSettings>()]
}

pub(super) fn run<E: Engine>(matches: &ArgMatches) -> Result<Exit, BoxError> {
    let program = Program::<E>::start(matches, &own_tables(), Level::WARNING)?;
    let settings: ScanSettings = program.sources.section()?;
    let What { paths, scan_list } = What::from_arg_matches(matches)?;
    let mut roots: Vec<Root> = paths.into_iter().map(Root::argument).collect();
    if let Some(list) = scan_list {
        roots.extend(walk::read_list(&list)?);
    }
    let runtime = program::runtime()?;
    let exit = runtime.block_on(async {
        let scanner = program.scanner(settings.at_once()).await?;
        let job = Job::new(scanner, settings.at_once(), settings.timeout.0, settings.max_size.0);
        scan(job, roots, &settings).await
    });
    runtime.shutdown_timeout(super::GRACE);
    exit
}

async fn scan(
    job: Job<impl crate::Scanner>,
    roots: Vec<Root>,
    settings: &ScanSettings,
) -> Result<Exit, BoxError> {
    let started = Instant::now();
    let window = settings.at_once().get().saturating_mul(WINDOW);
    let job = Arc::new(job);
    let mut found = walk::start(roots, settings.follow_links, window);
    let records = stream::poll_fn(move |cx| found.poll_recv(cx))
        .map(|found| {
            let job = Arc::clone(&job);
            let path = found.path.clone();
            // A task each, so that all cores take part; given up, it is aborted and its children are killed.
            let task = AbortOnDropHandle::new(tokio::spawn(async move { job.examine(found).await }));
            async move { task.await.unwrap_or_else(|error| record::Record::crashed(path, &error)) }
        })
        .buffered(window)
        .ready_chunks(window);
    let (mut records, mut interrupt) = (pin!(records), pin!(tokio::signal::ctrl_c()));
    let mut output = Output::new(settings.format, settings.all);
    let interrupted = loop {
        let batch = tokio::select! {
            batch = records.next() => batch,
            _ = &mut interrupt => break true,
        };
        let Some(batch) = batch else { break false };
        match output.print(&batch) {
            // Nobody reads any more: end without a word.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(output.exit()),
            other => other?,
        }
    };
    if !settings.quiet {
        let ending = if interrupted { ", interrupted" } else { "" };
        let _ = writeln!(io::stderr(), "{}{ending}", output.summary(started.elapsed()));
    }
    Ok(if interrupted && output.exit() == Exit::Clean { Exit::Error } else { output.exit() })
}
