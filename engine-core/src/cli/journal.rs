//! The command `journal`: looks after the journal of an engine, also while the engine is working on it.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::{Exit, print, program::Program, run::RunSettings};
use crate::{BoxError, Engine, engine::journal::Beside, settings::Sources, telemetry::Level};

pub(super) const NAME: &str = "journal";
const BACKUP: &str = "backup";

/// Which journal a command is about.
#[derive(Clone, Debug, Args)]
pub(super) struct Which {
    /// The journal [default: that of the settings, or the only one of this engine in this folder]
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

impl Which {
    /// Opens it, beside an engine that may be working on it.
    pub(super) fn open<E: Engine>(&self, sources: &Sources) -> Result<Beside, BoxError> {
        let set = sources.section::<RunSettings>()?.journal;
        let path = match self.journal.clone().or(set) {
            Some(path) => path,
            None => only_one(Path::new("."), E::NAME)?,
        };
        Ok(Beside::open(&path)?)
    }
}

/// The only journal that an engine has in a folder.
fn only_one(folder: &Path, engine: &str) -> Result<PathBuf, BoxError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let is_ours = |name: &str| name.starts_with(&format!("{engine}-0x")) && name.ends_with(".journal");
        if name.to_str().is_some_and(is_ours) {
            found.push(name);
        }
    }
    found.sort_unstable();
    match found.as_slice() {
        [one] => Ok(PathBuf::from(one)),
        [] => Err(format!("no {engine}-ADDRESS.journal is here: name the journal with --journal").into()),
        [first, ..] => {
            let (many, first) = (found.len(), first.to_string_lossy());
            Err(format!("{many} journals are here, such as {first}: name one with --journal").into())
        }
    }
}

/// Where the copy goes.
#[derive(Clone, Debug, Args)]
struct Backup {
    /// The new file; it must not exist
    #[arg(value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    which: Which,
}

pub(super) fn command<E: Engine>() -> Command {
    let backup = Backup::augment_args(Command::new(BACKUP))
        .about("Copy the journal as it is at this moment, also while the engine runs")
        .after_help(format!(
            "Examples:\n  {0} journal backup journal-$(date +%F).backup\n  {0} journal backup /backup/engine.journal --journal engine.journal\n\n\
             The copy is a whole journal. It holds what opens your commitments, so only you can read it. Going back to an old\n\
             copy forgets what was staked since: what is owed of that is lost.\n\n\
             Exit codes: 0 copied, 2 not copied",
            E::NAME
        ));
    let backup = crate::settings::add_flags(backup, &Program::<E>::only_log());
    Command::new(NAME)
        .about("Look after the journal: copy it")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(backup)
        .after_help(format!(
            "Examples:\n  {0} journal backup engine.backup\n\nExit codes: 0 done, 2 not done",
            E::NAME
        ))
}

pub(super) fn run<E: Engine>(matches: &ArgMatches) -> Result<Exit, BoxError> {
    let Some((BACKUP, matches)) = matches.subcommand() else { return Err("no such command".into()) };
    let Backup { to, which } = Backup::from_arg_matches(matches)?;
    let program = Program::<E>::start_without_engine(matches, Level::WARNING)?;
    which.open::<E>(&program.sources)?.backup(&to)?;
    print(format!("{}\n", to.display()).as_bytes())?;
    Ok(Exit::Clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_name_there_has_to_be_one_journal() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str| std::fs::write(folder.path().join(name), "").unwrap();
        make("engine-b-0x1.journal");
        make("engine-a-0x1.journal.lock");
        let found = || only_one(folder.path(), "engine-a").map_err(|error| error.to_string());
        assert!(found().unwrap_err().contains("--journal"));
        make("engine-a-0x1.journal");
        assert_eq!(found().unwrap(), Path::new("engine-a-0x1.journal"));
        make("engine-a-0x2.journal");
        assert!(found().unwrap_err().contains("2 journals"));
    }
}
