//! The format `text`: a line for what matters, for people.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use anstyle::{AnsiColor, Style};

use super::{output::Printer, path::Plain, record::Record};
use crate::verdict::Verdict;

/// Lines for people.
pub(super) struct Text {
    /// Whether every file gets one.
    pub(super) all: bool,
}

impl Printer for Text {
    fn record(&mut self, record: &Record, to: &mut Vec<u8>) -> io::Result<()> {
        line(record, self.all).map_or(Ok(()), |line| to.write_all(line.as_bytes()))
    }
}

/// The line for a record, or `None` if there is nothing to say of it.
fn line(record: &Record, all: bool) -> Option<String> {
    let verdict = record.verdict();
    if verdict != Verdict::Malicious && !record.failed() && !all {
        return None;
    }
    let style = match verdict {
        Verdict::Malicious if record.suppressed.is_some() => AnsiColor::Cyan.on_default(),
        Verdict::Malicious => AnsiColor::Red.on_default().bold(),
        _ if record.failed() => AnsiColor::Yellow.on_default(),
        Verdict::Benign => AnsiColor::Green.on_default(),
        Verdict::Unknown => Style::new(),
    };
    let mut line = format!("{}: {style}{verdict}{style:#}", Plain::path(&record.path));
    match &record.outcome {
        Ok(result) => {
            if let Some(family) = &result.family {
                let _ = write!(line, " {}", Plain::text(family));
            }
            if verdict.has_opinion() {
                let _ = write!(line, " ({:.2})", result.confidence.get());
            }
            let names = findings(record);
            if !names.is_empty() {
                let _ = write!(line, " {}", Plain::text(&names.join(", ")));
            }
        }
        Err(error) => {
            let _ = write!(line, " {}: {}", error.kind, Plain::text(&error.message));
        }
    }
    if record.outcome.is_ok() && record.failed() {
        for ballot in &record.ballots {
            if let Err(error) = &ballot.outcome {
                let (backend, why) = (Plain::text(&ballot.backend), Plain::text(&error.message));
                let _ = write!(line, "; {backend} failed, {}: {why}", error.kind);
            }
        }
    }
    if let Some(suppressed) = &record.suppressed {
        let _ = write!(line, "; suppressed: {}", Plain::text(&suppressed.reason));
    }
    line.push('\n');
    if let Some(explanation) = record.explanation() {
        let _ = writeln!(line, "    {}", Plain::text(explanation));
    }
    Some(line)
}

/// What speaks for malice: the result's findings, or else those of its backends.
fn findings(record: &Record) -> Vec<String> {
    let own = record.outcome.iter().flat_map(|result| &result.findings);
    let mut names: Vec<String> = own.filter(|f| !f.informational).map(|f| f.name.clone()).collect();
    if names.is_empty() {
        for ballot in &record.ballots {
            let findings = ballot.outcome.iter().flat_map(|result| &result.findings);
            let telling = findings.filter(|finding| !finding.informational);
            names.extend(telling.map(|finding| format!("{}:{}", ballot.backend, finding.name)));
        }
    }
    names
}
