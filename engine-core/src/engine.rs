//! What an engine is: a type that turns settings into a scanner. `engine_core::main` gives it every command.

#[cfg(feature = "polyswarmd")]
pub mod alone;
#[cfg(feature = "polyswarmd")]
pub mod brakes;
#[cfg(feature = "polyswarmd")]
mod canary;
#[cfg(feature = "polyswarmd")]
pub mod driver;
#[cfg(feature = "polyswarmd")]
pub mod fetch;
#[cfg(feature = "polyswarmd")]
mod hearing;
#[cfg(feature = "polyswarmd")]
pub mod journal;
#[cfg(feature = "polyswarmd")]
mod notes;
#[cfg(feature = "polyswarmd")]
mod outbox;
#[cfg(feature = "polyswarmd")]
pub mod pulse;
#[cfg(feature = "polyswarmd")]
mod queue;
#[cfg(feature = "polyswarmd")]
mod restore;
#[cfg(feature = "polyswarmd")]
mod secrets;
#[cfg(feature = "polyswarmd")]
mod shadow;
#[cfg(feature = "polyswarmd")]
mod shutdown;
#[cfg(feature = "polyswarmd")]
mod stake;
#[cfg(feature = "polyswarmd")]
mod steps;
#[cfg(feature = "polyswarmd")]
pub mod trial;
#[cfg(feature = "polyswarmd")]
mod uncharged;

#[cfg(feature = "polyswarmd")]
use crate::bounty::bid::BidStrategy;
use crate::{BoxError, scanner::Scanner, settings::Settings};

/// An engine: its name, its settings and how to build its scanner from them.
///
/// `engine_core::main::<MyEngine>()` is the whole `main` of its program: the commands `scan`, `run` and `check`, the
/// engine's own section in the settings file, and its flags in `--help`.
pub trait Engine: 'static {
    /// The program's name: `engine-yara`.
    const NAME: &'static str;
    /// One line on what it does, for `--help`.
    const ABOUT: &'static str;
    /// The program's own version.
    const VERSION: &'static str;
    /// Its settings: flags, variables and tables of the settings file. `()` if it has none.
    type Settings: Settings;
    /// What it scans with.
    type Scanner: Scanner;

    /// Does the fallible work (compile rules, find the daemon). An error ends the program with exit code 2, so it says what
    /// to do next. `at_once` is how many scans will run at a time.
    fn build(
        settings: Self::Settings,
        at_once: std::num::NonZeroUsize,
    ) -> impl Future<Output = Result<Self::Scanner, BoxError>> + Send;

    /// What `run` stakes, when `--bid-strategy` is not given or says `default`; `None`, the default, is
    /// [`Linear`](crate::bounty::bid::Linear). The other strategies stay for the operator to choose.
    #[cfg(feature = "polyswarmd")]
    fn bid_strategy(settings: &Self::Settings) -> Option<Box<dyn BidStrategy>> {
        let _ = settings;
        None
    }

    /// Runs the program as its own scanning child: the hidden command `child ARGS…`, which [`build`](Self::build) may use to
    /// keep a parser in a process of its own. It speaks the [backend protocol](crate::scanner::child::protocol).
    fn child(args: Vec<std::ffi::OsString>) -> Result<(), BoxError> {
        let _ = args;
        Err("this engine has no child: --help lists its commands".into())
    }
}
