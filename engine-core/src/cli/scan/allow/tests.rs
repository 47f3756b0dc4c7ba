use std::time::Duration;

use super::*;
use crate::{Artifact, Ballot, Confidence, Finding, ScanResult, Verdict};

/// 2026-12-31, noon.
const NOW: &str = "2026-12-31T12:00:00Z";

fn read(text: &str) -> Result<Allow, AllowError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("allow.toml");
    fs::write(&file, text).unwrap();
    Allow::read(&file, humantime::parse_rfc3339(NOW).unwrap())
}

fn malicious(path: &str, rules: &[&str]) -> Record {
    let mut result = ScanResult::new(Verdict::Malicious, Confidence::ONE);
    result.findings =
        rules.iter().map(|rule| Finding::new(*rule)).chain([Finding::informational("upx")]).collect();
    let ballot = Ballot { backend: "yara".into(), outcome: Ok(result.clone()), elapsed: Duration::ZERO };
    Record::new(path.into(), &Artifact::file("x"), Ok(result), vec![ballot], Duration::ZERO)
}

fn reason(allow: &mut Allow, record: &Record) -> Option<String> {
    allow.judge(record).map(|suppressed| suppressed.reason)
}

#[test]
fn by_rule_and_path_only_when_every_telling_hit_is_allowed() {
    let mut allow = read(
        r#"
        [[allow]]
        rule = "a"
        path = "docs/**/*.txt"
        reason = "samples"
        [[allow]]
        rule = "yara/b"
        path = "**"
        reason = "noisy"
        expires = 2026-12-31
        [[allow]]
        rule = "clamav/c"
        path = "**"
        reason = "of another backend"
        "#,
    )
    .unwrap();
    for (path, rules, wanted) in [
        ("docs/x.txt", &["a"][..], Some("samples")),
        ("./docs/deep/er/x.txt", &["a"], Some("samples")),
        ("docs/x.txt", &["a", "b"], Some("noisy; samples")),
        ("docs/x.txt", &["a", "new"], None),
        ("docs/x.exe", &["a"], None),
        ("other/docs/x.txt", &["a"], None),
        // Leads out of what the pattern means.
        ("docs/../evil/x.txt", &["a"], None),
        ("x", &["b"], Some("noisy")),
        ("x", &["c"], None),
        // Named like another backend's.
        ("x", &["clamav/c"], None),
        // Malicious, and no rule says so.
        ("docs/x.txt", &[], None),
    ] {
        let told = reason(&mut allow, &malicious(path, rules));
        assert_eq!(told.as_deref(), wanted, "{path} {rules:?}");
    }
    let here = std::env::current_dir().unwrap().join("docs/x.txt");
    assert_eq!(reason(&mut allow, &malicious(here.to_str().unwrap(), &["a"])).as_deref(), Some("samples"));
    let expires = allow.judge(&malicious("docs/x.txt", &["a", "b"])).unwrap().expires;
    assert_eq!(expires.as_deref(), Some("2026-12-31"), "the whole of its last day");
    let unused: Vec<_> = allow.unused().collect();
    assert_eq!(unused.len(), 1, "{unused:?}");
    assert!(unused[0].contains("entry 3 (line 11: rule clamav/c at **) has allowed nothing"), "{unused:?}");
}

#[test]
fn by_sha256_whatever_fired() {
    let sha256 = Artifact::file("x").sha256().to_uppercase();
    let entry = |expires: &str| format!("[[allow]]\nsha256 = \"{sha256}\"\nreason = \"ours\"\n{expires}");
    let record = malicious("x", &[]);
    assert_eq!(reason(&mut read(&entry("")).unwrap(), &record).as_deref(), Some("ours"));
    let mut expired = read(&entry("expires = \"2026-12-30\"")).unwrap();
    assert_eq!(reason(&mut expired, &record), None);
    let told: Vec<_> = expired.expired().collect();
    assert!(told.len() == 1 && told[0].contains("expires 2026-12-30) has expired"), "{told:?}");
    assert_eq!(expired.unused().count(), 0);
    // What is not malicious needs no leave.
    let benign =
        Record::new("x".into(), &Artifact::file("x"), Ok(ScanResult::unknown()), vec![], Duration::ZERO);
    assert_eq!(reason(&mut read(&entry("")).unwrap(), &benign), None);
}

#[test]
fn what_is_no_entry_is_refused_with_its_line() {
    let x = "0".repeat(64);
    for (text, says) in [
        (format!("\n\n[[allow]]\nsha256 = '{x}'\n"), "entry 1 (line 3) needs a reason"),
        (format!("[[allow]]\nsha256 = '{x}'\nreason = ' '\n"), "needs a reason"),
        (format!("[[allow]]\nsha256 = '{x}'\nrule = 'a'\nreason = 'r'\n"), "either sha256, or rule and path"),
        ("[[allow]]\nrule = 'a'\nreason = 'r'\n".to_owned(), "either sha256, or rule and path"),
        ("[[allow]]\nsha256 = 'abc'\nreason = 'r'\n".to_owned(), "64 hex digits"),
        ("[[allow]]\nrule = 'a'\npath = '[z'\nreason = 'r'\n".to_owned(), "pattern"),
        (format!("[[allow]]\nsha256 = '{x}'\nreason = 'r'\nexpires = '2027-02-30'\n"), "a day such as"),
        (
            format!("[[allow]]\nsha256 = '{x}'\nreason = 'r'\nexpires = 2027-01-01T10:00:00Z\n"),
            "a day such as",
        ),
        (format!("[[allow]]\nsha = '{x}'\nreason = 'r'\n"), "[[allow]]"),
        ("[allowed]\n".to_owned(), "[[allow]]"),
        ("not toml".to_owned(), "[[allow]]"),
    ] {
        let told = read(&text).unwrap_err().to_string();
        assert!(told.contains(says), "{text}: {told}");
    }
    assert!(read("").is_ok(), "nothing allowed");
}
