//! The parts of a SARIF document that we write, under their names there.

use std::{borrow::Cow, collections::BTreeSet, path::Path};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::uri;
use crate::cli::scan::{
    hit::Hit,
    path::Plain,
    record::{Record, Suppressed},
};

/// A text, as SARIF wraps it. Nothing in it is a link or a placeholder. Names of files stay out of it: a location has them.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Message {
    text: String,
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        // Names of rules and families come from strangers, and SARIF has `{0}` for placeholders and `[x](y)` for links.
        let text = Plain::text(&text).to_string().replace('{', "{{").replace('}', "}}");
        Self { text: text.replace('\\', r"\\").replace('[', r"\[").replace(']', r"\]") }
    }
}

/// Where something is: a file as a whole.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: uri::ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

/// The bytes from the first to the last: a rule speaks of the file as a whole.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    byte_offset: u64,
    byte_length: u64,
}

impl Location {
    /// A path, and how many bytes were read there if any were.
    pub(super) fn of(path: &Path, size: Option<u64>) -> Self {
        let region = size.map(|byte_length| Region { byte_offset: 0, byte_length });
        let artifact_location = uri::ArtifactLocation::of(path);
        Self { physical_location: PhysicalLocation { artifact_location, region } }
    }
}

/// One rule that fired on one file.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult {
    rule_id: String,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    partial_fingerprints: Option<Fingerprints>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[Suppression; 1]>,
    properties: Properties,
}

/// The same for the same bytes and the same rule, whenever and wherever they are found.
#[derive(Clone, Debug, Serialize)]
struct Fingerprints {
    #[serde(rename = "artifactAndRule/v1")]
    artifact_and_rule: String,
}

#[derive(Clone, Debug, Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

/// What SARIF has no name for.
#[derive(Clone, Debug, Serialize)]
struct Properties {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

impl SarifResult {
    /// A hit on a file, as an error if it makes the file malicious, else as a note.
    pub(super) fn new(record: &Record, hit: &Hit<'_>, malicious: bool) -> Self {
        let (rule_id, sha256) = (hit.id(), record.sha256());
        let fingerprint = |sha256| hex::encode(Sha256::digest(format!("{sha256}\n{rule_id}")));
        let partial_fingerprints =
            sha256.map(|sha256| Fingerprints { artifact_and_rule: fingerprint(sha256) });
        let suppressions = record.suppressed.as_ref().map(|Suppressed { reason, .. }| {
            [Suppression { kind: "external", status: "accepted", justification: reason.clone() }]
        });
        let result = record.outcome.as_ref().ok();
        let properties = Properties {
            verdict: record.verdict().as_str(),
            confidence: result.map(|result| result.confidence.get()),
            family: result.and_then(|result| result.family.clone()),
            sha256: sha256.map(str::to_owned),
        };
        Self {
            level: if malicious { "error" } else { "note" },
            message: message(record, hit, malicious).into(),
            locations: [Location::of(&record.path, Some(record.size()))],
            rule_id,
            partial_fingerprints,
            suppressions,
            properties,
        }
    }
}

fn message(record: &Record, hit: &Hit<'_>, malicious: bool) -> String {
    let by = hit.backend.map_or(Cow::Borrowed("all backends together"), Cow::Borrowed);
    let name = hit.rule.unwrap_or("no rule named");
    let family = record.outcome.iter().find_map(|result| result.family.as_deref());
    let family = family.map(|family| format!(" of the family {family}")).unwrap_or_default();
    if malicious { format!("Malicious{family}: {name} ({by})") } else { format!("Remark: {name} ({by})") }
}

/// Something that was not scanned, or not by all.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Notification {
    level: &'static str,
    message: Message,
    descriptor: Descriptor,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

#[derive(Clone, Debug, Serialize)]
struct Descriptor {
    id: String,
}

impl Notification {
    pub(super) fn new(id: &str, message: String, locations: Vec<Location>) -> Self {
        Self {
            level: "error",
            message: message.into(),
            descriptor: Descriptor { id: id.to_owned() },
            locations,
        }
    }
}

/// How the run ended.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub(super) execution_successful: bool,
    pub(super) exit_code: u8,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tool_execution_notifications: Vec<Notification>,
}

/// The program and the rules that fired.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    version: &'a str,
    rules: Vec<Rule<'a>>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    short_description: Message,
}

impl<'a> Tool<'a> {
    pub(super) fn new(name: &'a str, version: &'a str, rules: &'a BTreeSet<String>) -> Self {
        let rules = rules.iter().map(|id| Rule { id, short_description: described(id).into() }).collect();
        Self { driver: Driver { name, version, rules } }
    }
}

fn described(id: &str) -> String {
    match id.split_once('/') {
        Some((backend, rule)) => format!("Rule or signature {rule} of the backend {backend}"),
        None => format!("Rule {id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_neither_links_nor_placeholders() {
        assert_eq!(Message::from(r"[x](y) {0} \".to_owned()).text, r"\[x\](y) {{0}} \\");
    }
}
