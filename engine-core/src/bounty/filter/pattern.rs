//! Regular expressions in the dialect of Python's `re`, as near as the crate `fancy-regex` comes to it.
//!
//! What is the same: look-around, back-references, `(?P<name>…)` and `(?P=name)`, Unicode classes, inline flags at the start, `$` and `\Z`,
//! brackets. What is not: the flags `(?a)` and `(?L)` are refused, some of what Python refuses means something (`\p{Greek}`, `\h`, two groups of
//! one name), `--` inside brackets takes characters away, and a pattern that would take too long gives up instead ([`Undecided`]).

use fancy_regex::{Error, Regex, RegexBuilder};

/// So many steps back are enough: some patterns need more steps than there are atoms. Python would go on.
const STEPS_BACK: usize = 100_000;

/// A regular expression.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Regex);

/// A regular expression gave up on a text: neither match nor mismatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the regular expression took too long on what the poster says")]
pub struct Undecided;

impl Pattern {
    pub(super) fn new(python: &str) -> Result<Self, Error> {
        RegexBuilder::new(&in_our_words(python)).backtrack_limit(STEPS_BACK).build().map(Self)
    }

    /// Whether it matches anywhere in a text.
    pub(super) fn is_in(&self, text: &str) -> Result<bool, Undecided> {
        self.0.is_match(text).map_err(|error| {
            tracing::warn!(pattern = self.0.as_str(), %error, "a filter gave up on what a poster says");
            Undecided
        })
    }
}

/// The same expression where the crate says it in another way. Python's `$` also matches before a line break at the very end, unless it is to
/// match at the end of each line; its `\Z` does not, and is called `\z` here. In Python's brackets there are no nested classes and no `&&`.
fn in_our_words(pattern: &str) -> String {
    let by_line = has_flag_m(pattern);
    let mut ours = String::with_capacity(pattern.len());
    let mut rest = pattern.chars().peekable();
    // Inside of brackets: how many characters of the class there were.
    let mut members: Option<usize> = None;
    while let Some(c) = rest.next() {
        members = match (c, members) {
            ('\\', None) if rest.peek() == Some(&'Z') => {
                ours.extend(rest.next().map(|_| r"\z"));
                None
            }
            ('\\', _) => {
                ours.push(c);
                ours.extend(rest.next());
                members.map(|n| n + 1)
            }
            ('$', None) if !by_line => {
                ours.push_str(r"(?=\n?\z)");
                None
            }
            ('[', None) => {
                ours.push(c);
                ours.extend(rest.next_if_eq(&'^'));
                Some(0)
            }
            // At the first place a bracket is one of the class.
            (']', Some(1..)) => {
                ours.push(c);
                None
            }
            (_, Some(n)) => {
                ours.extend("[]&~".contains(c).then_some('\\'));
                ours.push(c);
                Some(n + 1)
            }
            (_, None) => {
                ours.push(c);
                None
            }
        };
    }
    ours
}

/// Whether an inline flag makes `^` and `$` those of each line.
fn has_flag_m(pattern: &str) -> bool {
    pattern.split("(?").skip(1).any(|flags| {
        let on = flags.split([')', ':', '-']).next().unwrap_or_default();
        on.contains('m') && on.bytes().all(|b| b.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python 3.11 says of `re.search(pattern, text)`.
    #[test]
    fn python_says_the_same() {
        for (pattern, text, found) in [
            (r"\.exe$", "a.exe", true),
            (r"\.exe$", "a.exe\n", true),
            (r"\.exe$", "a.exe\n\n", false),
            (r"\.exe$", "a.exe\nb", false),
            (r"(?m)\.exe$", "a.exe\nb", true),
            (r"(?i)\.EXE$", "a.exe\n", true),
            (r"\.exe\Z", "a.exe", true),
            (r"\.exe\Z", "a.exe\n", false),
            (r"a\$", "a$", true),
            (r"[$]", "a$b", true),
            (r"[^]$]", "]$", false),
            (r"[^^]", "^", false),
            (r"[^^]x]", "ax]", true),
            (r"[a&&b]", "&", true),
            (r"[[:alpha:]]", "z]", false),
            (r"[[:alpha:]]", ":]", true),
            (r"(a)?(?(1)b|c)", "xc", true),
            (r"(a)?(?(1)b|c)$", "ad", false),
            (r"[]a]", "]", true),
            (r"[[]", "[", true),
            (r"[a[b]", "[", true),
            (r"[\]]", "]", true),
            (r"^b", "a\nb", false),
            (r"(?m)^b", "a\nb", true),
            (r"(?P<x>.)(?P=x)", "abb", true),
            (r"(.)\1", "abc", false),
            (r"(?<!a)b", "ab", false),
            (r"a(?=b)", "ab", true),
            (r"\d", "٣", true),
            (r"\w+\.scr", "größe.scr", true),
            (r".", "\n", false),
            (r"(?s).", "\n", true),
            (r"^a{,2}b", "aab", true),
            (r"^a{,2}b", "aaab", false),
            (r"", "", true),
        ] {
            assert_eq!(Pattern::new(pattern).unwrap().is_in(text), Ok(found), "{pattern} in {text:?}");
        }
    }

    #[test]
    fn what_is_none_for_python_is_none_here() {
        for pattern in ["(", ")", "[a", "*", r"(?P=x)", "\\"] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }
}
