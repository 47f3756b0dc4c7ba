//! Standard output: what is to be printed is put together here, in the walk's order, and handed over whole.

use std::io::{self, IsTerminal, Write};

use serde::Deserialize;

use super::{progress::Progress, record::Record, sarif::Sarif, text::Text};
use crate::cli::{Exit, exit::Unwritten};

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    /// A line for each finding and failure, for people.
    Text,
    /// A JSON object a line for each file, for programs.
    Jsonl,
    /// SARIF 2.1.0, one document for all, for code scanning and pipelines.
    Sarif,
}

/// How a scan ended, as far as the output tells it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    pub(super) exit: Exit,
    /// Nothing failed.
    pub(super) complete: bool,
    /// It was stopped by the user before it had seen everything.
    pub(super) interrupted: bool,
}

/// One format: turns records into bytes.
pub(super) trait Printer {
    /// Appends what is printed of a record.
    fn record(&mut self, record: &Record, to: &mut Vec<u8>) -> io::Result<()>;
    /// Appends what is printed after the last one.
    fn end(&mut self, ending: Ending, to: &mut Vec<u8>) -> io::Result<()> {
        let _ = (ending, to);
        Ok(())
    }
}

/// Standard output with a format.
pub(super) struct Output {
    printer: Box<dyn Printer>,
    /// What was put together and not handed over yet.
    ready: Vec<u8>,
    out: Box<dyn Write>,
    terminal: bool,
}

impl Output {
    /// `program` and `version` are told as the tool in formats that name it; `all` asks for a word on every file.
    pub(super) fn new(format: Format, all: bool, program: &'static str, version: &'static str) -> Self {
        let (printer, out): (Box<dyn Printer>, Box<dyn Write>) = match format {
            // Takes the colours out unless this is a terminal that wants them.
            Format::Text => (Box::new(Text { all }), Box::new(anstream::AutoStream::auto(io::stdout()))),
            Format::Jsonl => (Box::new(JsonLines), Box::new(io::stdout())),
            Format::Sarif => (Box::new(Sarif::new(program, version, all)), Box::new(io::stdout())),
        };
        Self { printer, ready: Vec::new(), out, terminal: io::stdout().is_terminal() }
    }

    /// Puts together what is printed of a record.
    pub(super) fn record(&mut self, record: &Record) -> io::Result<()> {
        self.printer.record(record, &mut self.ready)
    }

    /// Puts together what comes last.
    pub(super) fn end(&mut self, ending: Ending) -> io::Result<()> {
        self.printer.end(ending, &mut self.ready)
    }

    /// Hands over what is ready; false when nobody reads any more, and then the scan ends without a word.
    pub(super) fn hand_over(&mut self, progress: &Progress) -> Result<bool, Unwritten> {
        let written = if self.terminal && !self.ready.is_empty() {
            progress.aside(|| self.flush())
        } else {
            self.flush()
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            other => other.map(|()| true).map_err(Unwritten),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.ready)?;
        self.ready.clear();
        self.out.flush()
    }
}

struct JsonLines;

impl Printer for JsonLines {
    fn record(&mut self, record: &Record, to: &mut Vec<u8>) -> io::Result<()> {
        serde_json::to_writer(&mut *to, record)?;
        to.push(b'\n');
        Ok(())
    }
}
