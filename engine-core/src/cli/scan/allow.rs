//! Hits that are known and allowed: a file of entries, each with its reason, some with a last day.
//!
//! An allowed hit stays in the output, marked, and does not count for the exit code. Nothing is allowed by half: a file counts as long as
//! one telling hit on it is not allowed.

mod entry;
mod error;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

use self::entry::{Entry, What};
pub(super) use self::error::AllowError;
use super::{
    hit,
    record::{Record, Suppressed},
};

/// The entries of a file.
#[derive(Debug)]
pub(super) struct Allow {
    file: PathBuf,
    /// Those that hold today, with whether each has allowed something.
    entries: Vec<(Entry, bool)>,
    expired: Vec<Entry>,
    /// What patterns of relative paths are relative to.
    here: Option<PathBuf>,
}

impl Allow {
    /// Reads a file. `now` decides which entries hold.
    pub(super) fn read(file: &Path, now: SystemTime) -> Result<Self, AllowError> {
        let unreadable = |source: io::Error| AllowError::Unreadable { file: file.to_owned(), source };
        let text = fs::read_to_string(file).map_err(unreadable)?;
        let entries = entry::parse(&text, file)?;
        let (expired, held): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.is_expired(now));
        let entries = held.into_iter().map(|entry| (entry, false)).collect();
        Ok(Self { file: file.to_owned(), entries, expired, here: std::env::current_dir().ok() })
    }

    /// A line for each entry that does not hold any more.
    pub(super) fn expired(&self) -> impl Iterator<Item = String> {
        self.expired.iter().map(|entry| {
            format!("{}: {entry} has expired: what it allowed counts again", self.file.display())
        })
    }

    /// A line for each entry that has allowed nothing.
    pub(super) fn unused(&self) -> impl Iterator<Item = String> {
        let unused = self.entries.iter().filter(|(_, used)| !used);
        unused.map(|(entry, _)| format!("{}: {entry} has allowed nothing", self.file.display()))
    }

    /// Why a malicious file does not count, if it does not.
    pub(super) fn judge(&mut self, record: &Record) -> Option<Suppressed> {
        if !record.verdict().is_malicious() {
            return None;
        }
        let of_artifact = self.entries.iter().position(|(entry, _)| {
            matches!(&entry.what, What::Artifact(sha256) if Some(sha256.as_str()) == record.sha256())
        });
        let allowing = match of_artifact {
            Some(index) => BTreeSet::from([index]),
            None => self.of_rules(record)?,
        };
        let mut allowing: Vec<&mut (Entry, bool)> = self
            .entries
            .iter_mut()
            .enumerate()
            .filter_map(|(index, entry)| allowing.contains(&index).then_some(entry))
            .collect();
        allowing.iter_mut().for_each(|(_, used)| *used = true);
        let reasons: BTreeSet<&str> = allowing.iter().map(|(entry, _)| entry.reason.as_str()).collect();
        let expires = allowing.iter().filter_map(|(entry, _)| entry.expires.as_ref()).min();
        Some(Suppressed {
            reason: reasons.into_iter().collect::<Vec<_>>().join("; "),
            expires: expires.map(ToString::to_string),
        })
    }

    /// The entries that together allow every telling hit on a file, or `None` if one is left.
    fn of_rules(&self, record: &Record) -> Option<BTreeSet<usize>> {
        let names = self.names(&record.path);
        let allowing = |hit: &hit::Hit<'_>| {
            self.entries.iter().position(|(entry, _)| {
                matches!(&entry.what, What::Rule { rule, path }
                    if is_named(hit, rule) && names.iter().any(|name| path.is_match(name)))
            })
        };
        hit::of(record).iter().filter(|hit| hit.telling).map(allowing).collect()
    }

    /// What a pattern may match of a path: the path without `./`, and below the working directory what follows it. A path with `..` has
    /// no such name, since it may lead anywhere.
    fn names(&self, path: &Path) -> Vec<PathBuf> {
        if path.components().any(|part| part == Component::ParentDir) {
            return Vec::new();
        }
        let below = self.here.as_deref().and_then(|here| path.strip_prefix(here).ok());
        let plain = path.components().filter(|part| *part != Component::CurDir).collect();
        [plain].into_iter().chain(below.map(Path::to_owned)).collect()
    }
}

/// Whether an entry's rule is this one: `Eicar`, or `yara/Eicar` for one backend's.
fn is_named(hit: &hit::Hit<'_>, rule: &str) -> bool {
    match (rule.split_once('/'), hit.rule) {
        (Some((backend, rule)), Some(name)) => hit.backend == Some(backend) && name == rule,
        (None, Some(name)) => name == rule,
        (_, None) => false,
    }
}

#[cfg(test)]
mod tests;
