//! What each rule of a set says when it matches: its family, how sure it is, and whether it is evidence at all.

use std::{collections::BTreeMap, path::Path};

use engine_core::Confidence;

use super::declared::{Declarations, Declared, Meta};
use crate::informational::Informational;

/// How sure a rule is that says nothing of it.
const DEFAULT: f64 = 0.8;

/// The rules of a set, by namespace and name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalog {
    namespaces: BTreeMap<String, BTreeMap<String, Entry>>,
}

impl Catalog {
    /// What is to be made of these rules.
    pub(super) fn new(declarations: Declarations, informational: &Informational) -> Self {
        let entries = |rules: BTreeMap<String, Declared>| {
            rules
                .into_iter()
                .map(|(name, rule)| (name.clone(), Entry::new(name, rule, informational)))
                .collect()
        };
        let namespaces = declarations.into_iter().map(|(namespace, rules)| (namespace, entries(rules)));
        Self { namespaces: namespaces.collect() }
    }

    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<&Entry> {
        self.namespaces.get(namespace)?.get(name)
    }
}

/// What a match of a rule means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The rule's name.
    pub(crate) name: String,
    /// The malware family by its meta, if any.
    pub(crate) family: Option<String>,
    /// How sure it is.
    pub(crate) confidence: Confidence,
    /// Whether it is a remark rather than evidence.
    pub(crate) informational: bool,
    /// What its author wrote of it.
    pub(crate) declared: Declared,
}

impl Entry {
    /// What is to be made of a rule.
    pub(crate) fn new(name: String, declared: Declared, informational: &Informational) -> Self {
        let families = ["family", "malware_family", "malware"];
        let family = families.iter().find_map(|key| declared.find(key)?.text()).map(str::to_owned);
        let confidence = confidence(&declared);
        let informational = informational.covers(&name, Path::new(&declared.file), &declared);
        Self { name, family, confidence, informational, declared }
    }
}

/// By `confidence` or `score` from 0 to 100, else by `severity`.
fn confidence(rule: &Declared) -> Confidence {
    let percent = |key| u8::try_from(rule.find(key)?.number()?).ok().filter(|percent| *percent <= 100);
    if let Some(percent) = percent("confidence").or_else(|| percent("score")) {
        return Confidence::percent(percent);
    }
    let severity = rule.find("severity").and_then(Meta::text).map(str::to_ascii_lowercase);
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

    fn declared(meta: &[(&str, Meta)]) -> Declared {
        let meta = meta.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        Declared { file: "a.yar".into(), tags: Vec::new(), meta }
    }

    fn text(text: &str) -> Meta {
        Meta::Text(text.to_owned())
    }

    #[test]
    fn confidence_by_meta_in_order() {
        use Meta::{Boolean, Integer};
        let rows: [(&[(&str, Meta)], f64); 10] = [
            (&[("confidence", Integer(60)), ("score", Integer(10)), ("severity", text("high"))], 0.6),
            (&[("score", Integer(10)), ("severity", text("high"))], 0.1),
            (&[("severity", text("Critical"))], 0.95),
            (&[("severity", text("high"))], 0.9),
            (&[("severity", text("medium"))], 0.75),
            (&[("severity", text("low"))], 0.5),
            (&[("Confidence", text("85"))], 0.85),
            // What is no percentage is no confidence.
            (&[("confidence", Integer(-1)), ("score", Integer(400)), ("severity", text("low"))], 0.5),
            (&[("confidence", Boolean(true)), ("severity", Integer(3))], 0.8),
            (&[], 0.8),
        ];
        for (meta, wanted) in rows {
            assert_eq!(confidence(&declared(meta)), Confidence::new(wanted).unwrap(), "{meta:?}");
        }
    }

    #[test]
    fn family_by_meta_in_order() {
        let family =
            |meta: &[(&str, Meta)]| Entry::new("r".into(), declared(meta), &Informational::default()).family;
        assert_eq!(family(&[("malware", text("c")), ("family", text("a"))]).as_deref(), Some("a"));
        assert_eq!(family(&[("malware", text("c")), ("malware_family", text(" b "))]).as_deref(), Some("b"));
        assert_eq!(family(&[("family", text("")), ("malware", text("c"))]).as_deref(), Some("c"));
        assert_eq!(family(&[("family", Meta::Boolean(true))]), None);
    }
}
