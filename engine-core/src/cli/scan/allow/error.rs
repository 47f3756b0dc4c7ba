//! Why an allow file cannot be used.

use std::{io, path::PathBuf};

/// Why an allow file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::cli::scan) enum AllowError {
    /// It cannot be read.
    #[error("cannot read the allow file {file}", file = file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is no TOML, or has a key that does not exist.
    #[error("the allow file {file} is not a list of [[allow]] entries", file = file.display())]
    Toml {
        /// Which file.
        file: PathBuf,
        /// What is wrong, and in which line.
        source: Box<toml::de::Error>,
    },
    /// An entry does not say what it has to.
    #[error("the allow file {file} cannot be used: entry {number} (line {line}) {wrong}", file = file.display())]
    Entry {
        /// Which file.
        file: PathBuf,
        /// Which entry, from 1.
        number: usize,
        /// The line on which it starts, from 1.
        line: usize,
        /// What is wrong with it, and how it ought to be.
        wrong: String,
    },
}
