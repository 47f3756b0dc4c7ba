//! What became of the rules: how many there are, which files are bad and why.

use std::path::PathBuf;

use engine_core::one_line::OneLine;
use serde::{Deserialize, Serialize};

/// What a rule set came to. Printed by `check`, and told in the log when the set is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// How many rules the set has, private ones too.
    pub rules: usize,
    /// How many files they come from.
    pub files: usize,
    /// How many of the rules are informational: what they find is no evidence of malice.
    pub informational: usize,
    /// Files and includes that were left out, sorted by path.
    pub bad: Vec<Complaint>,
    /// Files that were loaded but are probably not what their author meant, sorted by path.
    pub warnings: Vec<Complaint>,
    /// What libyara remarks of rules that it takes: a string that slows scans down, a condition that is never true. Sorted by path.
    pub remarks: Vec<Complaint>,
    /// `sha256:` and 64 hex digits over the loaded files' paths (relative to what was given) and their digests.
    pub digest: String,
}

/// What is wrong with a rule file. Printed as `path:line: cause` on one line, with control characters escaped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Complaint {
    /// The file: what was given, joined with the way from there.
    pub path: String,
    /// The line, from 1, if there is one to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The first cause, in libyara's words where they are its own.
    pub cause: String,
}

impl Complaint {
    pub(crate) fn new(path: impl Into<String>, line: Option<usize>, cause: impl Into<String>) -> Self {
        Self { path: path.into(), line: line.filter(|line| *line > 0), cause: cause.into() }
    }
}

impl std::fmt::Display for Complaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", OneLine(&self.path))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", OneLine(&self.cause))
    }
}

/// Why there is no rule set. Each message says what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// No path was given.
    #[error("no rules: give --rules a file or folder of YARA rules, or set RULES_DIR")]
    NotGiven,
    /// A path that was given does not exist or may not be read.
    #[error("rules {} cannot be read: give --rules a file or folder that exists", OneLine(path))]
    Unreadable {
        /// The path as given.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Nothing was left to scan with: no rule at all, or none that is ever reported.
    #[error("no rules in {}{}{}", OneLine(paths), remedy(*private, bad), told(bad))]
    Empty {
        /// The paths as given.
        paths: String,
        /// How many rules there are that are private: they serve other rules, and are never reported themselves.
        private: usize,
        /// The files that were left out.
        bad: Vec<Complaint>,
    },
    /// Some files are bad, and that was asked to be an error.
    #[error("{} bad rule files, and --strict-rules allows none: repair them or leave the option away{}", bad.len(), told(bad))]
    Strict {
        /// The files that are bad.
        bad: Vec<Complaint>,
    },
    /// libyara failed as a whole.
    #[error("libyara failed on the rules: {cause}")]
    Library {
        /// In its words.
        cause: String,
    },
    /// The compiling child process failed.
    #[error(
        "the rules cannot be compiled: {}; --yara-memory and --compile-timeout give it more room",
        OneLine(cause)
    )]
    Compiler {
        /// What happened.
        cause: String,
    },
    /// A compiled set, or the folder that it is in, is not what it has to be.
    #[error("the compiled rule set in {} cannot be used: {}", OneLine(path), OneLine(cause))]
    Set {
        /// The file or folder.
        path: String,
        /// Why, and what to do.
        cause: String,
    },
    /// The folder for compiled sets cannot be used.
    #[error("--rules-cache {} cannot be used: {}", OneLine(path), OneLine(cause))]
    Cache {
        /// The folder.
        path: String,
        /// Why, and what to do.
        cause: String,
    },
    /// The compiled set cannot be written.
    #[error("--save-rules cannot write {}: {}", OneLine(path), OneLine(cause))]
    Save {
        /// The file.
        path: String,
        /// Why, and what to do.
        cause: String,
    },
}

impl RulesError {
    pub(crate) fn empty(paths: &[PathBuf], private: usize, bad: Vec<Complaint>) -> Self {
        let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        Self::Empty { paths: paths.join(", "), private, bad }
    }

    pub(super) fn set(path: &std::path::Path, cause: impl Into<String>) -> Self {
        Self::Set { path: path.display().to_string(), cause: cause.into() }
    }
}

/// What to do where there is no rule that could be reported.
fn remedy(private: usize, bad: &[Complaint]) -> String {
    let why = match private {
        0 => String::new(),
        all => format!(" that are ever reported: all {all} are private, and only serve other rules"),
    };
    let first = if bad.is_empty() { "" } else { "repair the files below, " };
    format!(
        "{why}: {first}put a rule there, in a file named *.yar or *.yara (rule Example {{ strings: $a = \"evil\" condition: $a }}), \
         or name another file or folder with --rules or RULES_DIR"
    )
}

/// The first few complaints, a line each.
fn told(bad: &[Complaint]) -> String {
    const SHOWN: usize = 10;
    let mut text: String = bad.iter().take(SHOWN).map(|complaint| format!("\n  {complaint}")).collect();
    if bad.len() > SHOWN {
        text.push_str(&format!("\n  and {} more", bad.len() - SHOWN));
    }
    text
}
