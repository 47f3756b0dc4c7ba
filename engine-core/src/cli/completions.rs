//! The command `completions`: a script that lets a shell complete commands, options and their values.

use clap::{ArgMatches, Args, Command, FromArgMatches};
use clap_complete::Shell;

use super::{Exit, print};
use crate::{BoxError, Engine};

pub(super) const NAME: &str = "completions";

/// For whom.
#[derive(Clone, Debug, Args)]
struct For {
    /// The shell that is to complete
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn command<E: Engine>() -> Command {
    For::augment_args(Command::new(NAME))
        .about("Print a script that lets a shell complete this program's words")
        .after_help(format!(
            "Examples:\n  \
             source <({0} completions bash)\n  \
             {0} completions bash > ~/.local/share/bash-completion/completions/{0}\n  \
             {0} completions zsh > \"${{fpath[1]}}/_{0}\"\n  \
             {0} completions fish > ~/.config/fish/completions/{0}.fish\n\n\
             Exit codes: 0 printed, 2 no such shell",
            E::NAME
        ))
}

pub(super) fn run<E: Engine>(matches: &ArgMatches) -> Result<Exit, BoxError> {
    let For { shell } = For::from_arg_matches(matches)?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::command::<E>(), E::NAME, &mut script);
    print(&script)?;
    Ok(Exit::Clean)
}
