//! The commands that every engine has.

mod check;
mod completions;
mod exit;
#[cfg(unix)]
mod hangup;
mod interrupt;
#[cfg(feature = "polyswarmd")]
mod journal;
#[cfg(feature = "polyswarmd")]
mod ledger;
mod man;
mod program;
#[cfg(feature = "polyswarmd")]
mod resume;
#[cfg(feature = "polyswarmd")]
mod run;
mod scan;

use std::{
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Arg, ArgMatches, Command, value_parser};

pub use self::exit::Exit;
use self::program::Program;
use crate::{
    BoxError, Engine,
    settings::{SETTINGS_FILE, blame_variable, with_variable},
    telemetry,
};

/// How long threads that still wait for a dead disk or daemon are waited for at the end.
const GRACE: Duration = Duration::from_millis(500);

/// The whole `main` of an engine's program.
///
/// Reads the command line, the environment and the settings file, and runs the command; see [`Exit`] for the codes. What goes wrong
/// is told on standard error.
pub fn main<E: Engine>() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    // Before clap and without a runtime: what follows `child` belongs to the engine.
    if let [_, first, rest @ ..] = arguments.as_slice()
        && first == "child"
    {
        telemetry::start_in_child();
        return match E::child(rest.to_vec()) {
            Ok(()) => Exit::Clean.into(),
            Err(error) => {
                exit::report_in_child(error.as_ref());
                Exit::Error.into()
            }
        };
    }
    let matches = match command::<E>().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(told) => {
            // Help and version go to standard output, complaints to standard error; either may be closed.
            let _ = told.print();
            if let Some(blame) = blame_variable(&told, &Program::<E>::tables()) {
                let _ = io::stderr().write_all(blame.as_bytes());
            }
            return if told.use_stderr() { Exit::Error } else { Exit::Clean }.into();
        }
    };
    exit(match matches.subcommand() {
        Some((scan::NAME, matches)) => scan::run::<E>(matches),
        Some((check::NAME, matches)) => check::run::<E>(matches),
        Some((completions::NAME, matches)) => completions::run::<E>(matches),
        Some((man::NAME, matches)) => man::run::<E>(matches),
        #[cfg(feature = "polyswarmd")]
        Some((run::NAME, matches)) => run::run::<E>(matches),
        #[cfg(feature = "polyswarmd")]
        Some((resume::NAME, matches)) => resume::run::<E>(matches),
        #[cfg(feature = "polyswarmd")]
        Some((ledger::NAME, matches)) => ledger::run::<E>(matches),
        #[cfg(feature = "polyswarmd")]
        Some((journal::NAME, matches)) => journal::run::<E>(matches),
        _ => Err("no such command".into()),
    })
}

/// The command tree: what `--help` shows.
fn command<E: Engine>() -> Command {
    let settings = Arg::new("settings")
        .long("settings")
        .value_name("FILE")
        .global(true)
        .value_parser(value_parser!(PathBuf))
        .help("Settings file (TOML); flags and variables win over it");
    let settings = with_variable(settings, SETTINGS_FILE);
    let command = Command::new(E::NAME)
        .bin_name(E::NAME)
        .about(E::ABOUT)
        .version(E::VERSION)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .arg(settings)
        .subcommand(scan::command::<E>());
    #[cfg(feature = "polyswarmd")]
    let command = command
        .subcommand(run::command::<E>())
        .subcommand(resume::command::<E>())
        .subcommand(ledger::command::<E>())
        .subcommand(journal::command::<E>());
    let command = command
        .subcommand(check::command::<E>())
        .subcommand(completions::command::<E>())
        .subcommand(man::command::<E>());
    command.after_help(format!(
        "Examples:\n  {0} scan ~/Downloads\n  {0} check --show-settings\n  {0} scan --help\n\n\
         Exit codes: 0 all clean, 1 something malicious, 2 something failed",
        E::NAME
    ))
}

/// Tells an error with its causes, and turns the outcome into an exit code.
fn exit(outcome: Result<Exit, BoxError>) -> ExitCode {
    outcome
        .unwrap_or_else(|error| {
            exit::report(error.as_ref());
            Exit::Error
        })
        .into()
}

/// Writes to standard output; a closed pipe is no error.
fn print(bytes: &[u8]) -> Result<(), exit::Unwritten> {
    match io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(exit::Unwritten),
    }
}

/// The settings file that was asked for.
fn settings_file(matches: &ArgMatches) -> Option<PathBuf> {
    matches.get_one::<PathBuf>("settings").cloned()
}
