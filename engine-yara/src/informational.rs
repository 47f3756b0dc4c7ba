//! Which rules say nothing of malice: one table, as data.
//!
//! About one ordinary program in eleven matches some rule of a public set: packers, constants of ciphers, capabilities. Such a
//! match is reported, but it is no evidence. The table is `informational.tsv` beside this file, with what was measured.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::rules::declared::{Declared, Meta};

/// The table: kind, name, file, and what was measured, a row a line.
const TABLE: &str = include_str!("informational.tsv");

/// The table of rules that are no evidence.
///
/// By default it has the folders of a rule set whose rules describe files (`packers`, `crypto`, `capabilities`,
/// `antidebug_antivm`, `utils`), at any depth below the path that was given; the rules that say so themselves by a tag
/// `informational` or `info`, a meta of that name that is true, or the meta `severity` with that value; and the rules of public sets
/// that were measured to match ordinary files, each by its name and that of its file, so that a rule of yours with such a name is
/// evidence still. Folders and tags are the same in upper and lower case.
///
/// ```
/// use engine_yara::Informational;
/// let table = Informational::default().with("compilers/").with("Noisy_Rule").without("utils/");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Informational {
    folders: BTreeSet<String>,
    /// Folders whose rules are evidence, whatever the rest says.
    evidence: BTreeSet<String>,
    words: BTreeSet<String>,
    /// Rules that were measured, with the name of the file that has them.
    measured: BTreeSet<(String, String)>,
    /// Rules that settings name: true if informational.
    named: BTreeMap<String, bool>,
}

impl Default for Informational {
    fn default() -> Self {
        let mut table = Self {
            folders: BTreeSet::new(),
            evidence: BTreeSet::new(),
            words: BTreeSet::new(),
            measured: BTreeSet::new(),
            named: BTreeMap::new(),
        };
        for row in rows() {
            match row {
                ["folder", name, ..] => _ = table.folders.insert(name.to_owned()),
                ["word", name, ..] => _ = table.words.insert(name.to_owned()),
                ["rule", name, file, ..] => _ = table.measured.insert((name.to_owned(), file.to_owned())),
                // A test reads every row.
                _ => {}
            }
        }
        table
    }
}

/// The rows of the table: kind, name, file, and counts of two corpora.
fn rows() -> impl Iterator<Item = [&'static str; 7]> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let columns: Vec<_> = line.split('\t').collect();
        <[_; 7]>::try_from(columns).ok()
    })
}

impl Informational {
    /// Adds a rule by its name, or a folder by its name and a slash: `packers/`.
    #[must_use]
    pub fn with(mut self, entry: &str) -> Self {
        match folder(entry) {
            Some(folder) => {
                self.evidence.remove(&folder);
                self.folders.insert(folder);
            }
            None => _ = self.named.insert(entry.to_owned(), true),
        }
        self
    }

    /// Makes a rule, or the rules of a folder (`packers/`), evidence whatever the table, other folders and tags say. A rule that
    /// [`with`](Self::with) names stays informational: it is more specific than its folder.
    #[must_use]
    pub fn without(mut self, entry: &str) -> Self {
        match folder(entry) {
            Some(folder) => {
                self.folders.remove(&folder);
                self.evidence.insert(folder);
            }
            None => _ = self.named.insert(entry.to_owned(), false),
        }
        self
    }

    /// Whether a rule is informational. A rule that settings name is what they say.
    pub(crate) fn covers(&self, name: &str, file: &Path, rule: &Declared) -> bool {
        self.named.get(name).copied().unwrap_or_else(|| {
            !is_in(&self.evidence, file)
                && (self.is_measured(name, file) || is_in(&self.folders, file) || self.says_so_itself(rule))
        })
    }

    fn is_measured(&self, name: &str, file: &Path) -> bool {
        let file = file.file_name().unwrap_or_default().to_string_lossy();
        self.measured.contains(&(name.to_owned(), file.into_owned()))
    }

    fn says_so_itself(&self, rule: &Declared) -> bool {
        let is_word = |text: &str| self.words.contains(&text.to_ascii_lowercase());
        let is_true = |meta: &Meta| match meta {
            Meta::Boolean(flag) => *flag,
            Meta::Integer(number) => *number == 1,
            Meta::Text(text) => text == "true",
        };
        rule.tags.iter().any(|tag| is_word(tag))
            || rule.find("severity").and_then(Meta::text).is_some_and(is_word)
            || self.words.iter().any(|word| rule.find(word).is_some_and(is_true))
    }
}

/// Whether one of these folders leads to a file.
fn is_in(folders: &BTreeSet<String>, file: &Path) -> bool {
    let mut above = file.parent().into_iter().flat_map(Path::iter);
    above.any(|folder| folders.contains(&folder.to_string_lossy().to_lowercase()))
}

/// The folder that an entry names, if it names one.
fn folder(entry: &str) -> Option<String> {
    entry.strip_suffix('/').map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(table: &Informational, name: &str, file: &str, tags: &[&str], meta: &[(&str, Meta)]) -> bool {
        let rule = Declared {
            file: file.to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            meta: meta.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
        };
        table.covers(name, Path::new(file), &rule)
    }

    #[test]
    fn every_row_is_read_and_has_its_counts() {
        let lines: Vec<_> = TABLE.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(rows().count(), lines.len(), "seven columns, with tabs between them");
        for [kind, name, file, counts @ ..] in rows() {
            let counts = counts.map(|count| count.parse::<u32>().ok());
            match (kind, counts) {
                ("folder", [Some(1..), Some(1..), None, None]) => {
                    assert!(name == name.to_lowercase() && file == "-", "{name}");
                }
                ("word", [None, None, None, None]) => assert_eq!(file, "-", "{name}"),
                ("rule", [Some(files), Some(packages), Some(more_files), Some(more_packages)]) => {
                    // The threshold in the table's head.
                    let (files, packages) = (files + more_files, packages + more_packages);
                    assert!(files >= 5 && packages >= 3, "{name} is no noisy rule");
                }
                _ => panic!("no such row: {kind} {name}"),
            }
        }
        let mut sorted = lines.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted, lines, "sorted, each once");
    }

    #[test]
    fn the_readme_counts_the_measured_rules() {
        assert_eq!(Informational::default().measured.len(), 16);
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
            ("informational", Meta::Text("true".into()), true),
            ("informational", Meta::Boolean(false), false),
            ("severity", Meta::Text("info".into()), true),
            ("severity", Meta::Text("high".into()), false),
        ] {
            assert_eq!(covers(&table, "r", "a.yar", &[], &[(key, value.clone())]), wanted, "{key} {value:?}");
        }
    }

    #[test]
    fn a_measured_rule_is_that_of_its_file_only() {
        let table = Informational::default();
        let (rule, file) = ("maldoc_getEIP_method_1", "maldocs/maldoc_somerules.yar");
        assert!(covers(&table, rule, file, &[], &[]));
        assert!(!covers(&table, rule, "maldocs/mine.yar", &[], &[]));
        assert!(!covers(&table.without(rule), rule, file, &[], &[]));
    }

    #[test]
    fn settings_add_and_take_away() {
        let table = Informational::default().with("Noisy").with("mine/").without("packers/").without("Sure");
        assert!(covers(&table, "Noisy", "malware/a.yar", &[], &[]));
        assert!(covers(&table, "r", "mine/a.yar", &[], &[]));
        assert!(!covers(&table, "r", "packers/a.yar", &[], &[]));
        assert!(!covers(&table, "Sure", "crypto/a.yar", &["info"], &[]));
    }

    #[test]
    fn a_folder_of_evidence_is_evidence_whatever_the_table_says() {
        let table = Informational::default().without("Maldocs/");
        let (measured, file) = ("maldoc_getEIP_method_1", "set/maldocs/maldoc_somerules.yar");
        assert!(!covers(&table, measured, file, &[], &[]));
        assert!(!covers(&table, "r", "maldocs/packers/a.yar", &["info"], &[]));
        assert!(covers(&table, "r", "other/a.yar", &["info"], &[]));
        // A rule is more specific than its folder.
        assert!(covers(&table.clone().with("r"), "r", "maldocs/a.yar", &[], &[]));
        // The last word on a folder counts.
        let table = table.with("maldocs/");
        assert!(covers(&table, "r", "maldocs/a.yar", &[], &[]));
        assert!(!covers(&table.without("maldocs/"), "r", "maldocs/a.yar", &[], &[]));
    }
}
