//! The table `[yara]`: its flags, variables and keys in the settings file.

use std::path::PathBuf;

use engine_core::{
    Confidence,
    settings::{Section, Size, Time},
};
use serde::Deserialize;

use crate::{informational::Informational, options::Options};

/// The settings of engine-yara, as they are typed. [`Options::from`] makes them into what a scanner is built from.
#[derive(Clone, Debug, clap::Args, Deserialize)]
#[command(next_help_heading = "YARA")]
#[group(skip)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// YARA rules: a file, a folder (its .yar and .yara files at any depth) or an index with includes, may be repeated; or a
    /// compiled set that --save-rules wrote
    #[arg(long, value_name = "PATH", env = "RULES_DIR")]
    pub rules: Vec<PathBuf>,
    /// Refuse to start if any rule file is bad, instead of leaving it out
    #[arg(long)]
    pub strict_rules: bool,
    /// Folder in which compiled rules are kept, so that the next start need not compile them; no other user may be able to write to it
    #[arg(long, value_name = "DIR")]
    pub rules_cache: Option<PathBuf>,
    /// Write the compiled rules to a file, which --rules takes in their place
    #[arg(long, value_name = "FILE")]
    pub save_rules: Option<PathBuf>,
    /// Rule (NAME) or folder of rules (NAME/) whose matches are told but are no evidence of malice; may be repeated
    #[arg(long, value_name = "RULE|FOLDER/")]
    pub informational: Vec<String>,
    /// Rule (NAME) or folder of rules (NAME/) whose matches are evidence after all; may be repeated
    #[arg(long, value_name = "RULE|FOLDER/")]
    pub evidence: Vec<String>,
    /// How sure "benign" is when no rule matches, from 0 to 1
    #[arg(long, value_name = "NUMBER", default_value = "0.5")]
    pub benign_confidence: Confidence,
    /// Time for one scan with YARA rules, whatever else the deadline is (such as 10s)
    #[arg(long, value_name = "TIME")]
    pub yara_timeout: Option<Time>,
    /// Address space for each process that compiles rules or scans with them
    #[arg(long, value_name = "SIZE", default_value = "2G")]
    pub yara_memory: Size,
    /// Time for libyara to compile one rule file; one that takes longer is bad
    #[arg(long, value_name = "TIME", default_value = "60s")]
    pub compile_timeout: Time,
    /// Compile and scan in this process: faster to start, but a crash of libyara is a crash of the engine
    #[arg(long)]
    pub no_sandbox: bool,
}

impl Section for Settings {
    const TABLE: &'static str = "yara";
}

impl From<Settings> for Options {
    fn from(settings: Settings) -> Self {
        let mut table = Informational::default();
        for entry in &settings.informational {
            table = table.with(entry);
        }
        for entry in &settings.evidence {
            table = table.without(entry);
        }
        let mut options = Self::new(settings.rules)
            .strict(settings.strict_rules)
            .informational(table)
            .benign_confidence(settings.benign_confidence)
            .sandbox(!settings.no_sandbox)
            .memory(settings.yara_memory.0)
            .file_within(settings.compile_timeout.0);
        (options.cache, options.save) = (settings.rules_cache, settings.save_rules);
        options.timeout = settings.yara_timeout.map(|Time(timeout)| timeout);
        options
    }
}
