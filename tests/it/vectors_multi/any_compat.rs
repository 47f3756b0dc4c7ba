//! The reference's multi engine, computed by our rule `any`, and where we differ from it on purpose.
//!
//! The reference knows a fourth state, "no assertion, and malicious", which does not exist in our program. So this works on the
//! wire's pairs, and gets each of the reference's numbers by asking our rule a question whose answer it is.

use std::time::Duration;

use engine_core::{Ballot, Confidence, ScanResult, Verdict, units::UnitError};
use engine_multi::{Any, Distill};
use serde::Deserialize;
use serde_json::Value;

/// A scan result as the reference's wire has it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Wire {
    pub(super) bit: bool,
    pub(super) verdict: bool,
    pub(super) confidence: f64,
    pub(super) metadata: Option<String>,
}

impl Wire {
    /// Equal but for the layout of the metadata and the last bits of the confidence.
    pub(super) fn same(&self, other: &Self) -> bool {
        let value = |text: &str| serde_json::from_str::<Value>(text).ok();
        let metadata = match (&self.metadata, &other.metadata) {
            (Some(one), Some(other)) => {
                one == other || value(one).is_some_and(|one| Some(one) == value(other))
            }
            (one, other) => one == other,
        };
        let confidence = (self.confidence - other.confidence).abs() < 1e-12;
        metadata && confidence && (self.bit, self.verdict) == (other.bit, other.verdict)
    }

    /// The family in the metadata, if the metadata is a verdict's: an object with a text `malware_family`.
    pub(super) fn family(&self) -> Option<String> {
        let value: Value = serde_json::from_str(self.metadata.as_deref()?).ok()?;
        Some(value.get("malware_family")?.as_str()?.to_owned())
    }
}

/// Where we differ from the reference on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Differs {
    /// Nobody asserts: the reference divides by zero, ours is unknown.
    NobodyAsserts,
    /// The reference counts "malicious" of a backend that does not assert; ours does not.
    VerdictWithoutBit,
    /// The reference's confidence is the mean over all that assert, ours over those that hold the winning opinion.
    MeanOverAll,
    /// The reference's family is the first backend's, even an empty one or one of a backend that was overruled, as it is spelled;
    /// ours is the first name among those that hold the winning opinion, as it is commonly spelled.
    Family,
}

/// What the reference and we make of the same results.
#[derive(Debug)]
pub(super) struct Compat {
    /// The reference's result; `None` where it divides by zero.
    pub(super) reference: Option<Wire>,
    /// Ours.
    pub(super) ours: ScanResult,
    /// In what they differ, told from the input alone.
    pub(super) differs: Vec<Differs>,
}

/// Refuses confidences outside 0 to 1, which cannot be in our program.
pub(super) fn any_compat(results: &[Wire]) -> Result<Compat, UnitError> {
    // The wire's pairs, read as we do: without the bit there is no opinion.
    let ours = any(results, |wire| match (wire.bit, wire.verdict) {
        (false, _) => Verdict::Unknown,
        (true, true) => Verdict::Malicious,
        (true, false) => Verdict::Benign,
    })?;
    // As if every verdict counted.
    let all = any(results, |wire| if wire.verdict { Verdict::Malicious } else { Verdict::Benign })?;
    // As if all that assert agreed, so that the mean is over all of them.
    let agreed = any(results, |wire| if wire.bit { Verdict::Benign } else { Verdict::Unknown })?;
    let reference = agreed.verdict.has_opinion().then(|| Wire {
        bit: ours.verdict.has_opinion(),
        verdict: all.verdict.is_malicious(),
        confidence: agreed.confidence.get(),
        metadata: metadata(results),
    });
    let differs = differences(results, reference.as_ref(), &ours);
    Ok(Compat { reference, ours, differs })
}

/// Our rule on results read in a certain way.
fn any(results: &[Wire], read: impl Fn(&Wire) -> Verdict) -> Result<ScanResult, UnitError> {
    let ballot = |wire: &Wire| {
        let mut result = ScanResult::new(read(wire), Confidence::new(wire.confidence)?);
        result.family = wire.family();
        Ok(Ballot { backend: "a backend".to_owned(), outcome: Ok(result), elapsed: Duration::ZERO })
    };
    let ballots = results.iter().map(ballot).collect::<Result<Vec<_>, _>>()?;
    Ok(Any.distill(&ballots).expect("`any` decides whatever the ballots"))
}

/// The reference's metadata: of the texts that are not empty, the first that is a verdict's, cut down to its family; the first
/// backend's text as it is if there is none, or if any text is no JSON.
fn metadata(results: &[Wire]) -> Option<String> {
    let texts = || results.iter().filter_map(|wire| wire.metadata.as_deref()).filter(|text| !text.is_empty());
    let all_json = texts().all(|text| serde_json::from_str::<Value>(text).is_ok());
    let family = results.iter().find_map(Wire::family).filter(|_| all_json);
    match family {
        Some(family) => Some(serde_json::json!({ "malware_family": family }).to_string()),
        None => results.first().and_then(|wire| wire.metadata.clone()),
    }
}

fn differences(results: &[Wire], reference: Option<&Wire>, ours: &ScanResult) -> Vec<Differs> {
    let Some(reference) = reference else {
        return vec![Differs::NobodyAsserts];
    };
    let said = |bit, verdict| results.iter().filter(move |wire| (wire.bit, wire.verdict) == (bit, verdict));
    let found = said(true, true).count() > 0;
    let winners = || said(true, found);
    let mean = |of: &mut dyn Iterator<Item = &Wire>| {
        let of: Vec<_> = of.map(|wire| wire.confidence).collect();
        of.iter().sum::<f64>() / of.len() as f64
    };
    let mut differs = Vec::new();
    if said(false, true).count() > 0 && !found {
        differs.push(Differs::VerdictWithoutBit);
    }
    let (all, won) = (mean(&mut results.iter().filter(|wire| wire.bit)), mean(&mut winners()));
    if (all - won).abs() >= 1e-12 {
        differs.push(Differs::MeanOverAll);
    }
    let family = winners().filter_map(Wire::family).find(|family| !family.is_empty()).map(common_name);
    assert_eq!(family, ours.family, "{results:?}");
    if family.unwrap_or_default() != reference.family().unwrap_or_default() {
        differs.push(Differs::Family);
    }
    differs
}

/// How our program spells a family; for names that the vectors have.
fn common_name(family: String) -> String {
    match family.as_str() {
        "Win.Test.EICAR_HDB-1" | "eicar" => "Eicar".to_owned(),
        _ => family,
    }
}
