//! Who said what of an artifact that is staked on: kept with the stake, so that the ledger can tell which rule earns.

use serde::{Deserialize, Serialize};

use crate::{
    units::Nct,
    verdict::{ScanResult, Verdict},
};

/// What one backend said of one artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The backend within its panel; a single scanner's own name.
    pub backend: String,
    /// Its opinion.
    pub verdict: Verdict,
    /// The rules or signatures behind it, without those that say nothing of malice; the first [`Evidence::MOST`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
}

impl Evidence {
    /// How many findings of a backend are kept.
    pub const MOST: usize = 32;

    /// What each backend said, those that failed left out. A single scanner has the name `scanner`.
    pub fn of(scanner: &str, result: &ScanResult) -> Vec<Self> {
        if result.backends.is_empty() {
            return vec![Self::single(scanner, result)];
        }
        let said = result.backends.iter().filter_map(|ballot| Some((ballot, ballot.outcome.as_ref().ok()?)));
        said.map(|(ballot, result)| Self::single(&ballot.backend, result)).collect()
    }

    fn single(backend: &str, result: &ScanResult) -> Self {
        let findings = result.findings.iter().filter(|finding| !finding.informational);
        Self {
            backend: backend.to_owned(),
            verdict: result.verdict,
            findings: findings.take(Self::MOST).map(|finding| finding.name.clone()).collect(),
        }
    }
}

/// What an assertion rests on, and what it costs beside its bids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// The market's fee.
    pub fee: Nct,
    /// One list for each artifact, empty where nothing is asserted.
    pub evidence: Vec<Vec<Evidence>>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        scanner::ScanError,
        units::Confidence,
        verdict::{Ballot, Finding},
    };

    #[test]
    fn each_backend_that_answered_is_kept_with_what_it_found() {
        let yara = ScanResult::malicious(Confidence::ONE).found("Eicar").found(Finding::informational("UPX"));
        let ballot =
            |backend: &str, outcome| Ballot { backend: backend.to_owned(), outcome, elapsed: Duration::ZERO };
        let mut panel = ScanResult::malicious(Confidence::ONE);
        panel.backends =
            vec![ballot("yara", Ok(yara.clone())), ballot("clamav", Err(ScanError::crashed("x")))];
        let eicar = |backend: &str| Evidence {
            backend: backend.to_owned(),
            verdict: Verdict::Malicious,
            findings: vec!["Eicar".to_owned()],
        };
        assert_eq!(Evidence::of("multi", &panel), [eicar("yara")]);
        assert_eq!(Evidence::of("own", &yara), [eicar("own")]);
    }
}
