//! One entry of an allow file, read and checked.

use std::{
    fmt,
    path::Path,
    time::{Duration, SystemTime},
};

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use toml::{Spanned, value::Datetime};

use super::AllowError;

const DAY: Duration = Duration::from_secs(86_400);

/// One entry that makes sense.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Which of the file, from 1, and the line it starts on.
    number: usize,
    line: usize,
    pub(super) what: What,
    pub(super) reason: String,
    pub(super) expires: Option<Expires>,
}

/// What an entry allows.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// Every hit on these bytes: SHA-256 as lower-case hex.
    Artifact(String),
    /// Hits of one rule on files whose path matches.
    Rule { rule: String, path: GlobMatcher },
}

/// The last day on which an entry holds, in UTC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Expires {
    end: SystemTime,
    day: String,
}

impl fmt::Display for Expires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.day)
    }
}

impl Entry {
    pub(super) fn is_expired(&self, now: SystemTime) -> bool {
        self.expires.as_ref().is_some_and(|expires| expires.end <= now)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} (line {}: ", self.number, self.line)?;
        match &self.what {
            What::Artifact(sha256) => write!(f, "sha256 {sha256}")?,
            What::Rule { rule, path } => write!(f, "rule {rule} at {}", path.glob())?,
        }
        self.expires.iter().try_for_each(|day| write!(f, ", expires {day}"))?;
        f.write_str(")")
    }
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    allow: Vec<Spanned<RawEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    sha256: Option<String>,
    rule: Option<String>,
    path: Option<String>,
    reason: Option<String>,
    expires: Option<RawDay>,
}

/// A day, with or without quotes.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawDay {
    Date(Datetime),
    Text(String),
}

/// Reads the entries of a file's text.
pub(super) fn parse(text: &str, file: &Path) -> Result<Vec<Entry>, AllowError> {
    let toml = |source| AllowError::Toml { file: file.to_owned(), source: Box::new(source) };
    let raw: Raw = toml::from_str(text).map_err(toml)?;
    let entries = raw.allow.into_iter().zip(1..).map(|(raw, number)| {
        let before = text.get(..raw.span().start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let wrong = |wrong| AllowError::Entry { file: file.to_owned(), number, line, wrong };
        check(raw.into_inner(), number, line).map_err(wrong)
    });
    entries.collect()
}

fn check(raw: RawEntry, number: usize, line: usize) -> Result<Entry, String> {
    let reason = raw.reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    let reason = reason.ok_or("needs a reason, for whoever reads it in a year: reason = \"…\"")?;
    let what = match (raw.sha256, raw.rule, raw.path) {
        (Some(sha256), None, None) => What::Artifact(digest(&sha256)?),
        (None, Some(rule), Some(path)) => What::Rule { rule, path: pattern(&path)? },
        _ => return Err("needs either sha256, or rule and path (a pattern such as \"docs/**\")".to_owned()),
    };
    let expires = raw.expires.map(day).transpose()?;
    Ok(Entry { number, line, what, reason, expires })
}

fn digest(text: &str) -> Result<String, String> {
    let text = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
    match hex::decode(&text) {
        Ok(bytes) if bytes.len() == 32 => Ok(text),
        _ => Err(format!("needs 64 hex digits as sha256, got `{text}`")),
    }
}

fn pattern(text: &str) -> Result<GlobMatcher, String> {
    let text = text.strip_prefix("./").unwrap_or(text);
    let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build();
    Ok(glob
        .map_err(|error| format!("needs a pattern such as \"docs/**\" as path: {error}"))?
        .compile_matcher())
}

fn day(raw: RawDay) -> Result<Expires, String> {
    let day = match raw {
        RawDay::Date(date) => date.to_string(),
        RawDay::Text(text) => text,
    };
    let wrong = || format!("needs a day such as 2027-01-31 as expires, got `{day}`");
    if day.len() != "2027-01-31".len() {
        return Err(wrong());
    }
    let begin = humantime::parse_rfc3339(&format!("{day}T00:00:00Z")).map_err(|_| wrong())?;
    Ok(Expires { end: begin.checked_add(DAY).ok_or_else(wrong)?, day })
}
