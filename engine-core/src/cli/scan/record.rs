//! What is printed of one file.

use std::{path::PathBuf, time::Duration};

use serde::{Serialize, Serializer, ser::SerializeMap};
use tokio::task::JoinError;

use super::path;
use crate::{
    artifact::Artifact,
    scanner::ScanError,
    units::Confidence,
    verdict::{Ballot, ScanResult, Verdict},
};

/// What is printed of one file. As JSON it is a line of `--format jsonl`.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) path: PathBuf,
    /// Size in bytes and SHA-256, if the file was read.
    read: Option<(u64, String)>,
    /// The result, or why there is none.
    pub(super) outcome: Result<ScanResult, ScanError>,
    /// What each backend said that was asked.
    pub(super) ballots: Vec<Ballot>,
    elapsed: Option<Duration>,
    /// Why the hits are allowed, if they are.
    pub(super) suppressed: Option<Suppressed>,
}

/// Why hits are allowed, in the words of who allowed them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Suppressed {
    pub(super) reason: String,
    /// The last day on which they are: `2027-01-31`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<String>,
}

impl Record {
    /// A file that was read and scanned, successfully or not.
    pub(super) fn new(
        path: PathBuf,
        artifact: &Artifact,
        outcome: Result<ScanResult, ScanError>,
        ballots: Vec<Ballot>,
        elapsed: Duration,
    ) -> Self {
        let read = Some((artifact.size(), artifact.sha256().to_owned()));
        Self { path, read, outcome, ballots, elapsed: Some(elapsed), suppressed: None }
    }

    /// A file that no backend got to see.
    pub(super) fn not_asked(path: PathBuf, error: ScanError) -> Self {
        Self { path, read: None, outcome: Err(error), ballots: Vec::new(), elapsed: None, suppressed: None }
    }

    /// A file at which our own code panicked.
    pub(super) fn crashed(path: PathBuf, error: &JoinError) -> Self {
        Self::not_asked(path, ScanError::crashed(format!("this is a fault of the program: {error}")))
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.outcome.as_ref().map_or(Verdict::Unknown, |result| result.verdict)
    }

    /// Whether something was not scanned, or not by all that were asked.
    pub(super) fn failed(&self) -> bool {
        self.outcome.as_ref().map_or(true, |result| !result.complete)
    }

    /// Why the result is as it is, where the scanner says so.
    pub(super) fn explanation(&self) -> Option<&str> {
        self.outcome.as_ref().ok()?.metadata.get("explanation")?.as_str()
    }

    /// How many bytes were read.
    pub(super) fn size(&self) -> u64 {
        self.read.as_ref().map_or(0, |(size, _)| *size)
    }

    /// How long reading and scanning took, in microseconds, if it came to that.
    pub(super) fn elapsed_us(&self) -> Option<u64> {
        self.elapsed.map(|elapsed| u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
    }

    /// SHA-256 of the bytes that were read.
    pub(super) fn sha256(&self) -> Option<&str> {
        self.read.as_ref().map(|(_, sha256)| sha256.as_str())
    }

    /// Whether a backend that was asked failed.
    fn is_incomplete(&self) -> bool {
        self.failed() && !self.ballots.is_empty()
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("path", &self.path.to_string_lossy())?;
        if let Some(exact) = path::base64_unless_text(&self.path) {
            map.serialize_entry("path_bytes", &exact)?;
        }
        if let Some((size, sha256)) = &self.read {
            map.serialize_entry("sha256", sha256)?;
            map.serialize_entry("size", size)?;
        }
        map.serialize_entry("verdict", &self.verdict())?;
        match &self.outcome {
            Ok(ScanResult { confidence, family, .. }) => {
                map.serialize_entry::<_, Confidence>("confidence", confidence)?;
                if let Some(family) = family {
                    map.serialize_entry("family", family)?;
                }
            }
            Err(error) => map.serialize_entry("error", error)?,
        }
        if let Some(explanation) = self.explanation() {
            map.serialize_entry("explanation", explanation)?;
        }
        if let Some(elapsed) = self.elapsed_us() {
            map.serialize_entry("elapsed_us", &elapsed)?;
        }
        if self.is_incomplete() {
            map.serialize_entry("complete", &false)?;
        }
        if let Some(suppressed) = &self.suppressed {
            map.serialize_entry("suppressed", suppressed)?;
        }
        map.serialize_entry("backends", &self.ballots)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(outcome: Result<ScanResult, ScanError>, ballots: Vec<Ballot>) -> Record {
        Record::new("a".into(), &Artifact::file(""), outcome, ballots, Duration::from_micros(3))
    }

    fn lost() -> Ballot {
        Ballot {
            backend: "clamav".into(),
            outcome: Err(ScanError::unavailable("no daemon")),
            elapsed: Duration::from_micros(2),
        }
    }

    #[test]
    fn a_half_blind_panel_is_incomplete_whatever_it_says() {
        for verdict in [Verdict::Benign, Verdict::Malicious, Verdict::Unknown] {
            let mut result = ScanResult::new(verdict, Confidence::HALF);
            result.complete = false;
            result.family = Some("Eicar".into());
            let record = record(Ok(result), vec![lost()]);
            assert!(record.failed());
            let json = serde_json::to_value(&record).unwrap();
            assert_eq!(json["complete"], false);
            assert_eq!(json["family"], "Eicar");
            assert_eq!(json["backends"][0]["error"], json!({"kind": "unavailable", "message": "no daemon"}));
            assert_eq!(json.get("error"), None);
        }
    }

    #[test]
    fn no_opinion_without_a_failure_is_complete() {
        let record = record(Ok(ScanResult::unknown()), Vec::new());
        assert!(!record.failed());
        assert_eq!(
            serde_json::to_string(&record).unwrap(),
            format!(
                r#"{{"path":"a","sha256":"{}","size":0,"verdict":"unknown","confidence":0.0,"elapsed_us":3,"backends":[]}}"#,
                Artifact::file("").sha256()
            )
        );
    }
}
