//! What fired on a file, and what it is called: `backend/rule`.

use std::collections::HashSet;

use super::record::Record;

/// Something that fired on a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit<'a> {
    /// Who says so; `None` for a panel's own finding.
    pub(super) backend: Option<&'a str>,
    /// The rule's or signature's name; `None` if the backend says "malicious" and no more.
    pub(super) rule: Option<&'a str>,
    /// False when it says nothing of malice.
    pub(super) telling: bool,
}

impl Hit<'_> {
    /// Its name in SARIF and in allow files: `yara/Eicar`.
    pub(super) fn id(&self) -> String {
        let rule = self.rule.unwrap_or("malicious");
        self.backend.map_or_else(|| rule.to_owned(), |backend| format!("{backend}/{rule}"))
    }
}

/// Everything that fired, in the order of the backends and without repeats.
///
/// A backend that says "malicious" without a telling finding is a hit without a rule, so that no hit goes unseen.
pub(super) fn of(record: &Record) -> Vec<Hit<'_>> {
    let mut hits = Vec::new();
    for ballot in &record.ballots {
        let Ok(result) = &ballot.outcome else { continue };
        let backend = Some(ballot.backend.as_str());
        let findings = result.findings.iter().map(|finding| (finding.name.as_str(), finding.informational));
        hits.extend(findings.map(|(name, remark)| Hit { backend, rule: Some(name), telling: !remark }));
        if result.verdict.is_malicious() && result.findings.iter().all(|finding| finding.informational) {
            hits.push(Hit { backend, rule: None, telling: true });
        }
    }
    // A panel may have findings of its own, beside those that it repeats from its backends.
    let known: HashSet<Option<&str>> = hits.iter().map(|hit| hit.rule).collect();
    let own = record.outcome.iter().flat_map(|result| &result.findings);
    let own = own.filter(|finding| !known.contains(&Some(finding.name.as_str())));
    let own: Vec<_> =
        own.map(|f| Hit { backend: None, rule: Some(&f.name), telling: !f.informational }).collect();
    hits.extend(own);
    if record.verdict().is_malicious() && !hits.iter().any(|hit| hit.telling) {
        hits.push(Hit { backend: None, rule: None, telling: true });
    }
    let mut seen = HashSet::new();
    hits.retain(|hit| seen.insert((hit.backend, hit.rule, hit.telling)));
    hits
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Artifact, Ballot, Confidence, Finding, ScanResult, Verdict};

    fn ballot(backend: &str, verdict: Verdict, findings: Vec<Finding>) -> Ballot {
        let mut result = ScanResult::new(verdict, Confidence::ONE);
        result.findings = findings;
        Ballot { backend: backend.into(), outcome: Ok(result), elapsed: Duration::ZERO }
    }

    #[test]
    fn no_hit_goes_unseen() {
        let ballots = vec![
            ballot(
                "yara",
                Verdict::Malicious,
                vec![Finding::new("a"), Finding::new("a"), Finding::informational("upx")],
            ),
            ballot("mute", Verdict::Malicious, vec![Finding::informational("big")]),
            ballot("clean", Verdict::Benign, Vec::new()),
        ];
        let mut result = ScanResult::new(Verdict::Malicious, Confidence::ONE);
        result.findings = vec![Finding::new("a"), Finding::new("agreed")];
        let record = Record::new("x".into(), &Artifact::file(""), Ok(result), ballots, Duration::ZERO);
        let told: Vec<_> = of(&record).iter().map(|hit| (hit.id(), hit.telling)).collect();
        let wanted = [
            ("yara/a", true),
            ("yara/upx", false),
            ("mute/big", false),
            ("mute/malicious", true),
            ("agreed", true),
        ];
        assert_eq!(told, wanted.map(|(id, telling)| (id.to_owned(), telling)));

        let bare = ScanResult::new(Verdict::Malicious, Confidence::ONE);
        let record = Record::new("x".into(), &Artifact::file(""), Ok(bare), Vec::new(), Duration::ZERO);
        assert_eq!(of(&record), [Hit { backend: None, rule: None, telling: true }]);
    }
}
