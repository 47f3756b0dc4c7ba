//! The command `scan`: judges files and folders, and prints a record of each.
//!
//! [`walk`] finds the files, [`examine`] reads and scans one, unless [`cache`] knows it; [`allow`] says which hits are known, and
//! [`output`] prints the [`record`]s in the walk's order while [`progress`] shows how far it is.

mod allow;
mod cache;
mod examine;
mod help;
mod hit;
mod list;
mod output;
mod path;
mod progress;
mod record;
mod sarif;
mod settings;
mod tally;
mod text;
mod walk;

use std::{
    io::{self, Write},
    pin::{Pin, pin},
    sync::Arc,
    time::{Instant, SystemTime},
};

use clap::{ArgMatches, Args, Command, FromArgMatches};
use futures_util::{Stream, StreamExt, stream};
use tokio_util::task::AbortOnDropHandle;

use self::{
    allow::Allow,
    cache::{Basis, Cache},
    examine::Job,
    output::{Ending, Output},
    progress::Progress,
    record::Record,
    settings::What,
    tally::Tally,
    walk::Root,
};
pub(super) use self::{path::Plain, settings::ScanSettings};
use super::{Exit, Program, interrupt::interrupted, program};
use crate::{
    BoxError, Engine, Scanner,
    settings::{Settings, Table},
    telemetry::Level,
};

pub(super) const NAME: &str = "scan";

/// How many files are under way for each that is being scanned: one slow file does not stop the others before that many are done and
/// wait for it to be printed.
const WINDOW: usize = 16;

pub(super) fn command<E: Engine>() -> Command {
    let command = What::augment_args(Command::new(NAME));
    let command = command.about("Scan files and folders").after_help(help::text(E::NAME));
    crate::settings::add_flags(command, &Program::<E>::tables_with(&own_tables()))
}

fn own_tables() -> [Table; 1] {
    [Table::of::<ScanSettings>()]
}

pub(super) fn run<E: Engine>(matches: &ArgMatches) -> Result<Exit, BoxError> {
    let program = Program::<E>::start(matches, &own_tables(), Level::WARNING)?;
    let settings: ScanSettings = program.sources.section()?;
    let what = What::from_arg_matches(matches)?.checked()?;
    let allow = settings.allow.as_deref().map(|file| Allow::read(file, SystemTime::now())).transpose()?;
    allow.iter().flat_map(Allow::expired).for_each(|line| tell(&line));
    let runtime = program::runtime()?;
    let output = Output::new(settings.format, settings.all, E::NAME, E::VERSION);
    let mut scan = Scan { settings: &settings, allow, output, tally: Tally::default() };
    let exit = runtime.block_on(async {
        // Listened for from here on: compiling rules can take longer than scanning.
        let mut interrupt = pin!(interrupted());
        // A task of its own, since engines may do it all at once without letting go.
        let ready = AbortOnDropHandle::new(tokio::spawn(prepare(program, what, settings.clone())));
        let ready = tokio::select! {
            biased;
            () = &mut interrupt => None,
            ready = ready => Some(ready??),
        };
        let ended = match ready {
            Some((job, roots)) => scan.run(job, roots, interrupt).await,
            None => scan.end(Instant::now(), true),
        };
        match (ended, scan.tally.exit(settings.fail_on)) {
            // What was found counts, even if the rest of it could not be printed.
            (Err(error), Exit::Found) => {
                super::exit::report(error.as_ref());
                Ok(Exit::Found)
            }
            (ended, _) => ended,
        }
    });
    program::end(runtime);
    exit
}

/// What comes before the first file: what there is to scan, and what with.
async fn prepare<E: Engine>(
    program: Program<E>,
    What { paths, scan_list }: What,
    settings: ScanSettings,
) -> Result<(Job<E::Scanner>, Vec<Root>), BoxError> {
    let mut roots: Vec<Root> = paths.into_iter().map(Root::argument).collect();
    if let Some(list) = scan_list {
        let name = list::name(&list);
        let listed = tokio::task::spawn_blocking(move || list::read(&list)).await??;
        if listed.is_empty() && !settings.quiet {
            tell(&format!("the list {name} names nothing to scan"));
        }
        roots.extend(listed);
    }
    let scanner = program.scanner(settings.at_once()).await?;
    let cache = open_cache(&program, &scanner, &settings).await?;
    let job = Job::new(scanner, settings.at_once(), settings.timeout.0, settings.max_size.0);
    Ok((job.with_cache(cache), roots))
}

/// The results of earlier scans, if they are asked for and can be told apart from others.
async fn open_cache<E: Engine>(
    program: &Program<E>,
    scanner: &E::Scanner,
    settings: &ScanSettings,
) -> Result<Option<Cache>, BoxError> {
    let Some(folder) = &settings.cache else { return Ok(None) };
    let settings = program.sources.digest(&E::Settings::tables());
    match Basis::new(E::NAME, E::VERSION, settings, &scanner.about().await) {
        Ok(basis) => Ok(Some(Cache::open(folder, basis)?)),
        Err(unknown) => {
            tell(&unknown.to_string());
            Ok(None)
        }
    }
}

/// Every file's record, in the walk's order.
fn records(
    job: Job<impl Scanner>,
    roots: Vec<Root>,
    follow_links: bool,
    window: usize,
) -> impl Stream<Item = Record> {
    let job = Arc::new(job);
    let mut found = walk::start(roots, follow_links, window);
    stream::poll_fn(move |cx| found.poll_recv(cx))
        .map(move |found| {
            let job = Arc::clone(&job);
            let path = found.path.clone();
            // A task each, so that all cores take part; given up, it is aborted and its children are killed.
            let task = AbortOnDropHandle::new(tokio::spawn(async move { job.examine(found).await }));
            async move { task.await.unwrap_or_else(|error| Record::crashed(path, &error)) }
        })
        .buffered(window)
}

/// A scan: what is told of it, and how it ends.
struct Scan<'a> {
    settings: &'a ScanSettings,
    allow: Option<Allow>,
    output: Output,
    tally: Tally,
}

impl Scan<'_> {
    /// Scans until everything is done, `interrupt` comes or nobody reads any more.
    async fn run(
        &mut self,
        job: Job<impl Scanner>,
        roots: Vec<Root>,
        mut interrupt: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Exit, BoxError> {
        let started = Instant::now();
        let settings = self.settings;
        let window = settings.at_once().get().saturating_mul(WINDOW);
        let progress = Progress::start(settings.progress, &roots, settings.follow_links, settings.max_size.0);
        let mut records = pin!(records(job, roots, settings.follow_links, window).ready_chunks(window));
        let interrupted = loop {
            let batch = tokio::select! {
                batch = records.next() => batch,
                () = &mut interrupt => break true,
            };
            let Some(mut batch) = batch else { break false };
            for record in &mut batch {
                record.suppressed = self.allow.as_mut().and_then(|allow| allow.judge(record));
                self.tally.count(record);
                self.output.record(record)?;
            }
            progress.add(&batch);
            if !self.output.hand_over(&progress)? {
                return Ok(self.tally.exit(settings.fail_on));
            }
        };
        drop(progress);
        self.end(started, interrupted)
    }

    /// Tells what is told last.
    fn end(&mut self, started: Instant, interrupted: bool) -> Result<Exit, BoxError> {
        // Stopped before the end it is not clean, whatever counts as a failure.
        let exit = match self.tally.exit(self.settings.fail_on) {
            Exit::Clean if interrupted => Exit::Error,
            exit => exit,
        };
        self.output.end(Ending { exit, complete: self.tally.failed == 0, interrupted })?;
        if !self.output.hand_over(&Progress::none())? {
            return Ok(exit);
        }
        if !self.settings.quiet {
            if !interrupted {
                self.allow.iter().flat_map(Allow::unused).for_each(|line| tell(&line));
            }
            let ending = if interrupted { ", interrupted" } else { "" };
            tell(&format!("{}{ending}", self.tally.summary(started.elapsed())));
        }
        Ok(exit)
    }
}

/// A line on standard error, which may be closed.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
