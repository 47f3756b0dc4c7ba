//! Hits that are allowed, and what counts for the exit code.

use serde_json::json;

use super::{Ran, eicar, folder, run};

#[test]
fn what_makes_it_fail() {
    let folder = folder(&[("clean", b"hello"), ("bad", &eicar())]);
    for (on, both, malicious, failed) in [("incomplete", 1, 1, 2), ("malicious", 1, 1, 0), ("never", 0, 0, 0)]
    {
        for (paths, code) in
            [(&["bad", "missing"][..], both), (&["bad"], malicious), (&["missing"], failed), (&["clean"], 0)]
        {
            let ran = run(folder.path(), &[&["scan", "--fail-on", on], paths].concat());
            assert_eq!(ran.code, Some(code), "{on} {paths:?}: {ran:?}");
        }
        // What cannot start always fails.
        let ran = run(folder.path(), &["scan", "--fail-on", on, "--word", "", "clean"]);
        assert_eq!(ran.code, Some(2), "{on}: {ran:?}");
    }
}

#[test]
fn an_allowed_hit_is_told_as_suppressed_and_does_not_count() {
    let folder = folder(&[
        ("docs/sample", &eicar()),
        ("bad", &eicar()),
        (
            "allow.toml",
            b"[[allow]]\nrule = 'own/word'\npath = 'docs/**'\nreason = 'an example'\nexpires = 2999-12-31\n",
        ),
    ]);
    let scan = |args: &[&str]| run(folder.path(), &[&["scan", "--allow", "allow.toml"], args].concat());
    let ran = scan(&["--format", "jsonl", "docs"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let record = ran.records().remove(0);
    assert_eq!(record["verdict"], "malicious");
    assert_eq!(record["suppressed"], json!({"reason": "an example", "expires": "2999-12-31"}));
    let text = scan(&["."]);
    assert_eq!(text.code, Some(1), "one is not allowed: {text:?}");
    assert_eq!(
        text.out,
        "./bad: malicious (1.00) word\n./docs/sample: malicious (1.00) word; suppressed: an example\n"
    );
    assert!(
        text.err.contains("3 files") && text.err.contains("1 malicious, 1 suppressed, 0 failed"),
        "{text:?}"
    );
    // Found but allowed is no excuse for what was not scanned.
    assert_eq!(scan(&["docs", "missing"]).code, Some(2));
}

#[test]
fn an_expired_entry_and_one_that_allows_nothing_are_told_once() {
    let sha256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";
    let entry = |expires| format!("[[allow]]\nsha256 = '{sha256}'\nreason = 'ours'\n{expires}\n");
    let folder = folder(&[
        ("a", &eicar()),
        ("b", &eicar()),
        ("clean", b"hello"),
        ("old", entry("expires = 2020-02-29").as_bytes()),
        ("new", entry("").as_bytes()),
    ]);
    let scan = |args: &[&str]| run(folder.path(), &[&["scan"], args].concat());
    let told = |ran: &Ran, what| ran.err.lines().filter(|line| line.contains(what)).count();
    let expired = scan(&["--allow", "old", "--quiet", "a", "b"]);
    assert_eq!((expired.code, told(&expired, "has expired")), (Some(1), 1), "{expired:?}");
    assert!(expired.err.starts_with("old: entry 1 (line 1: sha256 275a"), "{expired:?}");
    let allowed = scan(&["--allow", "new", "a", "b"]);
    assert_eq!((allowed.code, told(&allowed, "has allowed nothing")), (Some(0), 0), "{allowed:?}");
    let unused = scan(&["--allow", "new", "clean"]);
    assert_eq!((unused.code, told(&unused, "has allowed nothing")), (Some(0), 1), "{unused:?}");
}

#[test]
fn an_allow_file_that_cannot_be_used_stops_the_scan() {
    let folder = folder(&[("clean", b"hello"), ("bad.toml", b"[[allow]]\nrule = 'a'\npath = '**'\n")]);
    for (file, says) in
        [("bad.toml", "entry 1 (line 1) needs a reason"), ("nowhere", "because: No such file")]
    {
        let ran = run(folder.path(), &["scan", "--allow", file, "clean"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.err.contains(says), "{ran:?}");
    }
}
