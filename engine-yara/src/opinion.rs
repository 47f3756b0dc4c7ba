//! From the rules that matched to a verdict. No I/O, no libyara.

use engine_core::{Confidence, Finding, ScanResult, Verdict};

use crate::rules::catalog::Entry;

/// What an artifact is whose matches are these. Without evidence it is benign, with the confidence `benign`: that nothing was
/// found says little.
///
/// The most confident rule gives the confidence and the family (by its meta, else its name); of equals the first by name.
pub(crate) fn opinion<'a>(matches: impl IntoIterator<Item = &'a Entry>, benign: Confidence) -> ScanResult {
    let mut matches: Vec<_> = matches.into_iter().collect();
    // The same rule, loaded twice through two indexes, is one finding; evidence if it is that anywhere.
    matches.sort_by(|a, b| (&a.name, a.informational).cmp(&(&b.name, b.informational)));
    matches.dedup_by(|later, first| later.name == first.name);
    let mut strongest: Option<&Entry> = None;
    for entry in matches.iter().filter(|entry| !entry.informational) {
        if strongest.is_none_or(|strongest| entry.confidence > strongest.confidence) {
            strongest = Some(entry);
        }
    }
    let mut result = match strongest {
        Some(entry) => ScanResult::new(Verdict::Malicious, entry.confidence),
        None => ScanResult::new(Verdict::Benign, benign),
    };
    result.family = strongest.map(|entry| entry.family.as_ref().unwrap_or(&entry.name).clone());
    result.findings = matches
        .iter()
        .map(|entry| Finding { name: entry.name.clone(), informational: entry.informational })
        .collect();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, family: Option<&str>, percent: u8, informational: bool) -> Entry {
        Entry {
            name: name.to_owned(),
            family: family.map(str::to_owned),
            confidence: Confidence::percent(percent),
            informational,
        }
    }

    #[test]
    fn the_most_confident_evidence_decides_and_all_is_told() {
        let entries = [
            entry("c", Some("Weak"), 60, false),
            entry("packer", Some("UPX"), 100, true),
            entry("b", None, 90, false),
            entry("a", Some("Late"), 90, true),
        ];
        let result = opinion(&entries, Confidence::HALF);
        assert_eq!((result.verdict, result.confidence), (Verdict::Malicious, Confidence::percent(90)));
        assert_eq!(result.family.as_deref(), Some("b"));
        let findings: Vec<_> = result.findings.iter().map(|f| (f.name.as_str(), f.informational)).collect();
        assert_eq!(findings, [("a", true), ("b", false), ("c", false), ("packer", true)]);
    }

    #[test]
    fn remarks_alone_and_nothing_at_all_are_benign() {
        let remark = [entry("packer", Some("UPX"), 100, true)];
        let result = opinion(&remark, Confidence::percent(40));
        assert_eq!((result.verdict, result.confidence), (Verdict::Benign, Confidence::percent(40)));
        assert_eq!((result.family, result.findings.len()), (None, 1));
        assert_eq!(opinion(&[], Confidence::HALF).verdict, Verdict::Benign);
    }

    #[test]
    fn a_rule_that_was_loaded_twice_is_told_once() {
        let twice = [entry("a", None, 80, true), entry("a", None, 80, false)];
        let result = opinion(&twice, Confidence::HALF);
        assert_eq!((result.verdict, result.findings), (Verdict::Malicious, vec![Finding::new("a")]));
    }
}
