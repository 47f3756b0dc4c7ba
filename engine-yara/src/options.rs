//! What a [`YaraScanner`](crate::YaraScanner) is built from.

use std::{path::PathBuf, time::Duration};

use engine_core::Confidence;

use crate::{informational::Informational, rules::Making};

/// The rules and the limits of a scanner, with a default for all but the rules.
///
/// ```
/// use std::time::Duration;
/// use engine_yara::Options;
/// let options = Options::new(["/etc/yara"]).strict(true).timeout(Duration::from_secs(10));
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) rules: Vec<PathBuf>,
    pub(crate) strict: bool,
    pub(crate) informational: Informational,
    pub(crate) benign_confidence: Confidence,
    pub(crate) timeout: Option<Duration>,
    pub(crate) sandbox: bool,
    pub(crate) memory: u64,
    pub(crate) file_within: Duration,
    pub(crate) cache: Option<PathBuf>,
    pub(crate) save: Option<PathBuf>,
}

impl Options {
    /// These rules, and the defaults: files, folders or indexes, see [`Rules::load`](crate::Rules::load).
    pub fn new(rules: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self {
            rules: rules.into_iter().map(Into::into).collect(),
            strict: false,
            informational: Informational::default(),
            benign_confidence: Confidence::HALF,
            timeout: None,
            sandbox: true,
            memory: 2 << 30,
            file_within: Duration::from_secs(60),
            cache: None,
            save: None,
        }
    }

    /// Whether one bad rule file is an error rather than left out. Off by default.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Which rules are no evidence of malice.
    #[must_use]
    pub fn informational(mut self, table: Informational) -> Self {
        self.informational = table;
        self
    }

    /// How sure "benign" is, from 0 to 1. 0.5 by default: that no rule matches says little.
    #[must_use]
    pub fn benign_confidence(mut self, confidence: Confidence) -> Self {
        self.benign_confidence = confidence;
        self
    }

    /// How long one scan may take, whatever the caller allows. By default only the caller's deadline counts.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Whether rules are compiled and artifacts scanned in child processes. On by default; off, a crash of libyara is one of
    /// the program.
    #[must_use]
    pub fn sandbox(mut self, sandbox: bool) -> Self {
        self.sandbox = sandbox;
        self
    }

    /// How much address space each child may use, in bytes. 2 GiB by default; the rules, the artifact and libyara's work have
    /// to fit. Without a sandbox there is no limit.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// How long libyara may take to compile one rule file, or all of them together. A minute by default; a file that takes
    /// longer is bad. Without a sandbox there is no limit.
    #[must_use]
    pub fn file_within(mut self, time: Duration) -> Self {
        self.file_within = time;
        self
    }

    /// A folder in which compiled sets are kept from one start to the next, made if it is not there; none by default. A set is
    /// found again by its files, this program's version and libyara's. The sixteen that were used last stay. libyara trusts compiled
    /// sets like code, so a folder that others can write to, or that leads through one, is an error.
    #[must_use]
    pub fn rules_cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache = Some(folder.into());
        self
    }

    /// A file to write the compiled set to: a new one, or one that is such a set. Under [`strict`](Self::strict) a set with bad files is
    /// not written. Given as the only path of rules it is loaded in their place, by the same version of this
    /// program on the same kind of machine, as long as nobody but its user and root can write to it or to its folder.
    #[must_use]
    pub fn save_rules(mut self, file: impl Into<PathBuf>) -> Self {
        self.save = Some(file.into());
        self
    }

    /// How the set is made.
    pub(crate) fn making(&self) -> Making {
        Making {
            cache: self.cache.clone(),
            save: self.save.clone(),
            strict: self.strict,
            ..Making::default()
        }
    }
}
