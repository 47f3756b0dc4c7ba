//! Which rules say nothing of malice: one table, as data.
//!
//! About one ordinary program in eleven matches some rule of a public set: packers, constants of ciphers, capabilities. Such a
//! match is reported, but it is no evidence.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::rules::catalog::{Meta, find};

/// Folders of a rule set whose rules describe features of a file.
const FOLDERS: [&str; 5] = ["packers", "crypto", "capabilities", "antidebug_antivm", "utils"];
/// What a tag, a meta flag, or the meta `severity` says of such a rule.
const WORDS: [&str; 2] = ["informational", "info"];

/// The table: by default the rules in the folders `packers`, `crypto`, `capabilities`, `antidebug_antivm` and `utils` of a rule
/// set, at any depth below the path that was given, and the rules that say so themselves: a tag `informational` or `info`, a
/// meta of that name that is true, or the meta `severity` with that value. Upper and lower case are the same.
///
/// ```
/// use engine_yara::Informational;
/// let table = Informational::default().with("compilers/").with("Noisy_Rule").without("utils/");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Informational {
    folders: BTreeSet<String>,
    /// Rules that were named: true if informational.
    rules: BTreeMap<String, bool>,
}

impl Default for Informational {
    fn default() -> Self {
        Self { folders: FOLDERS.map(str::to_owned).into(), rules: BTreeMap::new() }
    }
}

impl Informational {
    /// Adds a rule by its name, or a folder by its name and a slash: `packers/`.
    #[must_use]
    pub fn with(mut self, entry: &str) -> Self {
        match folder(entry) {
            Some(folder) => _ = self.folders.insert(folder),
            None => _ = self.rules.insert(entry.to_owned(), true),
        }
        self
    }

    /// Takes a folder away (`packers/`), or makes a rule evidence whatever its folder and its tags say.
    #[must_use]
    pub fn without(mut self, entry: &str) -> Self {
        match folder(entry) {
            Some(folder) => _ = self.folders.remove(&folder),
            None => _ = self.rules.insert(entry.to_owned(), false),
        }
        self
    }

    /// Whether a rule is informational. A rule that was named is what it was named.
    pub(crate) fn covers(&self, name: &str, file: &Path, tags: &[&str], meta: &[(&str, Meta<'_>)]) -> bool {
        if let Some(named) = self.rules.get(name) {
            return *named;
        }
        let is_word = |text: &str| WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
        let folders = file.parent().into_iter().flat_map(Path::iter);
        folders
            .map(|folder| folder.to_string_lossy().to_lowercase())
            .any(|folder| self.folders.contains(&folder))
            || tags.iter().any(|tag| is_word(tag))
            || find(meta, "severity").and_then(Meta::text).is_some_and(is_word)
            || WORDS.iter().any(|word| {
                matches!(find(meta, word), Some(Meta::Boolean(true) | Meta::Text("true") | Meta::Integer(1)))
            })
    }
}

/// The folder that an entry names, if it names one.
fn folder(entry: &str) -> Option<String> {
    entry.strip_suffix('/').map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(
        table: &Informational,
        name: &str,
        file: &str,
        tags: &[&str],
        meta: &[(&str, Meta<'_>)],
    ) -> bool {
        table.covers(name, Path::new(file), tags, meta)
    }

    #[test]
    fn folders_tags_and_meta_say_so() {
        let table = Informational::default();
        for file in ["packers/a.yar", "set/Crypto/deep/a.yar", "utils/a.yar"] {
            assert!(covers(&table, "r", file, &[], &[]), "{file}");
        }
        for file in ["a.yar", "malware/a.yar", "packers.yar", "malware/packers"] {
            assert!(!covers(&table, "r", file, &[], &[]), "{file}");
        }
        assert!(covers(&table, "r", "a.yar", &["x", "Informational"], &[]));
        for (key, value, wanted) in [
            ("informational", Meta::Boolean(true), true),
            ("informational", Meta::Text("true"), true),
            ("informational", Meta::Boolean(false), false),
            ("severity", Meta::Text("info"), true),
            ("severity", Meta::Text("high"), false),
        ] {
            assert_eq!(covers(&table, "r", "a.yar", &[], &[(key, value)]), wanted, "{key} {value:?}");
        }
    }

    #[test]
    fn settings_add_and_take_away() {
        let table = Informational::default().with("Noisy").with("mine/").without("packers/").without("Sure");
        assert!(covers(&table, "Noisy", "malware/a.yar", &[], &[]));
        assert!(covers(&table, "r", "mine/a.yar", &[], &[]));
        assert!(!covers(&table, "r", "packers/a.yar", &[], &[]));
        assert!(!covers(&table, "Sure", "crypto/a.yar", &["info"], &[]));
    }
}
