#![doc = include_str!("../README.md")]

pub mod artifact;
#[cfg(feature = "polyswarmd")]
pub mod bounty;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod engine;
#[cfg(feature = "polyswarmd")]
mod fail_points;
#[cfg(feature = "polyswarmd")]
pub mod market;
pub mod metadata;
pub mod one_line;
pub mod prelude;
pub mod scanner;
#[cfg(feature = "cli")]
pub mod settings;
#[cfg(feature = "cli")]
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod units;
pub mod verdict;

#[cfg(feature = "cli")]
pub use cli::main;
#[cfg(feature = "cli")]
pub use engine::Engine;
pub use {
    artifact::{Artifact, ArtifactKind},
    scanner::{BoxScanner, ErrorKind, ScanContext, ScanError, Scanner, ScannerExt, SyncScanner},
    units::{Chain, Confidence, Guid, Nct, Tick},
    verdict::{Ballot, Finding, ScanResult, Verdict},
};

/// An error that is only reported: printed with its chain of causes.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An error and its causes in one line.
#[cfg(feature = "polyswarmd")]
pub(crate) fn chain_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
