use engine_core::{Artifact, SyncScanner, Verdict};
use engine_yara::{Informational, Rules, RulesError, SyncYara};

use crate::folder::{Folder, load, matches, names, plenty, rule};

#[test]
fn a_folder_is_loaded_at_any_depth_and_bad_files_are_told_with_line_and_cause() {
    let folder = Folder::with(&[
        ("a.yar", &rule("a", "word")),
        ("deep/er/b.YARA", &rule("b", "word")),
        ("bad.yar", "rule bad {\n condition:\n  no_such_identifier == 1\n}\n"),
        ("module.yar", "\nimport \"cuckoo\"\nrule m { condition: cuckoo.sync.mutex(/a/) }"),
        ("README.md", "rule no { condition: true }"),
        (".git/c.yar", &rule("c", "word")),
    ]);
    let rules = folder.load().unwrap();
    let report = rules.report();
    assert_eq!(
        folder.bad(report),
        ["bad.yar:3: undefined identifier \"no_such_identifier\"", "module.yar:2: unknown module \"cuckoo\""]
    );
    assert_eq!((report.rules, report.files), (2, 2));
    assert_eq!(matches(rules, "a word"), ["a", "b"]);
}

#[test]
fn no_rule_at_all_is_an_error() {
    assert!(matches!(load(&[]), Err(RulesError::NotGiven)));
    let empty = Folder::with(&[("notes.txt", "nothing")]);
    assert!(matches!(empty.load(), Err(RulesError::Empty { .. })));
    let missing = load(&[empty.path("nowhere")]);
    assert!(matches!(missing, Err(RulesError::Unreadable { .. })), "{missing:?}");
    let bad = Folder::with(&[("bad.yar", "rule {")]);
    let error = bad.load().unwrap_err().to_string();
    assert!(bad.strip(&error).contains("\n  bad.yar:1: syntax error"), "{error}");
}

#[test]
fn a_set_of_private_rules_only_is_no_set() {
    let hidden = |name: &str, how: &str| format!("{how} rule {name} {{ condition: true }}\n");
    let folder = Folder::with(&[("a.yar", &(hidden("a", "private") + &hidden("b", "global private")))]);
    folder.write("b.yar", hidden("a", "private global"));
    let error = folder.load().unwrap_err();
    assert!(matches!(error, RulesError::Empty { private: 3, .. }), "{error:?}");
    let told = error.to_string();
    assert!(told.contains("all 3 are private") && told.contains("--rules"), "{told}");
    // One of the same name in another file is enough; a private string does not hide the rule behind it.
    folder.write("c.yar", "rule a { strings: $s = \"word\" private condition: $s }\n");
    assert_eq!(matches(folder.load().unwrap(), "word"), ["a"]);
}

#[test]
fn text_that_libyara_must_not_see_is_bad() {
    let folder = Folder::with(&[("good.yar", "\u{feff}rule good { condition: true }")]);
    folder.write("nul.yar", "rule nul {\n condition: true }\0");
    folder.write("latin.yar", b"rule latin {\n\n condition: true } // caf\xe9");
    folder.write("compiled.yar", b"YARA\x08\0\0\0");
    let rules = folder.load().unwrap();
    assert_eq!(
        folder.bad(rules.report()),
        [
            "compiled.yar: is a rule set that yarac compiled: give the rules it was made from",
            "latin.yar:3: is not UTF-8 text from here on",
            "nul.yar:2: has a NUL byte here",
        ]
    );
    assert_eq!(matches(rules, ""), ["good"]);
}

#[test]
fn meta_that_is_not_utf8_is_no_crash() {
    let folder = Folder::with(&[(
        "a.yar",
        r#"rule a { meta: family = "Caf\xe9" confidence = 40 strings: $a = "\xe9" condition: not $a }"#,
    )]);
    let result = SyncYara::new(folder.load().unwrap()).scan(&Artifact::file("x"), &plenty()).unwrap();
    assert_eq!((result.family.as_deref(), result.confidence.get()), (Some("Caf?"), 0.4));
}

#[test]
fn files_that_say_nothing_or_swallow_rules_are_warnings() {
    let folder = Folder::with(&[
        ("a.yar", &rule("a", "word")),
        ("empty.yar", ""),
        ("open.yar", "rule b { condition: true }\n/* rule c { condition: true }"),
    ]);
    let rules = folder.load().unwrap();
    assert_eq!(
        folder.warnings(rules.report()),
        [
            "empty.yar: there is no rule in this file",
            "open.yar:2: this comment is never closed: what follows it is no rule",
        ]
    );
    assert_eq!(rules.report().rules, 2);
    assert_eq!(rules.report().bad, []);
}

#[test]
fn the_same_rule_name_in_two_files_is_no_clash() {
    let folder = Folder::with(&[("a.yar", &rule("same", "one")), ("b.yar", &rule("same", "two"))]);
    let rules = folder.load().unwrap();
    assert_eq!((rules.report().rules, rules.report().bad.len()), (2, 0));
    assert_eq!(matches(rules, "one two"), ["same"]);
}

#[test]
fn the_digest_is_that_of_content_and_relative_paths() {
    let digest = |files: &[(&str, &str)]| Folder::with(files).load().unwrap().report().digest.clone();
    let (one, two) = (rule("one", "x"), rule("two", "x"));
    let first = digest(&[("a.yar", &one), ("b.yar", &two)]);
    assert!(first.starts_with("sha256:") && first.len() == 71, "{first}");
    assert_eq!(digest(&[("b.yar", &two), ("a.yar", &one)]), first);
    // What is left out is not scanned with.
    assert_eq!(digest(&[("a.yar", &one), ("b.yar", &two), ("bad.yar", "rule")]), first);
    assert_ne!(digest(&[("a.yar", &one), ("c.yar", &two)]), first);
    assert_ne!(digest(&[("a.yar", &one), ("b.yar", &rule("two", "y"))]), first);
}

#[test]
fn informational_folders_and_private_rules_are_no_evidence() {
    let folder = Folder::with(&[
        ("packers/upx.yar", &rule("upx", "word")),
        ("malware/evil.yar", &rule("evil", "evil")),
        ("private.yar", "private rule hidden { condition: true }"),
    ]);
    let scanner = SyncYara::new(folder.load().unwrap());
    assert_eq!(scanner.rules().report().informational, 1);
    let remark = scanner.scan(&Artifact::file("word"), &plenty()).unwrap();
    assert_eq!((remark.verdict, names(&remark)), (Verdict::Benign, vec!["upx".to_owned()]));
    assert!(remark.findings[0].informational);
    let evidence = scanner.scan(&Artifact::file("word evil"), &plenty()).unwrap();
    assert_eq!((evidence.verdict, names(&evidence)), (Verdict::Malicious, vec!["evil".into(), "upx".into()]));

    let rules = Rules::load(&[folder.path("")], &Informational::default().without("packers/")).unwrap();
    let result = SyncYara::new(rules).scan(&Artifact::file("word"), &plenty()).unwrap();
    assert_eq!(result.verdict, Verdict::Malicious);
}

#[test]
fn external_variables_are_those_of_the_artifact() {
    let folder = Folder::with(&[(
        "a.yar",
        "rule by_name { condition: filename == \"b.EXE\" and filepath == \"a/b.EXE\" and extension == \".exe\" }
         rule unknown { condition: filetype == \"\" and owner == \"\" }",
    )]);
    let scanner = SyncYara::new(folder.load().unwrap());
    let scan = |artifact: Artifact| names(&scanner.scan(&artifact, &plenty()).unwrap());
    assert_eq!(scan(Artifact::file("x").with_name("a/b.EXE")), ["by_name", "unknown"]);
    // The scanner is the same one: nothing is left of the first name.
    assert_eq!(scan(Artifact::file("x")), ["unknown"]);
    assert_eq!(scan(Artifact::file("x").with_name("a/b.EXE\0")), ["by_name", "unknown"]);
}

#[test]
fn a_string_that_matches_too_often_is_no_failure() {
    let folder = Folder::with(&[("a.yar", "rule often { strings: $a = /x|/ condition: $a }")]);
    let artifact = Artifact::file(vec![b'x'; 3 << 20]);
    let result = SyncYara::new(folder.load().unwrap()).scan(&artifact, &plenty()).unwrap();
    assert_eq!(names(&result), ["often"]);
}
