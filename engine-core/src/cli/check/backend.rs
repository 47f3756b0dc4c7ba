//! One backend as `check` shows it: what it says of itself, and whether it works.

use std::collections::HashMap;

use serde::Serialize;

use crate::{
    scanner::{About, ScanError, SelfTest},
    verdict::{Ballot, ScanResult},
};

/// A backend and what it works with.
#[derive(Debug, Serialize)]
pub(super) struct Backend {
    pub(super) name: String,
    /// Whether its panel is not ready without it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) required: bool,
    /// Whether it passed its self-test and scanned a harmless artifact; unknown of a backend within a backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ready: Option<bool>,
    /// Empty if the backend does not tell.
    pub(super) version: String,
    pub(super) signatures: String,
    #[serde(serialize_with = "as_map", skip_serializing_if = "Vec::is_empty")]
    pub(super) facts: Vec<(&'static str, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) warnings: Vec<String>,
    /// Why it does not work; the others of a panel then work without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<ScanError>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) backends: Vec<Self>,
}

impl Backend {
    fn new(about: About) -> Self {
        let About { name, version, signatures, required, facts, warnings, backends } = about;
        Self {
            name,
            required,
            ready: None,
            version: version.unwrap_or_default(),
            signatures: signatures.unwrap_or_default(),
            facts,
            warnings,
            error: None,
            backends: backends.into_iter().map(Self::new).collect(),
        }
    }

    /// The same with what it did: its self-test, and what it said of a harmless artifact. A scan's own versions go before those
    /// that were told.
    fn judged(
        mut self,
        test: Option<&Result<(), ScanError>>,
        scan: Option<&Result<ScanResult, ScanError>>,
    ) -> Self {
        if let Some(Ok(result)) = scan {
            let told = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            self.version = told(&result.version).unwrap_or(self.version);
            self.signatures = told(&result.signatures).unwrap_or(self.signatures);
        }
        let failed = test.and_then(|test| test.as_ref().err());
        self.error = failed.or_else(|| scan.and_then(|scan| scan.as_ref().err())).cloned();
        self.ready = (test.is_some() || scan.is_some()).then_some(self.error.is_none());
        self
    }
}

/// The backends of a scanner, each with its outcome: itself, if it is not a panel.
pub(super) fn of(about: About, test: &SelfTest, scan: &Result<ScanResult, ScanError>) -> Vec<Backend> {
    let ballots: &[Ballot] = scan.as_ref().map_or(&[], |result| &result.backends);
    if about.backends.is_empty() && test.backends.is_empty() && ballots.is_empty() {
        return vec![Backend::new(about).judged(Some(&test.outcome), Some(scan))];
    }
    let tests: HashMap<_, _> = test.backends.iter().map(|(name, outcome)| (name.as_str(), outcome)).collect();
    let scans: HashMap<_, _> =
        ballots.iter().map(|ballot| (ballot.backend.as_str(), &ballot.outcome)).collect();
    // A panel that does not describe its backends has them in its ballots all the same.
    let mut known = about.backends;
    let untold =
        ballots.iter().map(|ballot| &ballot.backend).chain(test.backends.iter().map(|(name, _)| name));
    for name in untold {
        if !known.iter().any(|about| about.name == *name) {
            known.push(About::new(name));
        }
    }
    let judge = |about: About| {
        let (test, scan) = (tests.get(about.name.as_str()), scans.get(about.name.as_str()));
        Backend::new(about).judged(test.copied(), scan.copied())
    };
    known.into_iter().map(judge).collect()
}

/// Facts in their order, as a JSON object.
pub(super) fn as_map<S: serde::Serializer>(
    facts: &[(&'static str, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(facts.iter().map(|(name, value)| (name, value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::ErrorKind;

    fn panel() -> About {
        let mut about = About::new("multi");
        about.backends = vec![About::new("one").by("1", "a"), About::new("two").fact("rules", 3)];
        about
    }

    fn ballot(backend: &str, outcome: Result<ScanResult, ScanError>) -> Ballot {
        Ballot { backend: backend.to_owned(), outcome, elapsed: std::time::Duration::ZERO }
    }

    #[test]
    fn each_backend_of_a_panel_has_its_own_outcome() {
        let dead = ScanError::new(ErrorKind::Unavailable, "no daemon");
        let test = SelfTest::panel(Ok(()), vec![("one".into(), Err(dead.clone())), ("two".into(), Ok(()))]);
        let mut result = ScanResult::unknown();
        result.backends = vec![
            ballot("one", Err(ScanError::new(ErrorKind::Crashed, "later"))),
            ballot("two", Ok(ScanResult::unknown().by("2", "b"))),
            ballot("three", Ok(ScanResult::unknown().by("3", "c"))),
        ];
        let backends = of(panel(), &test, &Ok(result));
        let shown: Vec<_> = backends
            .iter()
            .map(|b| (b.name.as_str(), b.version.as_str(), b.ready, b.error.clone()))
            .collect();
        assert_eq!(
            shown,
            [
                ("one", "1", Some(false), Some(dead)),
                ("two", "2", Some(true), None),
                ("three", "3", Some(true), None)
            ]
        );
        assert_eq!(backends[1].facts, [("rules", "3".to_owned())]);
    }

    #[test]
    fn a_single_scanner_is_its_own_backend() {
        let late = ScanError::timed_out("too slow");
        let backends = of(About::new("own").by("1", "a"), &SelfTest::single(Ok(())), &Err(late.clone()));
        assert_eq!((backends.len(), backends[0].version.as_str()), (1, "1"));
        assert_eq!((backends[0].ready, backends[0].error.as_ref()), (Some(false), Some(&late)));
    }
}
