//! The command `check`: is this ready, and what would it do?

use clap::{ArgMatches, Command};

use super::Exit;
use crate::{BoxError, Engine};

pub(super) const NAME: &str = "check";

pub(super) fn command<E: Engine>() -> Command {
    Command::new(NAME)
}

pub(super) fn run<E: Engine>(_: &ArgMatches) -> Result<Exit, BoxError> {
    Ok(Exit::Error)
}
