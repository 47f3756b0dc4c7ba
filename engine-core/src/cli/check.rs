//! The command `check`: is this ready, and with which settings?
//!
//! It builds the scanner, runs its self-test and one harmless scan, asks it what it works with, all within a time, and tells what it
//! found as [`report`]. It scans nothing of the user's.

mod backend;
mod report;
mod text;

use std::time::Duration;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use tokio::time::{self, Instant};
use tokio_util::task::AbortOnDropHandle;

use self::report::Report;
use super::{
    Exit, exit,
    interrupt::interrupted,
    print,
    program::{self, Program},
    scan::ScanSettings,
};
use crate::{
    BoxError, Engine,
    artifact::Artifact,
    scanner::{About, ScanContext, ScanError, Scanner, SelfTest},
    settings::Time,
    telemetry::Level,
};

pub(super) const NAME: &str = "check";

/// How long it waits at least for what a scanner says of itself; a panel gives its backends five seconds.
const ABOUT_WITHIN: Duration = Duration::from_secs(7);

/// What to check and how to tell it.
#[derive(Clone, Debug, Args)]
struct How {
    /// How the outcome is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Print every setting, its value and where it came from
    #[arg(long)]
    show_settings: bool,
    /// Print a settings file with every setting, its meaning, default and variable, and check nothing
    #[arg(long, conflicts_with_all = ["show_settings", "format"])]
    example_settings: bool,
    /// How long loading the rules and signatures and the self-test may take together (2s, 5m)
    #[arg(long, value_name = "TIME", default_value = "60s")]
    within: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Lines for people.
    Text,
    /// One JSON object for programs.
    Json,
}

pub(super) fn command<E: Engine>() -> Command {
    let about = "Check settings, rules, daemons and run the self-test";
    let command = How::augment_args(Command::new(NAME)).about(about).after_help(format!(
        "Examples:\n  {0} check\n  {0} check --show-settings --settings engine.toml\n  \
         {0} check --example-settings > engine.toml\n\n\
         Exit codes: 0 ready, 2 not ready (what failed is printed, and what to do) or interrupted",
        E::NAME
    ));
    crate::settings::add_flags(command, &Program::<E>::tables_with(&[]))
}

pub(super) fn run<E: Engine>(matches: &ArgMatches) -> Result<Exit, BoxError> {
    let how = How::from_arg_matches(matches)?;
    if how.example_settings {
        print(crate::settings::example(E::NAME, &Program::<E>::tables()).as_bytes())?;
        return Ok(Exit::Clean);
    }
    let program = Program::<E>::start(matches, &[], Level::WARNING)?;
    let at_once = program.sources.section::<ScanSettings>()?.at_once();
    #[cfg(feature = "polyswarmd")]
    super::run::check(&program.sources)?;
    let runtime = program::runtime()?;
    let mut report = Report::new(E::NAME, E::VERSION);
    if how.show_settings {
        report.settings = Some(program.sources.list());
        report.secrets = Some(report::secrets());
    }
    let interrupted = runtime.block_on(async {
        let within = how.within.0;
        let deadline = ScanContext::within(within).deadline;
        let interrupt = interrupted();
        let check = async {
            // A task of its own, since engines may do it all at once without letting go.
            let scanner = AbortOnDropHandle::new(tokio::spawn(async move { program.scanner(at_once).await }));
            match time::timeout_at(deadline, scanner).await {
                Ok(Ok(Ok(scanner))) => examine(&scanner, deadline, within, &mut report).await,
                Ok(Ok(Err(error))) => report.problem("cannot start", exit::chain(error.as_ref())),
                Ok(Err(ended)) => report.problem("cannot start", ended.to_string()),
                Err(_) => report.problem("cannot start", too_late(within)),
            }
        };
        tokio::select! {
            biased;
            () = interrupt => true,
            () = check => false,
        }
    });
    program::end(runtime);
    if interrupted {
        return Err("interrupted before it was known whether this is ready".into());
    }
    report.conclude();
    let told = match how.format {
        Format::Text => text::render(&report),
        Format::Json => report.json()?,
    };
    print(told.as_bytes())?;
    Ok(if report.ready { Exit::Clean } else { Exit::Error })
}

/// Asks a scanner what it works with and whether it works, and has it scan something harmless: all at once, until the deadline.
async fn examine(scanner: &impl Scanner, deadline: Instant, within: Duration, report: &mut Report) {
    let late = || ScanError::timed_out(too_late(within));
    let left = deadline.saturating_duration_since(Instant::now());
    let harmless = Artifact::file("A harmless file: is anybody there?\n").with_name("check.txt");
    let cx = ScanContext::until(deadline);
    // A panel answers at the deadline, with what it has.
    let hard = left + super::GRACE;
    let (test, outcome, about) = tokio::join!(
        time::timeout(hard, scanner.self_test(left)),
        time::timeout(hard, scanner.scan(&harmless, &cx)),
        time::timeout(hard.max(ABOUT_WITHIN), scanner.about()),
    );
    let test = test.unwrap_or_else(|_| SelfTest::single(Err(late())));
    if let Err(error) = &test.outcome {
        report.problem("self-test failed", format!("{}: {error}", error.kind));
    }
    let outcome = outcome.unwrap_or_else(|_| Err(late()));
    if let Err(error) = &outcome {
        report.problem("cannot scan", format!("{}: {error}", error.kind));
    }
    let mut about = about.unwrap_or_else(|_| {
        About::new(scanner.name()).warning(format!("it did not say what it works with: {}", late()))
    });
    if !about.backends.is_empty() {
        report.facts = std::mem::take(&mut about.facts);
        report.warnings = std::mem::take(&mut about.warnings);
    }
    report.backends = backend::of(about, &test, &outcome);
}

fn too_late(within: Duration) -> String {
    format!("no answer within {}; --within gives it longer", Time(within))
}
