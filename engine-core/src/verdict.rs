//! What a scanner thinks of an artifact.

mod ballot;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use self::ballot::Ballot;
use crate::units::Confidence;

/// The opinion itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Harmful. On the wire: bit true, verdict true.
    Malicious,
    /// Harmless as far as this scanner can tell. On the wire: bit true, verdict false.
    Benign,
    /// No opinion. On the wire: bit false, verdict false.
    Unknown,
}

impl Verdict {
    /// Whether there is an opinion: the wire's `bit`.
    pub fn has_opinion(self) -> bool {
        self != Self::Unknown
    }

    /// Whether the opinion is "malicious": the wire's `verdict`.
    pub fn is_malicious(self) -> bool {
        self == Self::Malicious
    }

    /// The word that is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malicious => "malicious",
            Self::Benign => "benign",
            Self::Unknown => "unknown",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One rule or signature that fired. As JSON a plain string, or an object when there is more to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "FindingRecord", into = "FindingRecord")]
pub struct Finding {
    /// The rule's or signature's name.
    pub name: String,
    /// True when it says something of the artifact but nothing of malice (a packer, a compiler).
    pub informational: bool,
}

impl Finding {
    /// Evidence of malice.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), informational: false }
    }

    /// A remark.
    pub fn informational(name: impl Into<String>) -> Self {
        Self { name: name.into(), informational: true }
    }
}

impl From<&str> for Finding {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum FindingRecord {
    Name(String),
    Full {
        name: String,
        #[serde(default)]
        informational: bool,
    },
}

impl From<FindingRecord> for Finding {
    fn from(record: FindingRecord) -> Self {
        match record {
            FindingRecord::Name(name) => Self::new(name),
            FindingRecord::Full { name, informational } => Self { name, informational },
        }
    }
}

impl From<Finding> for FindingRecord {
    fn from(Finding { name, informational }: Finding) -> Self {
        if informational { Self::Full { name, informational } } else { Self::Name(name) }
    }
}

/// What one scan came to. The same record is printed, journalled and read from a child.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScanResult {
    /// The opinion.
    pub verdict: Verdict,
    /// How sure the opinion is; meaningless when the verdict is unknown.
    pub confidence: Confidence,
    /// The malware family, if one has a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// Every rule or signature that fired, sorted by name.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// The scanner's own version (`4.5.5`, `ClamAV 1.4.6`).
    #[serde(default)]
    pub version: String,
    /// Digest or version of the signatures that this scan used.
    #[serde(default)]
    pub signatures: String,
    /// False when a backend that was asked failed, so that the result rests on less than it should.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub complete: bool,
    /// What each backend of a panel said; empty for a single scanner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backends: Vec<Ballot>,
    /// Whatever else the scanner wants to tell; goes into the assertion's metadata.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

impl ScanResult {
    /// A result with nothing but its opinion; set the other fields on it.
    pub fn new(verdict: Verdict, confidence: Confidence) -> Self {
        Self {
            verdict,
            confidence,
            family: None,
            findings: Vec::new(),
            version: String::new(),
            signatures: String::new(),
            complete: true,
            backends: Vec::new(),
            metadata: Map::new(),
        }
    }

    /// Malicious, with this confidence.
    pub fn malicious(confidence: Confidence) -> Self {
        Self::new(Verdict::Malicious, confidence)
    }

    /// Benign, with this confidence.
    pub fn benign(confidence: Confidence) -> Self {
        Self::new(Verdict::Benign, confidence)
    }

    /// No opinion.
    pub fn unknown() -> Self {
        Self::new(Verdict::Unknown, Confidence::ZERO)
    }

    /// The same with the scanner's version and that of the signatures it used.
    #[must_use]
    pub fn by(mut self, version: impl Into<String>, signatures: impl Into<String>) -> Self {
        self.version = version.into();
        self.signatures = signatures.into();
        self
    }

    /// The same with one more rule or signature that fired, in its place among the others.
    #[must_use]
    pub fn found(mut self, finding: impl Into<Finding>) -> Self {
        let finding = finding.into();
        let place = self.findings.partition_point(|other| *other <= finding);
        self.findings.insert(place, finding);
        self
    }

    /// The same with the malware's family.
    #[must_use]
    pub fn family(mut self, name: impl Into<String>) -> Self {
        self.family = Some(name.into());
        self
    }
}

fn yes() -> bool {
    true
}

// serde's signature for `skip_serializing_if`.
#[expect(clippy::trivially_copy_pass_by_ref)]
fn is_true(value: &bool) -> bool {
    *value
}
