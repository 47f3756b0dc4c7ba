//! How a command ends: the only place that knows the exit codes.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use serde::Deserialize;

use crate::one_line::OneLine;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: everything was done, nothing malicious was found.
    Clean,
    /// 1: something malicious was found, even if something else failed.
    Found,
    /// 2: nothing malicious was found, but something was not scanned, or only by some of the backends; or the command could not
    /// start.
    Error,
}

/// What makes `scan` end with another code than 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FailOn {
    /// 1 for something malicious; what was not scanned is no failure.
    Malicious,
    /// 1 for something malicious, else 2 for what was not scanned, or only by some of the backends.
    #[default]
    Incomplete,
    /// Nothing that was found or not scanned.
    Never,
}

impl Exit {
    /// The end of a scan that found so many malicious files that no entry allows, and failed at so many.
    pub(super) fn of_scan(malicious: u64, failed: u64, on: FailOn) -> Self {
        match (on, malicious, failed) {
            (FailOn::Malicious | FailOn::Incomplete, 1.., _) => Self::Found,
            (FailOn::Incomplete, 0, 1..) => Self::Error,
            _ => Self::Clean,
        }
    }

    /// The number that the program ends with.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Found => 1,
            Self::Error => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Standard output cannot be written: a full disk.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub(super) struct Unwritten(#[source] pub(super) io::Error);

/// Prints an error with its causes on standard error, each on a line.
pub(super) fn report(error: &(dyn Error + 'static)) {
    let told = error.to_string();
    // What clap says begins so already.
    let mut text = format!("error: {}", told.strip_prefix("error: ").unwrap_or(&told).trim_end());
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("\n  because: {error}"));
        cause = error.source();
    }
    text.push('\n');
    // Of a full disk, the help knows nothing.
    if !text.contains("--help") && !error.is::<Unwritten>() {
        text.push_str("For more information, try '--help'.\n");
    }
    // The lines are meant; what else a terminal would obey came from outside.
    let text: String = text.lines().map(|line| format!("{}\n", OneLine(line))).collect();
    // Standard error may be closed; there is nobody left to tell.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// The same in a child of an engine: one line, which the engine takes for its last words.
pub(super) fn report_in_child(error: &(dyn Error + 'static)) {
    let _ = writeln!(io::stderr(), "error: {}", OneLine(chain(error)));
}

/// An error with its causes on one line.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_beats_failed_and_fail_on_says_what_counts() {
        for (on, found_and_failed, found, failed, clean) in
            [(FailOn::Incomplete, 1, 1, 2, 0), (FailOn::Malicious, 1, 1, 0, 0), (FailOn::Never, 0, 0, 0, 0)]
        {
            let codes = [(1, 5), (1, 0), (0, 5), (0, 0)]
                .map(|(malicious, lost)| Exit::of_scan(malicious, lost, on).code());
            assert_eq!(codes, [found_and_failed, found, failed, clean], "{on:?}");
        }
    }
}
