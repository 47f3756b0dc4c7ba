//! The command `resume`: lets an engine stake again that put itself into shadow.

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::{Exit, journal::Which, print, program::Program};
use crate::{BoxError, Engine, telemetry::Level};

pub(super) const NAME: &str = "resume";

pub(super) fn command<E: Engine>() -> Command {
    let command = Which::augment_args(Command::new(NAME))
        .about("Stake again after a brake has stopped it")
        .after_help(format!(
            "Examples:\n  {0} resume\n  {0} resume --journal engine.journal\n\n\
             A brake (--max-at-risk, --max-loss-per-day, --min-balance, or a backend that no longer finds its test file) makes\n\
             `run` stake nothing more until this. See to the cause first. A running engine takes notice with the next block; one\n\
             that is not running, when it starts. What was lost before does not count any more.\n\n\
             Exit codes: 0 it stakes again, or never stopped; 2 the journal cannot be written",
            E::NAME
        ));
    crate::settings::add_flags(command, &Program::<E>::only_log())
}

pub(super) fn run<E: Engine>(matches: &ArgMatches) -> Result<Exit, BoxError> {
    let which = Which::from_arg_matches(matches)?;
    let program = Program::<E>::start_without_engine(matches, Level::WARNING)?;
    let why = which.open::<E>(&program.sources)?.resume()?;
    let told = match why {
        Some(why) => format!("resumed; it had stopped because {why}\n"),
        None => "no brake had stopped it\n".to_owned(),
    };
    print(told.as_bytes())?;
    Ok(Exit::Clean)
}
