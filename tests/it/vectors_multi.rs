//! Golden distillations of the reference's multi engine, against the rule `any`.

mod any_compat;

use engine_core::Verdict;
use serde::Deserialize;

use self::any_compat::{Differs, Wire, any_compat};

/// `multi_distillation.json`.
#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    results: Vec<Wire>,
    distilled: Option<Wire>,
    error: Option<String>,
}

fn read(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "other vectors can be tried in place of the copy here")]
    let folder = std::env::var_os("VECTORS_DIR")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/vectors").into(), std::path::PathBuf::from);
    let path = folder.join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Each case: what the reference makes of it comes out of our rule by way of [`any_compat`]; and what we make of it is the same
/// but for the differences that are meant, each of which is really one.
#[test]
fn multi_distillation_vectors() {
    let file: File = serde_json::from_str(&read("multi_distillation.json")).unwrap();
    assert!(!file.cases.is_empty());
    for (number, case) in file.cases.iter().enumerate() {
        let compat = match any_compat(&case.results) {
            Ok(compat) => compat,
            Err(refused) => {
                let in_range = |wire: &Wire| (0.0..=1.0).contains(&wire.confidence);
                assert!(!case.results.iter().all(in_range), "case {number}: {refused}");
                continue;
            }
        };
        match (&compat.reference, &case.distilled) {
            (Some(ours), Some(theirs)) => {
                assert!(ours.same(theirs), "case {number}: {ours:?} is not {theirs:?}")
            }
            (None, None) => assert_eq!(case.error.as_deref(), Some("ZeroDivisionError"), "case {number}"),
            (ours, theirs) => panic!("case {number}: {ours:?} is not {theirs:?}"),
        }
        let (ours, differs) = (&compat.ours, |what| compat.differs.contains(&what));
        let Some(theirs) = &case.distilled else {
            assert_eq!((ours.verdict, ours.complete), (Verdict::Unknown, true), "case {number}");
            assert_eq!(compat.differs, [Differs::NobodyAsserts], "case {number}");
            continue;
        };
        assert_eq!(ours.verdict.has_opinion(), theirs.bit, "case {number}");
        let same = ours.verdict.is_malicious() == theirs.verdict;
        assert_ne!(same, differs(Differs::VerdictWithoutBit), "case {number}");
        let same = (ours.confidence.get() - theirs.confidence).abs() < 1e-12;
        assert_ne!(same, differs(Differs::MeanOverAll), "case {number}: {}", ours.confidence);
        let same = ours.family.as_deref().unwrap_or_default() == theirs.family().unwrap_or_default();
        assert_ne!(same, differs(Differs::Family), "case {number}: {:?}", ours.family);
    }
}

/// The differences that are meant, one example each.
#[test]
fn where_we_differ_from_the_vectors_on_purpose() {
    let wire = |bit, verdict, confidence, family: &str| Wire {
        bit,
        verdict,
        confidence,
        metadata: Some(serde_json::json!({ "malware_family": family }).to_string()),
    };
    let table: [(&[Wire], &[Differs]); 6] = [
        (&[wire(true, true, 0.9, "a"), wire(true, true, 0.5, "b")], &[]),
        (&[wire(false, true, 0.9, "a")], &[Differs::NobodyAsserts]),
        (&[wire(true, false, 0.9, ""), wire(false, true, 0.5, "")], &[Differs::VerdictWithoutBit]),
        (&[wire(true, false, 0.9, ""), wire(true, true, 0.5, "")], &[Differs::MeanOverAll]),
        (&[wire(true, false, 0.5, ""), wire(true, true, 0.5, "b")], &[Differs::Family]),
        (&[wire(true, true, 0.5, ""), wire(true, true, 0.5, "b")], &[Differs::Family]),
    ];
    for (results, differs) in table {
        assert_eq!(any_compat(results).unwrap().differs, differs, "{results:?}");
    }
    assert!(any_compat(&[wire(true, true, 1.5, "a")]).is_err());
}
