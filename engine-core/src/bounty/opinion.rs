//! From the scan results of all artifacts to what we would assert of the bounty.

use super::evidence::Evidence;
use crate::{
    metadata::{AssertionMetadata, Form, Product},
    scanner::ScanError,
    units::Confidence,
    verdict::{ScanResult, Verdict},
};

/// Which results are good enough to stake on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether "nothing found" is asserted as benign; otherwise only malice is asserted.
    pub assert_benign: bool,
    /// Whether a result that is not malicious counts although a backend failed.
    pub allow_partial: bool,
}

impl Default for Policy {
    /// Benign is asserted, half-blind results are not.
    fn default() -> Self {
        Self { assert_benign: true, allow_partial: false }
    }
}

impl Policy {
    /// Whether there is something to stake on.
    fn accepts(self, result: &ScanResult) -> bool {
        match result.verdict {
            Verdict::Malicious => true,
            Verdict::Benign => self.assert_benign && (result.complete || self.allow_partial),
            Verdict::Unknown => false,
        }
    }
}

/// What we would assert, in the order of the artifacts.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// For each artifact, whether there is an opinion.
    pub mask: Vec<bool>,
    /// For each artifact, whether it is malicious; false where there is no opinion.
    pub verdicts: Vec<bool>,
    /// For each artifact, how sure; zero where there is no opinion.
    pub confidences: Vec<Confidence>,
    /// The metadata of all artifacts: the JSON text of a list.
    pub metadata: String,
    /// What each opinion rests on; of a single scanner without its name. Empty where there is no opinion.
    pub evidence: Vec<Vec<Evidence>>,
}

impl Opinion {
    /// The opinion on a bounty, or `None` if there is none on any artifact. A result that is missing was too late. With
    /// `one_artifact` only the first artifact with an opinion is kept.
    pub fn of(
        results: &[Option<Result<ScanResult, ScanError>>],
        policy: Policy,
        one_artifact: bool,
    ) -> Option<Self> {
        let mut accepted: Vec<Option<&ScanResult>> = results
            .iter()
            .map(|result| result.as_ref().and_then(|r| r.as_ref().ok()).filter(|r| policy.accepts(r)))
            .collect();
        if one_artifact {
            let first = accepted.iter().position(Option::is_some);
            for (i, result) in accepted.iter_mut().enumerate() {
                *result = result.filter(|_| Some(i) == first);
            }
        }
        accepted.iter().any(Option::is_some).then(|| Self {
            mask: accepted.iter().map(Option::is_some).collect(),
            verdicts: accepted.iter().map(|r| r.is_some_and(|r| r.verdict.is_malicious())).collect(),
            confidences: accepted.iter().map(|r| r.map_or(Confidence::ZERO, |r| r.confidence)).collect(),
            evidence: accepted.iter().map(|r| r.map_or_else(Vec::new, |r| Evidence::of("", r))).collect(),
            metadata: AssertionMetadata::of(&accepted, Product::default()).text(Form::Full),
        })
    }
}
