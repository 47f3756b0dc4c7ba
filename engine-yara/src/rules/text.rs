//! What can be known of a rule file without compiling it: its includes, the names of its rules, and what libyara would not tell.
//!
//! The lexer knows comments, strings, regular expressions and words, no more. What it misses is caught later: libyara resolves no
//! include that was not found here.

use std::ops::Range;

/// A rule file's text, looked through.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    /// The `include` directives, in order.
    pub(super) includes: Vec<Include>,
    /// The names of the rules it declares, in order.
    pub(super) rules: Vec<String>,
    /// Those of them that are private: they serve other rules, and are never reported themselves.
    pub(super) private: Vec<String>,
    /// The line of a comment that is opened and never closed.
    pub(super) unclosed_comment: Option<usize>,
    /// Meta strings that are not UTF-8, to be replaced: the crate `yara` panics on them.
    unreadable: Vec<Range<usize>>,
}

/// An `include` directive.
#[derive(Clone, Debug)]
pub(super) struct Include {
    /// The name between the quotes.
    pub(super) name: String,
    /// Its line, from 1.
    pub(super) line: usize,
    /// The whole directive.
    range: Range<usize>,
}

impl Text {
    /// Looks through a rule file.
    pub(super) fn read(source: &str) -> Self {
        let mut text = Self::default();
        let (mut in_meta, mut before, mut is_private) = (false, "", false);
        for (token, range) in Lexer::new(source) {
            match token {
                Token::Comment { closed: false } => {
                    text.unclosed_comment = Some(line_at(source, range.start))
                }
                Token::Comment { closed: true } => continue,
                Token::Include(name) => {
                    let line = line_at(source, range.start);
                    text.includes.push(Include { name: name.to_owned(), line, range });
                }
                Token::Word(word) => {
                    match word {
                        "meta" => in_meta = true,
                        "strings" | "condition" => in_meta = false,
                        name if before == "rule" => {
                            text.private.extend(is_private.then(|| name.to_owned()));
                            text.rules.push(name.to_owned());
                        }
                        _ => {}
                    }
                    // In either order: `private global rule`, `global private rule`.
                    is_private = word == "private" || (is_private && matches!(word, "global" | "rule"));
                    before = word;
                    continue;
                }
                Token::String(inner) if in_meta && !is_utf8(inner) => text.unreadable.push(range),
                Token::String(_) | Token::Other => {}
            }
            (before, is_private) = ("", false);
        }
        text
    }

    /// The text that libyara is given: each include under another name (`None` leaves it out), an open comment closed.
    /// Every line keeps its number.
    pub(super) fn render(&self, source: &str, mut name: impl FnMut(usize) -> Option<String>) -> String {
        let includes = self.includes.iter().enumerate().map(|(index, include)| (&include.range, Some(index)));
        let mut edits: Vec<_> = includes.chain(self.unreadable.iter().map(|range| (range, None))).collect();
        edits.sort_by_key(|(range, _)| range.start);
        let (mut text, mut at) = (String::with_capacity(source.len() + 16), 0);
        for (range, include) in edits {
            text.push_str(source.get(at..range.start).unwrap_or_default());
            let old = source.get(range.clone()).unwrap_or_default();
            match include {
                None => text.push_str(&without_high_escapes(old)),
                Some(index) => {
                    if let Some(name) = name(index) {
                        text.push_str(&format!("include \"{name}\""));
                    }
                    text.extend(old.matches('\n'));
                }
            }
            at = range.end;
        }
        text.push_str(source.get(at..).unwrap_or_default());
        if self.unclosed_comment.is_some() {
            // In a file that is included it would swallow the rest of the including file too.
            text.push_str("*/");
        }
        text
    }
}

/// The line of a byte, from 1.
pub(super) fn line_at(source: &str, at: usize) -> usize {
    source.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

enum Token<'a> {
    Comment {
        closed: bool,
    },
    Include(&'a str),
    Word(&'a str),
    /// What is between the quotes, escapes not resolved.
    String(&'a str),
    /// A regular expression, a number, a variable, a sign.
    Other,
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn new(source: &'a str) -> Self {
        Self { source, at: 0 }
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = (Token<'a>, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let (start, rest) = (self.at, self.rest());
        let first = rest.chars().next()?;
        let (token, length) = match first {
            '/' if rest.starts_with("//") => (Token::Comment { closed: true }, line_end(rest)),
            '/' if rest.starts_with("/*") => {
                let end = rest.get(2..).and_then(|inner| inner.find("*/"));
                (Token::Comment { closed: end.is_some() }, end.map_or(rest.len(), |end| end + 4))
            }
            // A division is a backslash in this language.
            '/' => (Token::Other, literal_end(rest, b'/')),
            '"' => {
                let end = literal_end(rest, b'"');
                (Token::String(rest.get(1..end).unwrap_or_default().trim_end_matches('"')), end)
            }
            '$' | '#' | '@' | '!' => (Token::Other, 1 + word_end(rest.get(1..).unwrap_or_default())),
            '0'..='9' => (Token::Other, word_end(rest)),
            'a'..='z' | 'A'..='Z' | '_' => {
                let end = word_end(rest);
                let word = rest.get(..end).unwrap_or_default();
                match include_end(word, rest.get(end..).unwrap_or_default()) {
                    Some((name, length)) => (Token::Include(name), end + length),
                    None => (Token::Word(word), end),
                }
            }
            other => (Token::Other, other.len_utf8()),
        };
        self.at = start + length;
        Some((token, start..self.at))
    }
}

fn line_end(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

fn word_end(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// Where a literal that starts with `quote` ends: behind the next one that is not escaped, or at the end of the line.
fn literal_end(text: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => return at,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The name in what follows the word `include`, and the length of that.
fn include_end<'a>(word: &str, after: &'a str) -> Option<(&'a str, usize)> {
    let open = after.trim_start_matches([' ', '\t']).strip_prefix('"')?;
    if word != "include" || after.starts_with('"') {
        return None;
    }
    let (name, behind) = open.split_once('"')?;
    Some((name, after.len() - behind.len()))
}

/// Whether a string literal is UTF-8 once its escapes are resolved.
fn is_utf8(literal: &str) -> bool {
    let mut bytes = Vec::with_capacity(literal.len());
    let mut rest = literal.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
        } else if rest.next() == Some(b'x') {
            let digits = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
            let digits = digits.map(|digit| (digit as char).to_digit(16).unwrap_or(0));
            bytes.push(digits.iter().fold(0, |byte, digit| byte << 4 | u8::try_from(*digit).unwrap_or(0)));
        }
    }
    std::str::from_utf8(&bytes).is_ok()
}

/// The literal with a question mark for each `\x80` to `\xff`.
fn without_high_escapes(literal: &str) -> String {
    let mut text = String::with_capacity(literal.len());
    let mut chars = literal.chars();
    while let Some(first) = chars.next() {
        let escape: String = if first == '\\' { chars.clone().take(3).collect() } else { String::new() };
        if escape.starts_with(['x', 'X']) && escape.chars().nth(1).is_some_and(|c| c > '7') {
            text.push('?');
            chars.nth(2);
        } else {
            text.push(first);
            if first == '\\' {
                text.extend(chars.next());
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_rules_and_includes_but_not_in_comments_strings_and_expressions() {
        let source = r#"
            // include "no.yar"  rule no1
            /* rule no2 { } include "no.yar" */
            import "pe" include "./a.yar" include	"b.yar"
            private rule one : tag { meta: a = "rule no3 { include \"no.yar\"" strings: $rule = /rule "no4 \/ [\/]*/ condition: $rule }
            global rule /* odd */ two { condition: xinclude "no" or include"no" or #rule > 1 and 4\2 == 2 }"#;
        let text = Text::read(source);
        assert_eq!(text.rules, ["one", "two"]);
        assert_eq!(text.private, ["one"]);
        let includes: Vec<_> = text.includes.iter().map(|i| (i.name.as_str(), i.line)).collect();
        assert_eq!(includes, [("./a.yar", 4), ("b.yar", 4)]);
        assert_eq!(text.unclosed_comment, None);
        let rendered = text.render(source, |index| (index == 1).then(|| "7.1".to_owned()));
        assert!(rendered.contains("import \"pe\"  include \"7.1\"\n"), "{rendered}");
        assert_eq!(rendered.lines().count(), source.lines().count());
    }

    #[test]
    fn closes_a_comment_that_is_left_open() {
        let source = "rule a { condition: true }\n\n/* rule b { condition: true }\n";
        let text = Text::read(source);
        assert_eq!((text.rules.as_slice(), text.unclosed_comment), (&["a".to_owned()][..], Some(3)));
        assert!(text.render(source, |_| None).ends_with("\n*/"));
    }

    #[test]
    fn replaces_meta_that_is_not_utf8() {
        let source =
            r#"rule a { meta: x = "\xe9\n\\xe9" y = "\xc3\xa9" strings: $a = "\xe9" condition: $a }"#;
        let rendered = Text::read(source).render(source, |_| None);
        let wanted = r#"rule a { meta: x = "?\n\\xe9" y = "\xc3\xa9" strings: $a = "\xe9" condition: $a }"#;
        assert_eq!(rendered, wanted);
    }

    #[test]
    fn survives_anything() {
        for source in [
            "",
            "\"",
            "/",
            "/*",
            "/*/",
            "include \"",
            "include \"\n",
            "\\",
            "é\"\\",
            "rule",
            "$",
            "\"\\x",
            "{ 4",
        ] {
            let _ = Text::read(source).render(source, |_| None);
        }
    }
}
