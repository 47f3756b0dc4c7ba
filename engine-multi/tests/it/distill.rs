//! What each rule makes of ballots.

use engine_core::{Ballot, Confidence, ErrorKind, Finding, ScanResult, Verdict};
use engine_multi::{Any, Distill, Rule, distill::BadRule};
use proptest::prelude::*;
use serde_json::json;

use crate::scripted::{ballot, benign, malicious};

/// Ballots in short: `M` malicious, `B` benign, `U` no opinion, `F` failed, `b` a benign panel that lacks a backend, `m` such a
/// malicious one. Their confidences are 0.9, 0.8, 0.7… by place.
fn ballots(short: &str) -> Vec<Ballot> {
    let of = |(place, letter): (usize, char)| {
        let confidence = 0.9 - 0.1 * place as f64;
        let partial = |verdict| {
            let mut result = ScanResult::new(verdict, Confidence::ZERO);
            result.complete = false;
            result
        };
        let outcome = match letter {
            'M' => Ok(malicious(confidence)),
            'B' => Ok(benign(confidence)),
            'U' => Ok(ScanResult::unknown()),
            'F' => Err(ErrorKind::TimedOut),
            'm' => Ok(partial(Verdict::Malicious)),
            'b' => Ok(partial(Verdict::Benign)),
            other => panic!("no ballot `{other}`"),
        };
        ballot(&format!("b{place}"), outcome)
    };
    short.chars().enumerate().map(of).collect()
}

fn decide(rule: &str, ballots: &[Ballot]) -> ScanResult {
    rule.parse::<Rule>().unwrap().distill(ballots).unwrap()
}

#[test]
fn verdict_confidence_and_completeness() {
    use Verdict::{Benign, Malicious, Unknown};
    let table = [
        // one is enough; the confidence is the winners' mean
        ("any", "MM", Malicious, 0.85, true),
        ("any", "MB", Malicious, 0.9, true),
        ("any", "BM", Malicious, 0.8, true),
        ("any", "BB", Benign, 0.85, true),
        ("any", "UB", Benign, 0.8, true),
        ("any", "UM", Malicious, 0.8, true),
        // no opinion at all, with and without a failure
        ("any", "UU", Unknown, 0.0, true),
        ("any", "FU", Unknown, 0.0, false),
        ("any", "FF", Unknown, 0.0, false),
        ("any", "", Unknown, 0.0, true),
        // a failure changes no opinion, and shows
        ("any", "MF", Malicious, 0.9, false),
        ("any", "FB", Benign, 0.8, false),
        ("any", "B", Benign, 0.9, true),
        // a panel among the backends that lacks one of its own
        ("any", "Bb", Benign, 0.45, false),
        ("any", "Bm", Malicious, 0.0, false),
        // so many have to agree
        ("quorum=1", "BM", Malicious, 0.8, true),
        ("quorum=2", "MM", Malicious, 0.85, true),
        ("quorum=2", "MMB", Malicious, 0.85, true),
        ("quorum=2", "MBB", Benign, 0.75, true),
        ("quorum=2", "BB", Benign, 0.85, true),
        ("quorum=2", "UB", Benign, 0.8, true),
        ("quorum=2", "UU", Unknown, 0.0, true),
        // too few malicious ones are benign, even with no benign one, at an even chance
        ("quorum=2", "MU", Benign, 0.5, true),
        ("quorum=3", "MM", Benign, 0.5, true),
        // those that failed could still make it so many, or could not
        ("quorum=2", "MF", Unknown, 0.0, false),
        ("quorum=2", "MFB", Unknown, 0.0, false),
        ("quorum=2", "MMF", Malicious, 0.85, false),
        ("quorum=2", "BF", Benign, 0.9, false),
        ("quorum=2", "BFF", Unknown, 0.0, false),
        ("quorum=3", "MFB", Benign, 0.7, false),
        ("quorum=2", "UF", Unknown, 0.0, false),
        ("quorum=2", "FF", Unknown, 0.0, false),
        ("quorum=1", "BF", Unknown, 0.0, false),
        ("quorum=2", "Mb", Unknown, 0.0, false),
        ("quorum=2", "Mm", Malicious, 0.45, false),
        // more than half of those with an opinion
        ("majority", "MMB", Malicious, 0.85, true),
        ("majority", "MBB", Benign, 0.75, true),
        ("majority", "MB", Unknown, 0.0, true),
        ("majority", "MBMB", Unknown, 0.0, true),
        ("majority", "M", Malicious, 0.9, true),
        ("majority", "B", Benign, 0.9, true),
        ("majority", "MU", Malicious, 0.9, true),
        ("majority", "UUB", Benign, 0.7, true),
        ("majority", "UU", Unknown, 0.0, true),
        ("majority", "", Unknown, 0.0, true),
        // those that failed could turn it, make it a tie, or do neither
        ("majority", "MF", Unknown, 0.0, false),
        ("majority", "BF", Unknown, 0.0, false),
        ("majority", "FF", Unknown, 0.0, false),
        ("majority", "MMF", Malicious, 0.85, false),
        ("majority", "MMBF", Unknown, 0.0, false),
        ("majority", "BBF", Benign, 0.85, false),
        ("majority", "BBFF", Unknown, 0.0, false),
        ("majority", "BBBMF", Benign, 0.8, false),
        ("majority", "MBF", Unknown, 0.0, false),
        // a panel among the backends that lacks one of its own may change sides, unless it says malicious
        ("majority", "b", Unknown, 0.0, false),
        ("majority", "BBb", Benign, 0.57, false),
        ("majority", "MBb", Unknown, 0.0, false),
        ("majority", "MMb", Malicious, 0.85, false),
        ("majority", "m", Malicious, 0.0, false),
    ];
    for (rule, short, verdict, confidence, complete) in table {
        let result = decide(rule, &ballots(short));
        assert_eq!((result.verdict, result.complete), (verdict, complete), "{rule} of {short}");
        assert!(
            (result.confidence.get() - confidence).abs() < 0.005,
            "{rule} of {short}: {}",
            result.confidence
        );
    }
}

#[test]
fn the_result_says_what_it_rests_on() {
    let mut yara = malicious(0.9).by("4.5.5", "sha256:00");
    yara.findings = vec![Finding::informational("packed"), Finding::new("zeta")];
    let mut clamav = malicious(1.0).by("ClamAV 1.4.6", "27800");
    clamav.family = Some("Emotet".to_owned());
    clamav.findings = vec![Finding::new("Win.Trojan.Emotet-1"), Finding::new("packed")];
    let mut third = malicious(1.0);
    third.family = Some("a second opinion".to_owned());
    yara.family = Some(String::new());
    let mut own = benign(0.5);
    own.family = Some("never the losers'".to_owned());
    let ballots = [
        ballot("own", Ok(own)),
        ballot("yara", Ok(yara)),
        ballot("clamav", Ok(clamav)),
        ballot("third", Ok(third)),
        ballot("silent", Ok(ScanResult::unknown())),
        ballot("dead", Err(ErrorKind::Unavailable)),
    ];
    let result = Any.distill(&ballots).unwrap();
    assert_eq!(result.family.as_deref(), Some("Emotet"), "the first of the winners that has one with a name");
    assert_eq!(result.version, "yara 4.5.5, clamav ClamAV 1.4.6");
    assert_eq!(result.signatures, "yara sha256:00, clamav 27800");
    let findings = ["Win.Trojan.Emotet-1", "packed", "zeta"].map(Finding::new);
    assert_eq!(result.findings, findings, "each once, and evidence if it is so for one");
    let told = json!({"rule": "any", "why": "3 say malicious, one is enough", "family": {"basis": "single source", "by": ["clamav"]}, "malicious": ["yara", "clamav", "third"], "benign": ["own"], "unknown": ["silent"],
                      "failed": {"dead": "unavailable"}});
    assert_eq!(result.metadata["distilled"], told);
    let quorum = decide("quorum=3", &ballots);
    assert_eq!(quorum.metadata["distilled"]["rule"], "quorum=3");
}

#[test]
fn rules_by_name() {
    for name in ["any", "majority", "quorum=1", "quorum=12"] {
        let rule: Rule = name.parse().unwrap();
        assert_eq!(rule.to_string(), name);
        assert_eq!(serde_json::from_value::<Rule>(json!(name)).unwrap(), rule);
        assert_eq!(json!(rule), json!(name));
    }
    for bad in ["quorum=0", "quorum=", "quorum=-1", "quorum=1.5", "quorum=two", "quorum=99999999999999999999"]
    {
        assert!(matches!(bad.parse::<Rule>(), Err(BadRule::Quorum(_))), "{bad}");
    }
    for bad in ["", "Any", "most", "quorum"] {
        assert!(matches!(bad.parse::<Rule>(), Err(BadRule::Unknown { .. })), "{bad}");
    }
    let error = "mayority".parse::<Rule>().unwrap_err().to_string();
    assert!(error.ends_with("did you mean `majority`?"), "{error}");
}

fn any_ballot() -> impl Strategy<Value = Ballot> {
    let kinds = [ErrorKind::TimedOut, ErrorKind::Crashed, ErrorKind::TooLarge, ErrorKind::Unavailable];
    let outcome = prop_oneof![
        (0.0..=1.0).prop_map(|c| Ok(malicious(c))),
        (0.0..=1.0).prop_map(|c| Ok(benign(c))),
        Just(Ok(ScanResult::unknown())),
        prop::sample::select(kinds.to_vec()).prop_map(Err),
    ];
    ("[a-z]{1,8}", outcome).prop_map(|(name, outcome)| ballot(&name, outcome))
}

fn any_rule() -> impl Strategy<Value = Rule> {
    prop_oneof![
        Just(Rule::Any),
        Just(Rule::Majority),
        (1usize..6).prop_map(|k| Rule::Quorum(k.try_into().unwrap())),
    ]
}

proptest! {
    /// Who comes first decides nothing but names and their order.
    #[test]
    fn order_does_not_matter(
        rule in any_rule(),
        (ballots, shuffled) in prop::collection::vec(any_ballot(), 0..6)
            .prop_flat_map(|ballots| (Just(ballots.clone()), Just(ballots).prop_shuffle())),
    ) {
        let (one, other) = (rule.distill(&ballots).unwrap(), rule.distill(&shuffled).unwrap());
        prop_assert_eq!(
            (one.verdict, one.complete, one.findings),
            (other.verdict, other.complete, other.findings)
        );
        prop_assert!((one.confidence.get() - other.confidence.get()).abs() < 1e-12);
    }

    /// A backend that failed adds to no opinion: with it the verdict is what it was without, or unknown, and is incomplete.
    #[test]
    fn a_failure_never_becomes_an_opinion(
        rule in any_rule(), ballots in prop::collection::vec(any_ballot(), 0..6), place in 0usize..6,
    ) {
        let without = rule.distill(&ballots).unwrap();
        let mut with = ballots;
        with.insert(place.min(with.len()), ballot("failed", Err(ErrorKind::Crashed)));
        let with = rule.distill(&with).unwrap();
        prop_assert!(!with.complete);
        prop_assert!(with.verdict == without.verdict || with.verdict == Verdict::Unknown);
        if (without.verdict == Verdict::Malicious && rule != Rule::Majority) || rule == Rule::Any {
            prop_assert_eq!((with.verdict, with.confidence), (without.verdict, without.confidence));
        }
    }

    /// Whatever a backend that failed might have said, benign does not stand against it where its word could have turned it.
    #[test]
    fn a_quorums_opinion_stands_whatever_the_failed_would_have_said(
        needed in 1usize..6, ballots in prop::collection::vec(any_ballot(), 1..6),
    ) {
        let rule = Rule::Quorum(needed.try_into().unwrap());
        let result = rule.distill(&ballots).unwrap();
        if result.verdict.has_opinion() {
            let mut answered = ballots;
            for ballot in &mut answered {
                if ballot.outcome.is_err() {
                    ballot.outcome = Ok(malicious(1.0));
                }
            }
            prop_assert_eq!(rule.distill(&answered).unwrap().verdict, result.verdict);
        }
    }

    /// Whatever the backends that failed might have said, a majority's opinion stands.
    #[test]
    fn a_majoritys_opinion_stands_whatever_the_failed_would_have_said(
        ballots in prop::collection::vec(any_ballot(), 1..6), said in prop::collection::vec(0_usize..3, 6),
    ) {
        let result = Rule::Majority.distill(&ballots).unwrap();
        if result.verdict.has_opinion() {
            let mut answered = ballots;
            for (ballot, said) in answered.iter_mut().zip(said) {
                if ballot.outcome.is_err() {
                    ballot.outcome = Ok([malicious(1.0), benign(1.0), ScanResult::unknown()][said].clone());
                }
            }
            prop_assert_eq!(Rule::Majority.distill(&answered).unwrap().verdict, result.verdict);
        }
    }

    /// No opinion comes out of nothing, and what comes out is well formed.
    #[test]
    fn an_opinion_is_somebodys(rule in any_rule(), ballots in prop::collection::vec(any_ballot(), 0..6)) {
        let result = rule.distill(&ballots).unwrap();
        let said = |verdict| ballots.iter().any(|b| b.outcome.as_ref().is_ok_and(|r| r.verdict == verdict));
        match result.verdict {
            Verdict::Malicious => prop_assert!(said(Verdict::Malicious)),
            Verdict::Benign => prop_assert!(said(Verdict::Benign) || said(Verdict::Malicious)),
            Verdict::Unknown => prop_assert_eq!(result.confidence, Confidence::ZERO),
        }
        prop_assert!((0.0..=1.0).contains(&result.confidence.get()));
        prop_assert_eq!(result.complete, ballots.iter().all(|b| b.outcome.is_ok()));
    }
}
