//! The format `sarif`: one SARIF 2.1.0 document with one run, for code scanning and pipelines.
//!
//! Results are written as they come; what SARIF keeps in other lists (the rules, what failed) is gathered and written at the end. There
//! is no time of day and no command line in it, so the same tree gives the same bytes.

mod document;
mod uri;

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::Path,
};

use self::document::{Invocation, Location, Notification, SarifResult, Tool};
use super::{
    hit,
    output::{Ending, Printer},
    record::Record,
};
use crate::scanner::ScanError;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A document under way.
pub(super) struct Sarif {
    program: &'static str,
    version: &'static str,
    /// Whether findings are told that speak for no malice.
    all: bool,
    /// Whether something was written already: the head, and a result.
    begun: bool,
    followed: bool,
    rules: BTreeSet<String>,
    notifications: Vec<Notification>,
}

impl Sarif {
    pub(super) fn new(program: &'static str, version: &'static str, all: bool) -> Self {
        let (begun, followed) = (false, false);
        Self { program, version, all, begun, followed, rules: BTreeSet::new(), notifications: Vec::new() }
    }

    fn begin(&mut self, to: &mut Vec<u8>) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            write!(to, r#"{{"$schema":"{SCHEMA}","version":"2.1.0","runs":[{{"results":["#)?;
            to.push(b'\n');
        }
        Ok(())
    }

    fn notify(&mut self, id: &str, message: String, path: Option<&Path>) {
        let locations = path.map(|path| Location::of(path, None)).into_iter().collect();
        self.notifications.push(Notification::new(id, message, locations));
    }

    fn failure(&mut self, record: &Record, backend: Option<&str>, error: &ScanError) {
        let by = backend.map(|backend| format!("{backend}: ")).unwrap_or_default();
        let message = format!("{by}{}", error.message);
        self.notify(error.kind.as_str(), message, Some(&record.path));
    }
}

impl Printer for Sarif {
    fn record(&mut self, record: &Record, to: &mut Vec<u8>) -> io::Result<()> {
        self.begin(to)?;
        for hit in hit::of(record) {
            let malicious = record.verdict().is_malicious() && hit.telling;
            if !malicious && !self.all {
                continue;
            }
            if self.followed {
                to.extend(b",\n");
            }
            self.followed = true;
            serde_json::to_writer(&mut *to, &SarifResult::new(record, &hit, malicious))?;
            self.rules.insert(hit.id());
        }
        match &record.outcome {
            Err(error) => self.failure(record, None, error),
            Ok(_) if record.failed() => {
                for ballot in &record.ballots {
                    if let Err(error) = &ballot.outcome {
                        self.failure(record, Some(&ballot.backend), error);
                    }
                }
            }
            Ok(_) => {}
        }
        Ok(())
    }

    fn end(&mut self, ending: Ending, to: &mut Vec<u8>) -> io::Result<()> {
        self.begin(to)?;
        if ending.interrupted {
            self.notify("interrupted", "interrupted before everything was scanned".to_owned(), None);
        }
        to.extend(b"\n],\"invocations\":[");
        let invocation = Invocation {
            execution_successful: ending.complete && !ending.interrupted,
            exit_code: ending.exit.code(),
            tool_execution_notifications: std::mem::take(&mut self.notifications),
        };
        serde_json::to_writer(&mut *to, &invocation)?;
        to.push(b']');
        if let Some(base) = uri::working_directory() {
            write!(to, r#","originalUriBaseIds":{{"{}":{{"uri":"{base}"}}}}"#, uri::BASE)?;
        }
        to.extend(b",\"tool\":");
        serde_json::to_writer(&mut *to, &Tool::new(self.program, self.version, &self.rules))?;
        to.extend(b"}]}\n");
        Ok(())
    }
}
