//! From the rules that matched to a verdict. No I/O, no libyara.

use engine_core::{Confidence, Finding, ScanResult, Verdict};
use serde_json::Map;

use crate::rules::catalog::Entry;

/// The member of a result's metadata that has tags and meta of the rules that matched, by name: `{"tags": […], "meta": {…}}`.
pub(crate) const RULES: &str = "rules";
/// How many rules have none there for want of room.
const CUT: &str = "rules_cut";
/// How much room there is, in bytes of JSON. A child's reply has one mebibyte.
const ROOM: usize = 128 << 10;

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
    tell(&matches, &mut result);
    result
}

/// Puts tags and meta of the rules into the metadata, those of evidence first.
fn tell(matches: &[&Entry], result: &mut ScanResult) {
    let (mut told, mut room, mut cut) = (Map::new(), ROOM, 0_usize);
    let (evidence, remarks): (Vec<&Entry>, _) = matches.iter().partition(|entry| !entry.informational);
    for entry in evidence.into_iter().chain(remarks) {
        let Some(declared) = entry.declared.told() else { continue };
        match room.checked_sub(entry.name.len() + declared.to_string().len()) {
            Some(left) => {
                room = left;
                told.insert(entry.name.clone(), declared);
            }
            None => cut += 1,
        }
    }
    if !told.is_empty() {
        result.metadata.insert(RULES.to_owned(), told.into());
    }
    if cut > 0 {
        result.metadata.insert(CUT.to_owned(), cut.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::declared::{Declared, Meta};

    fn entry(name: &str, family: Option<&str>, percent: u8, informational: bool) -> Entry {
        Entry {
            name: name.to_owned(),
            family: family.map(str::to_owned),
            confidence: Confidence::percent(percent),
            informational,
            declared: Declared::default(),
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
    fn f15_remarks_alone_and_nothing_at_all_are_benign_at_the_confidence_that_is_set() {
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

    #[test]
    fn tags_and_meta_are_told_as_long_as_there_is_room_those_of_evidence_first() {
        let with = |name: &str, length: usize, informational| {
            let meta = vec![("text".to_owned(), Meta::Text("x".repeat(length)))];
            let declared = Declared { tags: vec!["t".into()], meta, ..Declared::default() };
            Entry { declared, ..entry(name, None, 80, informational) }
        };
        let few = [with("a", 3, true), entry("b", None, 80, false)];
        let result = opinion(&few, Confidence::HALF);
        let wanted = serde_json::json!({"rules": {"a": {"tags": ["t"], "meta": {"text": "xxx"}}}});
        assert_eq!(serde_json::Value::Object(result.metadata), wanted);

        let many = [with("a", ROOM / 2, true), with("b", ROOM / 2, true), with("c", ROOM / 3, false)];
        let result = opinion(&many, Confidence::HALF);
        let told: Vec<_> = result.metadata[RULES].as_object().unwrap().keys().cloned().collect();
        assert_eq!((told, &result.metadata[CUT]), (vec!["a".to_owned(), "c".to_owned()], &1.into()));
        assert_eq!(result.findings.len(), 3);
    }
}
