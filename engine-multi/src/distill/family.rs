//! Which malware family several backends mean, when each has a spelling of its own: pure, by two tables of words.
//!
//! A name such as `Ransom:Win32/WannaCrypt.A!rsm` or `Win.Ransomware.Wanna-9769986-0` is cut into words. Words that say on what, of
//! which sort or how something was found are dropped (`family/generic.txt`), and of families with many names each becomes one
//! (`family/aliases.txt`): both are `WannaCry`.

use engine_core::ScanResult;
use serde_json::{Value, json};

/// Words that are no family.
const GENERIC: &str = include_str!("family/generic.txt");
/// `Name: other names`.
const ALIASES: &str = include_str!("family/aliases.txt");
/// Shorter words say too little to be a name.
const SHORTEST: usize = 3;
/// More words than any name has; the rest of one that has more is not looked at.
const MOST_WORDS: usize = 32;
/// What of a longer name is looked at, and told, in characters.
const LONGEST: usize = 120;

/// A family, and who names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Family<'a> {
    pub(super) name: String,
    /// The backends that name it, in the order of the panel.
    by: Vec<&'a str>,
}

impl<'a> Family<'a> {
    /// The family that most of these backends name, if two of them or more name the same; else the first that has a name of its own;
    /// else the first name, as it is, though it says nothing but `Agent`.
    pub(super) fn of(answers: &[(&'a str, &ScanResult)]) -> Option<Self> {
        let named = |(backend, result): &(&'a str, &ScanResult)| {
            let family = result.family.as_deref().filter(|family| !family.is_empty())?;
            let family: String = family.chars().take(LONGEST).collect();
            let words = words(&family);
            Some((*backend, family, words))
        };
        let named: Vec<_> = answers.iter().filter_map(named).collect();
        let mut best: Option<Self> = None;
        for word in named.iter().flat_map(|(_, _, words)| words) {
            let agree = named.iter().filter(|(_, _, words)| words.iter().any(|other| same(other, word)));
            let by: Vec<_> = agree.map(|(backend, _, _)| *backend).collect();
            if by.len() > best.as_ref().map_or(1, |best| best.by.len()) {
                best = Some(Self { name: word.clone(), by });
            }
        }
        best.or_else(|| {
            let telling = named.iter().find(|(_, _, words)| !words.is_empty());
            let (backend, family, _) = telling.or_else(|| named.first())?;
            Some(Self { name: plain(family), by: vec![*backend] })
        })
    }

    /// `{"basis": "agreed", "by": ["yara", "clamav"]}`
    pub(super) fn told(&self) -> Value {
        json!({ "basis": if self.by.len() > 1 { "agreed" } else { "single source" }, "by": self.by })
    }
}

/// The words of a name that may be families, as they are written, or by their common name; each once.
fn words(name: &str) -> Vec<String> {
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    // Some write a name in two words that others write in one: `Cobalt Strike`.
    let whole: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let whole = Some(whole.as_str()).filter(|whole| alias(whole).is_some());
    let mut words: Vec<String> = Vec::new();
    for part in whole.into_iter().chain(parts.take(MOST_WORDS)) {
        let word = alias(part).unwrap_or(part);
        if !is_generic(part) && !words.iter().any(|known| same(known, word)) {
            words.push(word.to_owned());
        }
    }
    words
}

/// The family in a name that no other backend confirms: its common name, or else the first piece of the name that tells more than
/// sort and number, as it is written: `Foo-Bar` of `Win.Trojan.Foo-Bar-1-0`. A name that tells no more stays as it is.
fn plain(name: &str) -> String {
    if let Some(known) = words(name).iter().find_map(|word| alias(word)) {
        return known.to_owned();
    }
    let pieces = name.split(['.', ':', '/', '!', '@', ' ']);
    pieces.map(without_numbers).find(|piece| !words(piece).is_empty()).unwrap_or(name).to_owned()
}

/// The piece without `-123-0` and the like at its end.
fn without_numbers(piece: &str) -> &str {
    let mut piece = piece;
    while let Some((rest, tail)) = piece.rsplit_once('-') {
        if rest.is_empty() || !tail.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        piece = rest;
    }
    piece
}

/// The common name of a family that goes by this one.
fn alias(word: &str) -> Option<&'static str> {
    let lines = ALIASES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'));
    let mut lines =
        lines.filter(|(name, others)| same(name, word) || others.split(' ').any(|other| same(other, word)));
    lines.next().map(|(name, _)| name)
}

fn is_generic(word: &str) -> bool {
    let known = || GENERIC.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split(' '));
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    // `7669677`, `A1`, and digests such as `2f6e81bc`, which have more digits than letters.
    letters == 0
        || word.chars().count() < SHORTEST
        || word.chars().count() - letters > letters
        || known().any(|generic| same(generic, word))
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use engine_core::{Confidence, Verdict};

    use super::*;

    /// Backends `a`, `b`, … with these families; an empty one has none. The family, its basis, and who names it.
    fn family(families: &[&str]) -> Option<(String, String)> {
        let result = |family: &&str| {
            let mut result = ScanResult::new(Verdict::Malicious, Confidence::ONE);
            result.family = Some((*family).to_owned());
            result
        };
        let results: Vec<_> = families.iter().map(result).collect();
        let answers: Vec<_> = ["a", "b", "c", "d"].into_iter().zip(&results).collect();
        let Family { name, by } = Family::of(&answers)?;
        Some((name, by.join("")))
    }

    #[test]
    fn agreed_or_of_a_single_source() {
        for (families, name, by) in [
            // the same in several spellings
            (&["Emotet", "emotet"][..], "Emotet", "ab"),
            (&["Emotet", "Heodo"], "Emotet", "ab"),
            (&["Ransom:Win32/WannaCrypt.A!rsm", "Win.Ransomware.Wanna-9769986-0"], "WannaCry", "ab"),
            (&["Cobalt Strike", "Win.Tool.CobaltStrike-1"], "CobaltStrike", "ab"),
            (&["EICAR_Test_File", "Eicar", "Eicar-Signature"], "Eicar", "abc"),
            (&["Mirai_Botnet", "Unix.Trojan.Mirai-7669677-0"], "Mirai", "ab"),
            (&["shortbread", "SHORTBREAD.B"], "shortbread", "ab"),
            // most of them, not the first
            (&["Zbot", "Emotet", "TrickBot", "emotet"], "Emotet", "bd"),
            (&["Zbot", "Emotet", "emotet", "Zeus"], "Zbot", "ad"),
            // one only, or each another
            (&["Emotet"], "Emotet", "a"),
            (&["", "Win.Trojan.Shortbread-123-0"], "Shortbread", "b"),
            (&["Zbot", "Emotet"], "Zbot", "a"),
            (&["Foo-Bar"], "Foo-Bar", "a"),
            (&["Win.Malware.Foo-Bar-1-0"], "Foo-Bar", "a"),
            (&["Win.Ransomware.7ev3n-1"], "7ev3n", "a"),
            // a word of sort is no name, so the other's counts, and two do not agree by it
            (&["Trojan.Generic", "Shortbread"], "Shortbread", "b"),
            (&["Trojan.Agent", "Win.Trojan.Agent-1"], "Trojan.Agent", "a"),
            (&["Trojan.Zbot", "Trojan.Emotet"], "Zbot", "a"),
            (&["12345"], "12345", "a"),
            (&["..."], "...", "a"),
        ] {
            assert_eq!(family(families), Some((name.to_owned(), by.to_owned())), "{families:?}");
        }
        assert_eq!(family(&[]), None);
        assert_eq!(family(&["", ""]), None);
    }

    #[test]
    fn long_and_odd_names_are_names() {
        for name in ["a".repeat(100_000), "x.".repeat(50_000), "\u{1F9A0}".repeat(1000), "ß/Ω-1".to_owned()]
        {
            assert!(family(&[&name, &name]).is_some());
        }
    }

    /// Each name stands for one family, no family is a generic word, and all is as the tables' heads say.
    #[test]
    fn the_tables_are_sound() {
        let mut seen: Vec<String> = Vec::new();
        for line in ALIASES.lines().filter(|line| !line.starts_with('#')) {
            let (name, others) = line.split_once(": ").expect(line);
            assert!(name.chars().all(char::is_alphanumeric), "{name}");
            assert!(!is_generic(name), "{name}");
            let mut own: Vec<_> = others.split(' ').map(str::to_owned).collect();
            own.push(name.to_ascii_lowercase());
            own.sort();
            own.dedup();
            for other in own {
                assert!(!other.is_empty() && other == other.to_ascii_lowercase(), "{line}");
                assert!(!seen.contains(&other), "{other} stands for two families");
                seen.push(other);
            }
        }
        for word in GENERIC.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split(' ')) {
            assert_eq!(word, word.to_lowercase());
            assert!(!seen.contains(&word.to_owned()), "{word} is a family's name too");
        }
    }
}
