//! What every command does first: read the settings, start the log, build the scanner.

use std::{marker::PhantomData, num::NonZeroUsize};

use clap::ArgMatches;

use super::{scan::ScanSettings, settings_file};
use crate::{
    BoxError, Engine,
    settings::{Settings, SettingsError, Sources, Table},
    telemetry::{self, Level, LogSettings},
};

/// An engine's program with its settings read.
#[derive(Debug)]
pub(super) struct Program<E> {
    pub(super) sources: Sources,
    engine: PhantomData<fn() -> E>,
}

impl<E: Engine> Program<E> {
    /// Every table of the engine's settings file. A new command's table goes here.
    pub(super) fn tables() -> Vec<Table> {
        let mut tables = E::Settings::tables();
        tables.extend([Table::of::<ScanSettings>(), Table::of::<LogSettings>()]);
        #[cfg(feature = "polyswarmd")]
        tables
            .extend([Table::of::<super::run::RunSettings>(), Table::file_only("chains", super::run::CHAINS)]);
        tables
    }

    /// The tables whose flags a command has: the engine's own, `[log]` and those of the command.
    pub(super) fn tables_with(own: &[Table]) -> Vec<Table> {
        [&E::Settings::tables(), own, &[Table::of::<LogSettings>()]].concat()
    }

    /// The tables whose flags a command has that neither scans nor takes part in anything.
    #[cfg(feature = "polyswarmd")]
    pub(super) fn only_log() -> [Table; 1] {
        [Table::of::<LogSettings>()]
    }

    /// Reads the settings of such a command, and starts the log, by default at `level`.
    #[cfg(feature = "polyswarmd")]
    pub(super) fn start_without_engine(matches: &ArgMatches, level: Level) -> Result<Self, SettingsError> {
        Self::start_with(matches, &Self::only_log(), level)
    }

    /// Reads the settings of a command that has the flags of the tables `own`, and starts the log, by default at `level`.
    pub(super) fn start(matches: &ArgMatches, own: &[Table], level: Level) -> Result<Self, SettingsError> {
        Self::start_with(matches, &Self::tables_with(own), level)
    }

    fn start_with(matches: &ArgMatches, flags: &[Table], level: Level) -> Result<Self, SettingsError> {
        #[cfg(feature = "failpoints")]
        crate::fail_points::from_environment();
        let file = settings_file(matches);
        let sources = Sources::load(flags, &Self::tables(), matches, file.as_deref())?;
        let of_crate = std::any::type_name::<E>().split("::").next().unwrap_or_default();
        telemetry::start(&sources.section()?, level, of_crate);
        Ok(Self { sources, engine: PhantomData })
    }

    /// What the engine itself stakes, if it has an idea of its own.
    #[cfg(feature = "polyswarmd")]
    pub(super) fn bid_strategy(
        &self,
    ) -> Result<Option<Box<dyn crate::bounty::bid::BidStrategy>>, SettingsError> {
        Ok(E::bid_strategy(&E::Settings::read(&self.sources)?))
    }

    /// Builds the scanner for so many scans at once.
    pub(super) async fn scanner(&self, at_once: NonZeroUsize) -> Result<E::Scanner, BoxError> {
        tracing::debug!(engine = E::NAME, version = E::VERSION, at_once, "building the scanner");
        E::build(E::Settings::read(&self.sources)?, at_once).await
    }
}

/// Ends the runtime at the end of a command, and waits for the children that were killed with it, for a moment each: where the program
/// runs as the first process (a container), nobody else would.
pub(super) fn end(runtime: tokio::runtime::Runtime) {
    runtime.shutdown_timeout(super::GRACE);
    #[cfg(unix)]
    {
        use rustix::process::{WaitOptions, wait};
        let started = std::time::Instant::now();
        while let Ok(ended) = wait(WaitOptions::NOHANG) {
            if ended.is_none() && started.elapsed() > super::GRACE {
                return;
            }
            if ended.is_none() {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
        }
    }
}

/// The runtime that a command runs on. Its worker threads live as long as the program, since a child process ends with the thread that
/// started it.
pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
