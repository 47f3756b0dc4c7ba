//! Prints records on standard output and counts them.

use std::{
    fmt::Write as _,
    io::{self, BufWriter, Write},
    time::Duration,
};

use anstyle::{AnsiColor, Style};
use serde::Deserialize;

use super::{path::Plain, record::Record};
use crate::{cli::Exit, verdict::Verdict};

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// A line for each finding and failure, for people.
    Text,
    /// A JSON object a line for each file, for programs.
    Jsonl,
}

/// Standard output with a format, and what has been printed so far.
pub(super) struct Output {
    format: Format,
    /// Whether text has a line for every file.
    all: bool,
    out: Box<dyn Write>,
    files: u64,
    bytes: u64,
    malicious: u64,
    failed: u64,
}

impl Output {
    pub(super) fn new(format: Format, all: bool) -> Self {
        let out: Box<dyn Write> = match format {
            // Takes the colours out unless this is a terminal that wants them.
            Format::Text => Box::new(BufWriter::new(anstream::AutoStream::auto(io::stdout()))),
            Format::Jsonl => Box::new(BufWriter::new(io::stdout())),
        };
        Self { format, all, out, files: 0, bytes: 0, malicious: 0, failed: 0 }
    }

    /// Counts and prints a batch, and hands it to the reader at once.
    pub(super) fn print(&mut self, batch: &[Record]) -> io::Result<()> {
        for record in batch {
            self.files += 1;
            self.bytes = self.bytes.saturating_add(record.size());
            self.malicious += u64::from(record.verdict().is_malicious());
            self.failed += u64::from(record.failed());
        }
        for record in batch {
            match self.format {
                Format::Jsonl => {
                    serde_json::to_writer(&mut self.out, record)?;
                    self.out.write_all(b"\n")?;
                }
                Format::Text => {
                    if let Some(line) = text(record, self.all) {
                        self.out.write_all(line.as_bytes())?;
                    }
                }
            }
        }
        self.out.flush()
    }

    /// The exit code for what has been printed so far.
    pub(super) fn exit(&self) -> Exit {
        Exit::of_scan(self.malicious, self.failed)
    }

    /// One line on all of it.
    pub(super) fn summary(&self, elapsed: Duration) -> String {
        format!(
            "{} files, {} bytes in {:.1} s: {} malicious, {} failed",
            self.files,
            self.bytes,
            elapsed.as_secs_f64(),
            self.malicious,
            self.failed
        )
    }
}

/// The line for a record, or `None` if there is nothing to say of it.
fn text(record: &Record, all: bool) -> Option<String> {
    let verdict = record.verdict();
    if verdict != Verdict::Malicious && !record.failed() && !all {
        return None;
    }
    let style = match verdict {
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
