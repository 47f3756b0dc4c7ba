//! The two tables of words, as data beside this file.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

/// `generic.txt`: words that are no family.
static GENERIC: LazyLock<HashSet<&str>> =
    LazyLock::new(|| lines(include_str!("generic.txt")).flat_map(str::split_whitespace).collect());

/// `aliases.txt`, a line `Name: other names` each: the common name by each of the other names.
static ALIASES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let lines = lines(include_str!("aliases.txt")).filter_map(|line| line.split_once(": "));
    lines.flat_map(|(name, others)| others.split(' ').map(move |other| (other, name))).collect()
});

/// The lines that are neither empty nor remarks.
fn lines(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The common name of a family that goes by this one; case does not count.
pub(super) fn alias(word: &str) -> Option<&'static str> {
    ALIASES.get(word.to_ascii_lowercase().as_str()).copied()
}

/// Whether the word tells sort, platform, source or nothing, but no family; case does not count.
pub(super) fn is_generic(word: &str) -> bool {
    GENERIC.contains(word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each name stands for one family, none is a generic word, and all is as the tables' heads say.
    #[test]
    fn the_tables_are_sound() {
        let (mut seen, mut names) = (HashSet::new(), HashSet::new());
        for line in lines(include_str!("aliases.txt")) {
            let (name, others) = line.split_once(": ").expect(line);
            assert!(names.insert(name.to_lowercase()), "{name} has two lines");
            assert!(name.chars().all(char::is_alphanumeric), "{name}");
            assert_eq!(alias(name), Some(name), "it is among its own names");
            for other in others.split(' ') {
                assert!(!other.is_empty() && other == other.to_ascii_lowercase(), "{line}");
                assert!(seen.insert(other), "{other} stands for two families");
                assert!(!is_generic(other), "{other} is generic too");
            }
        }
        let mut seen = HashSet::new();
        for word in lines(include_str!("generic.txt")).flat_map(str::split_whitespace) {
            assert_eq!(word, word.to_lowercase());
            assert!(word.chars().all(char::is_alphanumeric), "{word} is more than a word");
            assert!(seen.insert(word), "{word} is there twice");
        }
    }
}
