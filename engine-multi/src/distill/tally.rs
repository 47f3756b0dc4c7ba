//! Ballots sorted by what they say, and the result that a rule makes of them.

use engine_core::{Ballot, Confidence, ErrorKind, Finding, ScanResult, Verdict};
use serde_json::{Map, Value, json};

use super::family::Family;

/// A ballot whose backend answered.
type Answer<'a> = (&'a str, &'a ScanResult);

/// The ballots of one scan, sorted by what they say; each list in the order of the panel.
///
/// Rules of your own count on it and let it write the result, so that all results explain themselves alike.
#[derive(Clone, Debug, Default)]
pub struct Tally<'a> {
    malicious: Vec<Answer<'a>>,
    benign: Vec<Answer<'a>>,
    unknown: Vec<Answer<'a>>,
    failed: Vec<(&'a str, ErrorKind)>,
    answers: Vec<Answer<'a>>,
}

impl<'a> Tally<'a> {
    /// Sorts ballots.
    pub fn of(ballots: &'a [Ballot]) -> Self {
        let mut tally = Self::default();
        for Ballot { backend, outcome, .. } in ballots {
            match outcome {
                Ok(result) => {
                    let list = match result.verdict {
                        Verdict::Malicious => &mut tally.malicious,
                        Verdict::Benign => &mut tally.benign,
                        Verdict::Unknown => &mut tally.unknown,
                    };
                    list.push((backend, result));
                    tally.answers.push((backend, result));
                }
                Err(error) => tally.failed.push((backend, error.kind)),
            }
        }
        tally
    }

    /// The backends that say malicious, by name, with their results.
    pub fn malicious(&self) -> &[(&'a str, &'a ScanResult)] {
        &self.malicious
    }

    /// The backends that say benign, by name, with their results.
    pub fn benign(&self) -> &[(&'a str, &'a ScanResult)] {
        &self.benign
    }

    /// The backends that failed, by name, with the kind of failure.
    pub fn failed(&self) -> &[(&'a str, ErrorKind)] {
        &self.failed
    }

    /// Whether anybody has an opinion.
    pub fn has_opinion(&self) -> bool {
        !self.malicious.is_empty() || !self.benign.is_empty()
    }

    /// How many backends do not say malicious and still might have: those that failed, and panels among the backends that
    /// answered without one of theirs.
    pub fn undecided(&self) -> usize {
        let partial = self.answers.iter().filter(|(_, r)| !r.complete && !r.verdict.is_malicious());
        self.failed.len() + partial.count()
    }

    /// How many backends say nothing and still might have: those that failed, and panels among the backends that have no opinion
    /// without one of theirs.
    pub fn silent(&self) -> usize {
        self.failed.len() + self.unknown.iter().filter(|(_, r)| !r.complete).count()
    }

    /// The result with this verdict, by a rule of this name. The backends that hold the verdict give the confidence (their
    /// mean) and the family (the one that most of them name, in whatever spelling); all that answered give findings and
    /// versions; `metadata.distilled` tells who said what.
    pub fn result(&self, rule: &str, verdict: Verdict) -> ScanResult {
        self.result_because(rule, verdict, "")
    }

    /// The same, and `metadata.distilled.why` says why, in a few words: `2 of 3 say malicious, 2 are needed`.
    pub fn result_because(&self, rule: &str, verdict: Verdict, why: &str) -> ScanResult {
        let winners = match verdict {
            Verdict::Malicious => &self.malicious,
            Verdict::Benign => &self.benign,
            Verdict::Unknown => &self.unknown,
        };
        let confidence = if verdict.has_opinion() {
            // Benign by default, as when too few said malicious, is no better than an even chance.
            Confidence::mean(winners.iter().map(|(_, r)| r.confidence)).unwrap_or(Confidence::HALF)
        } else {
            Confidence::ZERO
        };
        let mut result = ScanResult::new(verdict, confidence)
            .by(self.joined(|r| &r.version), self.joined(|r| &r.signatures));
        let family = verdict.has_opinion().then(|| Family::of(winners)).flatten();
        result.findings = self.findings();
        result.complete = self.failed.is_empty() && self.answers.iter().all(|(_, r)| r.complete);
        let told = self.told(rule, why, family.as_ref());
        result.family = family.map(|family| family.name);
        result.metadata = Map::from_iter([("distilled".to_owned(), told)]);
        result
    }

    /// `yara 4.5.5, clamav ClamAV 1.4.6`: one field of all that answered and filled it.
    fn joined(&self, field: impl Fn(&ScanResult) -> &str) -> String {
        let of = |(name, result): &Answer<'_>| match field(result) {
            "" => None,
            value => Some(format!("{name} {value}")),
        };
        self.answers.iter().filter_map(of).collect::<Vec<_>>().join(", ")
    }

    /// Everything that fired, sorted, each name once. What is evidence for one backend stays evidence.
    fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<_> =
            self.answers.iter().flat_map(|(_, r)| r.findings.iter().cloned()).collect();
        findings.sort();
        findings.dedup_by(|later, kept| later.name == kept.name);
        findings
    }

    /// Who said what: short, since it travels in an assertion's metadata. Empty lists are left out.
    fn told(&self, rule: &str, why: &str, family: Option<&Family<'_>>) -> Value {
        let mut told = Map::from_iter([("rule".to_owned(), json!(rule))]);
        if !why.is_empty() {
            told.insert("why".to_owned(), json!(why));
        }
        if let Some(family) = family {
            told.insert("family".to_owned(), family.told());
        }
        for (key, answers) in
            [("malicious", &self.malicious), ("benign", &self.benign), ("unknown", &self.unknown)]
        {
            if !answers.is_empty() {
                told.insert(key.to_owned(), answers.iter().map(|(name, _)| *name).collect());
            }
        }
        if !self.failed.is_empty() {
            let failed = self.failed.iter().map(|(name, kind)| ((*name).to_owned(), json!(kind)));
            told.insert("failed".to_owned(), Value::Object(failed.collect()));
        }
        Value::Object(told)
    }
}
