//! What one backend of a panel said, and how that is written down.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Finding, ScanResult, Verdict, is_true, yes};
use crate::{scanner::ScanError, units::Confidence};

/// What one backend said, or how it failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "BallotRecord", into = "BallotRecord")]
pub struct Ballot {
    /// The backend's name within its panel.
    pub backend: String,
    /// Its result, or why it has none.
    pub outcome: Result<ScanResult, ScanError>,
    /// How long it took.
    pub elapsed: Duration,
}

/// The JSON of a ballot: a result with its backend's name, or an unknown with an error.
///
/// Field by field rather than `flatten`ed: flattened, numbers cannot be read from text once any crate of a program turns on
/// serde_json's `arbitrary_precision`.
#[derive(Serialize, Deserialize)]
struct BallotRecord {
    name: String,
    verdict: Verdict,
    confidence: Confidence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    #[serde(default)]
    findings: Vec<Finding>,
    #[serde(default)]
    version: String,
    #[serde(default)]
    signatures: String,
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    complete: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    backends: Vec<Ballot>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<ScanError>,
    #[serde(default)]
    elapsed_us: u64,
}

impl From<BallotRecord> for Ballot {
    fn from(record: BallotRecord) -> Self {
        let BallotRecord { verdict, confidence, family, findings, version, signatures, .. } = record;
        let (complete, backends, metadata) = (record.complete, record.backends, record.metadata);
        let result = ScanResult {
            verdict,
            confidence,
            family,
            findings,
            version,
            signatures,
            complete,
            backends,
            metadata,
        };
        Self {
            backend: record.name,
            outcome: record.error.map_or(Ok(result), Err),
            elapsed: Duration::from_micros(record.elapsed_us),
        }
    }
}

impl From<Ballot> for BallotRecord {
    fn from(Ballot { backend, outcome, elapsed }: Ballot) -> Self {
        let (result, error) = match outcome {
            Ok(result) => (result, None),
            Err(error) => (ScanResult::unknown(), Some(error)),
        };
        let ScanResult {
            verdict,
            confidence,
            family,
            findings,
            version,
            signatures,
            complete,
            backends,
            metadata,
        } = result;
        Self {
            name: backend,
            verdict,
            confidence,
            family,
            findings,
            version,
            signatures,
            complete,
            backends,
            metadata,
            error,
            elapsed_us: u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scanner::ErrorKind;

    #[test]
    fn a_ballot_is_a_flat_record_and_reads_back() {
        let mut result = ScanResult::new(Verdict::Malicious, Confidence::ONE).by("4.5.5", "sha256:00");
        result.findings = vec![Finding::new("a"), Finding::informational("b")];
        let ballots = [
            Ballot { backend: "yara".into(), outcome: Ok(result), elapsed: Duration::from_micros(7) },
            Ballot {
                backend: "clamav".into(),
                outcome: Err(ScanError::new(ErrorKind::Unavailable, "no daemon")),
                elapsed: Duration::ZERO,
            },
        ];
        let json = serde_json::to_value(&ballots).unwrap();
        assert_eq!(json[0]["name"], "yara");
        assert_eq!(json[0]["findings"], serde_json::json!(["a", {"name": "b", "informational": true}]));
        assert_eq!(json[1]["verdict"], "unknown");
        assert_eq!(json[1]["error"]["kind"], "unavailable");
        // From text: with serde_json's `arbitrary_precision`, which the whole workspace's tests turn on, that reads numbers otherwise.
        assert_eq!(serde_json::from_str::<Vec<Ballot>>(&json.to_string()).unwrap(), ballots);
    }
}
