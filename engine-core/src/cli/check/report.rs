//! What `check` found, for people and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::{scanner::ScanError, settings::Setting, verdict::ScanResult};

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    name: &'static str,
    version: &'static str,
    /// Whether scans can be expected to work: no problem, and at least one backend.
    ready: bool,
    backends: Vec<Backend>,
    problems: Vec<Problem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Vec<Setting>>,
}

/// A backend and what it works with.
#[derive(Debug, Serialize)]
pub(super) struct Backend {
    name: String,
    /// Empty if the backend does not tell.
    version: String,
    signatures: String,
    /// Why it does not work; the others of a panel then work without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ScanError>,
}

#[derive(Debug, Serialize)]
struct Problem {
    what: &'static str,
    /// Why, and what to do.
    message: String,
}

impl Backend {
    /// A backend by what it said of a harmless artifact.
    pub(super) fn of(name: &str, outcome: &Result<ScanResult, ScanError>) -> Self {
        let (version, signatures) = outcome.as_ref().map_or_else(
            |_| Default::default(),
            |result| (result.version.clone(), result.signatures.clone()),
        );
        Self { name: name.to_owned(), version, signatures, error: outcome.as_ref().err().cloned() }
    }
}

impl Report {
    pub(super) fn new(name: &'static str, version: &'static str, settings: Option<Vec<Setting>>) -> Self {
        Self { name, version, ready: false, backends: Vec::new(), problems: Vec::new(), settings }
    }

    pub(super) fn problem(&mut self, what: &'static str, message: String) {
        self.problems.push(Problem { what, message });
        self.ready = false;
    }

    pub(super) fn backend(&mut self, backend: Backend) {
        self.backends.push(backend);
        self.ready = self.problems.is_empty() && self.backends.iter().any(|backend| backend.error.is_none());
    }

    pub(super) fn is_ready(&self) -> bool {
        self.ready
    }

    pub(super) fn print_json(&self) -> io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        print(&line)
    }

    pub(super) fn print_text(&self) -> io::Result<()> {
        let mut text = format!("{} {}\n", self.name, self.version);
        for setting in self.settings.iter().flatten() {
            let Setting { table, key, origin, .. } = setting;
            text.push_str(&match &setting.value {
                Some(value) => format!("  [{table}] {key} = {value}  ({origin})\n"),
                None => format!("  [{table}] {key} is not set\n"),
            });
        }
        for Backend { name, version, signatures, error } in &self.backends {
            text.push_str(&match error {
                None => format!("backend {name}: version {version}, signatures {signatures}\n"),
                Some(error) => format!("backend {name}: degraded, {}: {error}\n", error.kind),
            });
        }
        for Problem { what, message } in &self.problems {
            text.push_str(&format!("{what}: {message}\n"));
        }
        text.push_str(if self.ready { "ready\n" } else { "not ready\n" });
        print(text.as_bytes())
    }
}

/// Writes to standard output; a closed pipe is no error.
fn print(text: &[u8]) -> io::Result<()> {
    match io::stdout().write_all(text).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
