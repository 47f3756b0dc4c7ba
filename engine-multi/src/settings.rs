//! The table `[multi]`: which backends, and how their ballots become one result.

mod choice;
mod program;

use engine_core::settings::{Section, Time};
use serde::Deserialize;

pub use self::{
    choice::{BadChoice, BuiltIn, Choice},
    program::{BadProgram, ExternalProgram},
};
use crate::{backend::SKIP_AFTER, distill::Rule};

/// Which backends are asked, and how their ballots become one result: flags, variables, and the table `[multi]`.
#[derive(Clone, Debug, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(next_help_heading = "Backends")]
#[group(skip)]
pub struct Settings {
    /// Which built-in backends to ask, separated by commas: yara, clamav; or none
    #[arg(long, value_name = "NAMES", default_value = "yara,clamav")]
    pub backends: Choice,

    /// Ask a program too, under this name; may be repeated [example: 'own=exec:python3 own.py --fast']
    ///
    /// It speaks the backend protocol on its standard input and output. The command is split into words as a shell does it, and
    /// run without one. A program that dies is one failed ballot for each scan until it starts again.
    #[arg(long, value_name = "NAME=exec:COMMAND")]
    #[serde(default)]
    pub backend: Vec<ExternalProgram>,

    /// Malicious if any backend says so (any), if at least K do (quorum=K), or if more do than say benign (majority)
    #[arg(long, value_name = "RULE", default_value = "any")]
    pub distill: Rule,

    /// Backends that must have answered, separated by commas: without them nothing is called benign, and the engine is not ready
    ///
    /// What the others call malicious is malicious all the same.
    #[arg(long, value_name = "NAMES")]
    #[serde(default)]
    pub require: Vec<String>,

    /// Say of each result which ballots made it, by which rule and why
    #[arg(long)]
    #[serde(default)]
    pub explain: bool,

    /// Skip a backend for a while after so many failures in a row; its ballots then say so, and results are incomplete; 0 is never
    #[arg(long, value_name = "N", default_value_t = SKIP_AFTER)]
    pub skip_after: u32,

    /// The most time that one backend has for one file, such as 5s [default: all that the scan has]
    #[arg(long, value_name = "TIME")]
    pub backend_timeout: Option<Time>,
}

impl Section for Settings {
    const TABLE: &'static str = "multi";
}
