//! How a command ends: the only place that knows the exit codes.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

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

impl Exit {
    /// The end of a scan that found and failed so many.
    pub(super) fn of_scan(malicious: u64, failed: u64) -> Self {
        match (malicious, failed) {
            (1.., _) => Self::Found,
            (0, 1..) => Self::Error,
            (0, 0) => Self::Clean,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Found => 1,
            Exit::Error => 2,
        })
    }
}

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
    if !text.contains("--help") {
        text.push_str("For more information, try '--help'.\n");
    }
    // Standard error may be closed; there is nobody left to tell.
    let _ = io::stderr().write_all(text.as_bytes());
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
    fn found_beats_failed() {
        assert_eq!(Exit::of_scan(1, 5), Exit::Found);
        assert_eq!(Exit::of_scan(0, 5), Exit::Error);
        assert_eq!(Exit::of_scan(0, 0), Exit::Clean);
    }
}
