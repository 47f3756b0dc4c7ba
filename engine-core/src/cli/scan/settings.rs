//! What the user can say to `scan`: the table `[scan]` and what to scan.

use std::{num::NonZeroUsize, path::PathBuf, thread};

use clap::Args;
use serde::Deserialize;

use super::{list, output::Format, progress};
use crate::{
    cli::exit::FailOn,
    settings::{Section, Size, Time},
};

/// The table `[scan]`.
#[derive(Clone, Debug, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(next_help_heading = "Scan options")]
#[group(skip)]
pub(in crate::cli) struct ScanSettings {
    /// How results are printed on standard output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    /// How long one file may take (250ms, 30s, 5m)
    #[arg(long, value_name = "TIME", default_value = "30s", allow_hyphen_values = true)]
    pub(in crate::cli) timeout: Time,
    /// Largest file that is scanned, in bytes or with K, M, G; larger ones are reported as too_large
    #[arg(long, value_name = "SIZE", default_value = "256M", allow_hyphen_values = true)]
    pub(super) max_size: Size,
    /// How many files are scanned at once, at most [default: the number of cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    threads: Option<NonZeroUsize>,
    /// Follow symbolic links inside folders; each file is still scanned once
    #[arg(long)]
    pub(super) follow_links: bool,
    /// Say something of every file and every finding, also of those that speak for no malice (text, sarif)
    #[arg(long)]
    pub(super) all: bool,
    /// No summary on standard error
    #[arg(long)]
    pub(super) quiet: bool,
    /// What makes the exit code another than 0
    #[arg(long, value_name = "WHAT", default_value = "incomplete")]
    pub(super) fail_on: FailOn,
    /// A file of hits that are known and allowed (TOML, see below)
    #[arg(long, value_name = "FILE")]
    pub(super) allow: Option<PathBuf>,
    /// A bar with rate and time left on standard error; auto: only on a terminal
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) progress: progress::When,
    /// Keep results in this folder, and scan only what is new to it (see below)
    #[arg(long, value_name = "DIR")]
    pub(super) cache: Option<PathBuf>,
}

impl Section for ScanSettings {
    const TABLE: &'static str = "scan";
}

impl ScanSettings {
    /// How many files are scanned at once.
    pub(in crate::cli) fn at_once(&self) -> NonZeroUsize {
        let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.threads.unwrap_or_else(cores)
    }
}

/// What to scan.
#[derive(Clone, Debug, Args)]
pub(super) struct What {
    /// Files and folders; '-' is standard input
    #[arg(value_name = "PATH", required_unless_present = "scan_list")]
    pub(super) paths: Vec<PathBuf>,
    /// A file with more paths, one a line, or separated by NUL bytes if there is one in it; '-' is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) scan_list: Option<PathBuf>,
}

impl What {
    /// The same, if it makes sense together: standard input is either a list or something to scan.
    pub(super) fn checked(self) -> Result<Self, &'static str> {
        let listed = self.scan_list.as_deref().is_some_and(list::is_stdin);
        if listed && self.paths.iter().any(|path| list::is_stdin(path)) {
            return Err(
                "standard input is the list of --scan-list, so it cannot be scanned too: leave one '-' out, or call a \
                        file of that name ./-",
            );
        }
        Ok(self)
    }
}
