//! What a name may mean: the families, or at least vulnerabilities, that its words stand for.

use super::word::Word;

/// More words than any name has; the rest of one that has more is not looked at.
const MOST_WORDS: usize = 32;

/// How well something names a family; more is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// A vulnerability, which many families use.
    Cve,
    /// A word that nobody knows, so it may be a family's name.
    Name,
    /// A family of the table.
    Known,
}

/// Something that a name may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) rank: Rank,
    /// The common name, `CVE-2017-11882`, or the word or words as they are written: `Foo-Bar`.
    pub(super) text: String,
}

impl Meaning {
    /// All that a name may mean, as it is written from left to right, but what stands in several words (`Foo-Bar`) before each of
    /// them. A family of the table is all that a name with one means: the rest (`Jan20`, its actor, its hole) is about it.
    pub(super) fn all_of(name: &str) -> Vec<Self> {
        let pieces: Vec<_> = pieces(name).take(MOST_WORDS).collect();
        let words: Vec<_> = pieces.iter().map(|(word, _)| *word).collect();
        let (mut meanings, mut run, mut at) = (Vec::new(), Run::default(), 0);
        while let Some(&(text, separator)) = pieces.get(at) {
            let (word, used) = Word::first_of(words.get(at..).unwrap_or_default());
            at += used.max(1);
            let meaning = match word {
                Word::Name => {
                    run.push(text, separator, &mut meanings);
                    continue;
                }
                Word::Known(family) => Some(Self::new(Rank::Known, family)),
                Word::Cve(cve) => Some(Self::new(Rank::Cve, &cve)),
                Word::Nothing => None,
            };
            run.end(&mut meanings);
            meanings.extend(meaning);
        }
        run.end(&mut meanings);
        if meanings.iter().any(|meaning| meaning.rank == Rank::Known) {
            meanings.retain(|meaning| meaning.rank == Rank::Known);
        }
        meanings
    }

    /// Whether both mean the same: case and the way of joining words do not count.
    pub(super) fn same(&self, other: &Self) -> bool {
        let letters = |text: &str| {
            text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect::<String>()
        };
        letters(&self.text) == letters(&other.text)
    }

    fn new(rank: Rank, text: &str) -> Self {
        Self { rank, text: text.to_owned() }
    }
}

/// The words of a name, each with what follows it.
fn pieces(name: &str) -> impl Iterator<Item = (&str, &str)> {
    let pieces = name.split_inclusive(|c: char| !c.is_alphanumeric());
    let cut = |piece: &'_ str| piece.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
    pieces.map(move |piece| piece.split_at(cut(piece))).filter(|(word, _)| !word.is_empty())
}

/// Neighbouring words that may be a name together, joined by `-` or `_`.
#[derive(Default)]
struct Run<'a> {
    words: Vec<&'a str>,
    text: String,
    /// What follows the last word.
    separator: &'a str,
}

impl<'a> Run<'a> {
    /// Takes one more word, or begins anew with it if it is not joined to the last.
    fn push(&mut self, word: &'a str, separator: &'a str, meanings: &mut Vec<Meaning>) {
        if !["-", "_"].contains(&self.separator) {
            self.end(meanings);
        }
        self.text.push_str(self.separator);
        self.text.push_str(word);
        self.words.push(word);
        self.separator = separator;
    }

    /// Tells what the words may mean together, then what each may mean, and begins anew.
    fn end(&mut self, meanings: &mut Vec<Meaning>) {
        let Self { words, text, .. } = std::mem::take(self);
        if words.len() > 1 {
            meanings.push(Meaning::new(Rank::Name, &text));
        }
        meanings.extend(words.into_iter().map(|word| Meaning::new(Rank::Name, word)));
    }
}
