//! The command `check`: is this ready, and with which settings?
//!
//! It builds the scanner, runs its self-test and one harmless scan, each within its time. It scans nothing of the user's.

mod report;

use std::time::Duration;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use tokio::time;

use self::report::{Backend, Report};
use super::{
    Exit, exit,
    program::{self, Program},
    scan::ScanSettings,
};
use crate::{
    BoxError, Engine,
    artifact::Artifact,
    scanner::{ScanContext, ScanError, Scanner},
    settings::Time,
    telemetry::Level,
};

pub(super) const NAME: &str = "check";

/// What to check and how to tell it.
#[derive(Clone, Debug, Args)]
struct How {
    /// How the outcome is printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Print every setting, its value and where it came from
    #[arg(long)]
    show_settings: bool,
    /// How long the self-test may take (2s, 5m)
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
        "Examples:\n  {0} check\n  {0} check --show-settings --settings engine.toml\n\n\
         Exit codes: 0 ready, 2 not ready (what failed is printed, and what to do)",
        E::NAME
    ));
    crate::settings::add_flags(command, &Program::<E>::tables_with(&[]))
}

pub(super) fn run<E: Engine>(matches: &ArgMatches) -> Result<Exit, BoxError> {
    let program = Program::<E>::start(matches, &[], Level::WARNING)?;
    let how = How::from_arg_matches(matches)?;
    let settings: ScanSettings = program.sources.section()?;
    let runtime = program::runtime()?;
    let mut report = Report::new(E::NAME, E::VERSION, how.show_settings.then(|| program.sources.list()));
    runtime.block_on(async {
        match program.scanner(settings.at_once()).await {
            Ok(scanner) => examine(&scanner, how.within.0, &mut report).await,
            Err(error) => report.problem("cannot start", exit::chain(error.as_ref())),
        }
    });
    runtime.shutdown_timeout(super::GRACE);
    match how.format {
        Format::Text => report.print_text()?,
        Format::Json => report.print_json()?,
    }
    Ok(if report.is_ready() { Exit::Clean } else { Exit::Error })
}

/// Asks a scanner whether it works, and a harmless artifact for the versions it works with.
async fn examine(scanner: &impl Scanner, within: Duration, report: &mut Report) {
    let ready = time::timeout(within, scanner.ready()).await;
    let late =
        || ScanError::timed_out(format!("no answer within {}; --within gives it longer", Time(within)));
    if let Err(error) = ready.unwrap_or_else(|_| Err(late())) {
        report.problem("self-test failed", format!("{}: {error}", error.kind));
    }
    let harmless = Artifact::file("A harmless file: is anybody there?\n").with_name("check.txt");
    let cx = ScanContext::within(within);
    let outcome = time::timeout(within + super::GRACE, scanner.scan(&harmless, &cx)).await;
    match outcome.unwrap_or_else(|_| Err(late())) {
        Ok(result) if result.backends.is_empty() => report.backend(Backend::of(scanner.name(), &Ok(result))),
        Ok(result) => {
            for ballot in &result.backends {
                report.backend(Backend::of(&ballot.backend, &ballot.outcome));
            }
        }
        Err(error) => {
            report.problem("cannot scan", format!("{}: {error}", error.kind));
            report.backend(Backend::of(scanner.name(), &Err(error)));
        }
    }
}
