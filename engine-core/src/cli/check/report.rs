//! What `check` found; as JSON it is printed as it is, for people by [`text`](super::text).

use serde::Serialize;

use super::backend::{Backend, as_map};
use crate::settings::{Secret, Setting};

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    /// Whether scans can be expected to work: no problem, and at least one backend that works.
    pub(super) ready: bool,
    /// What a panel says of itself beside its backends: the rule by which it decides.
    #[serde(serialize_with = "as_map", skip_serializing_if = "Vec::is_empty")]
    pub(super) facts: Vec<(&'static str, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) warnings: Vec<String>,
    pub(super) backends: Vec<Backend>,
    pub(super) problems: Vec<Problem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) settings: Option<Vec<Setting>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secrets: Option<Vec<SecretVariable>>,
}

/// What keeps the engine from working.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    pub(super) what: &'static str,
    /// Why, and what to do.
    pub(super) message: String,
}

/// A variable that holds a secret: only whether it is set is ever told.
#[derive(Debug, Serialize)]
pub(super) struct SecretVariable {
    pub(super) variable: &'static str,
    pub(super) set: bool,
}

impl Report {
    /// Nothing found yet, hence not ready.
    pub(super) fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            ready: false,
            facts: Vec::new(),
            warnings: Vec::new(),
            backends: Vec::new(),
            problems: Vec::new(),
            settings: None,
            secrets: None,
        }
    }

    pub(super) fn problem(&mut self, what: &'static str, message: String) {
        self.problems.push(Problem { what, message });
    }

    /// Decides whether the engine is ready, from all that was found.
    pub(super) fn conclude(&mut self) {
        let works = |backend: &&Backend| backend.error.is_none();
        let lacks = self.backends.iter().find(|backend| backend.required && backend.error.is_some());
        if let Some(name) = lacks.map(|backend| backend.name.clone()) {
            self.problem("a required backend does not work", name);
        }
        self.ready = self.problems.is_empty() && self.backends.iter().any(|backend| works(&backend));
    }

    pub(super) fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

/// The variables that hold secrets, and whether they are set.
pub(super) fn secrets() -> Vec<SecretVariable> {
    let variables: &[&'static str] =
        if cfg!(feature = "polyswarmd") { &["PASSWORD", "API_KEY"] } else { &[] };
    variables.iter().map(|variable| SecretVariable { variable, set: Secret::is_set(variable) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ScanError, ScanResult,
        cli::check::backend,
        scanner::{About, SelfTest},
    };

    #[test]
    fn one_backend_is_enough_and_each_that_is_required() {
        let dead = || Err(ScanError::unavailable("no daemon"));
        for (required, ready) in [(false, true), (true, false)] {
            let mut about = About::new("multi");
            let one = About::new("one");
            about.backends = vec![if required { one.required() } else { one }, About::new("two")];
            let test = SelfTest::panel(Ok(()), vec![("one".into(), dead()), ("two".into(), Ok(()))]);
            let mut report = Report::new("engine", "1");
            report.backends = backend::of(about, &test, &Ok(ScanResult::unknown()));
            report.conclude();
            assert_eq!((report.ready, report.problems.len()), (ready, usize::from(required)));
        }
    }
}
