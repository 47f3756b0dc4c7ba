//! What each rule of a set says when it matches: its family, how sure it is, and whether it is evidence at all.

use std::{collections::BTreeMap, path::Path};

use engine_core::Confidence;
use serde::{Deserialize, Serialize};

use crate::informational::Informational;

/// How sure a rule is that says nothing of it.
const DEFAULT: f64 = 0.8;

/// The rules of a set, by namespace and name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Catalog {
    namespaces: BTreeMap<String, BTreeMap<String, Entry>>,
}

impl Catalog {
    pub(super) fn insert(&mut self, namespace: &str, entry: Entry) {
        self.namespaces.entry(namespace.to_owned()).or_default().insert(entry.name.clone(), entry);
    }

    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<&Entry> {
        self.namespaces.get(namespace)?.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.namespaces.values().flat_map(BTreeMap::values)
    }
}

/// What a match of a rule means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The rule's name.
    pub(crate) name: String,
    /// The malware family by its meta, if any.
    pub(crate) family: Option<String>,
    /// How sure it is.
    pub(crate) confidence: Confidence,
    /// Whether it is a remark rather than evidence.
    pub(crate) informational: bool,
}

impl Entry {
    /// What is to be made of a rule. `file` is its file's path within the rule set.
    pub(crate) fn new(
        name: &str,
        file: &Path,
        tags: &[&str],
        meta: &[(&str, Meta<'_>)],
        informational: &Informational,
    ) -> Self {
        let families = ["family", "malware_family", "malware"];
        let family = families.iter().find_map(|key| find(meta, key)?.text());
        Self {
            name: name.to_owned(),
            family: family.map(str::to_owned),
            confidence: confidence(meta),
            informational: informational.covers(name, file, tags, meta),
        }
    }
}

/// A value in a rule's meta.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Meta<'a> {
    Integer(i64),
    Text(&'a str),
    Boolean(bool),
}

impl<'a> Meta<'a> {
    /// A text that says something.
    pub(crate) fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// A number, also one that is written as a text.
    fn number(self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(number),
            Self::Text(text) => text.trim().trim_end_matches('%').parse().ok(),
            Self::Boolean(_) => None,
        }
    }
}

/// The first value under a key, in any case.
pub(crate) fn find<'a>(meta: &[(&str, Meta<'a>)], key: &str) -> Option<Meta<'a>> {
    meta.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| *value)
}

/// By `confidence` or `score` from 0 to 100, else by `severity`.
fn confidence(meta: &[(&str, Meta<'_>)]) -> Confidence {
    let percent = |key| u8::try_from(find(meta, key)?.number()?).ok().filter(|percent| *percent <= 100);
    if let Some(percent) = percent("confidence").or_else(|| percent("score")) {
        return Confidence::percent(percent);
    }
    let severity = find(meta, "severity").and_then(Meta::text).map(str::to_ascii_lowercase);
    let value = match severity.as_deref() {
        Some("critical") => 0.95,
        Some("high") => 0.9,
        Some("medium") => 0.75,
        Some("low") => 0.5,
        _ => DEFAULT,
    };
    Confidence::new(value).unwrap_or(Confidence::HALF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_by_meta_in_order() {
        use Meta::{Boolean, Integer, Text};
        let rows: [(&[(&str, Meta<'_>)], f64); 10] = [
            (&[("confidence", Integer(60)), ("score", Integer(10)), ("severity", Text("high"))], 0.6),
            (&[("score", Integer(10)), ("severity", Text("high"))], 0.1),
            (&[("severity", Text("Critical"))], 0.95),
            (&[("severity", Text("high"))], 0.9),
            (&[("severity", Text("medium"))], 0.75),
            (&[("severity", Text("low"))], 0.5),
            (&[("Confidence", Text("85"))], 0.85),
            // What is no percentage is no confidence.
            (&[("confidence", Integer(-1)), ("score", Integer(400)), ("severity", Text("low"))], 0.5),
            (&[("confidence", Boolean(true)), ("severity", Integer(3))], 0.8),
            (&[], 0.8),
        ];
        for (meta, wanted) in rows {
            assert_eq!(confidence(meta), Confidence::new(wanted).unwrap(), "{meta:?}");
        }
    }

    #[test]
    fn family_by_meta_in_order() {
        let entry = |meta: &[(&str, Meta<'_>)]| {
            Entry::new("r", Path::new("a.yar"), &[], meta, &Informational::default()).family
        };
        assert_eq!(entry(&[("malware", Meta::Text("c")), ("family", Meta::Text("a"))]).as_deref(), Some("a"));
        assert_eq!(
            entry(&[("malware", Meta::Text("c")), ("malware_family", Meta::Text(" b "))]).as_deref(),
            Some("b")
        );
        assert_eq!(entry(&[("family", Meta::Text("")), ("malware", Meta::Text("c"))]).as_deref(), Some("c"));
        assert_eq!(entry(&[("family", Meta::Boolean(true))]), None);
    }
}
