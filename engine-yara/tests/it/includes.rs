use crate::folder::{Folder, load, matches, rule};

#[test]
fn an_index_and_what_it_includes_is_loaded_once() {
    let folder = Folder::with(&[
        ("index.yar", "include \"./one/../one/a.yar\"\ninclude \"b.yar\""),
        ("part_index.yar", "include \"./one/a.yar\""),
        ("one/a.yar", &rule("a", "word")),
        ("b.yar", &rule("b", "word")),
    ]);
    let whole = folder.load().unwrap();
    assert_eq!((whole.report().rules, whole.report().files), (2, 2));
    assert_eq!(whole.report().bad, []);
    let alone = load(&[folder.path("index.yar")]).unwrap();
    assert_eq!(alone.report().digest, whole.report().digest);
    assert_eq!(matches(whole, "word"), ["a", "b"]);
    assert_eq!(matches(alone, "word"), ["a", "b"]);
}

#[test]
fn an_included_file_is_in_its_folder_however_it_is_named() {
    let folder = Folder::with(&[
        ("set/index.yar", "include \"./../set/packers/a.yar\""),
        ("set/packers/a.yar", &rule("a", "word")),
    ]);
    let rules = load(&[folder.path("set/index.yar")]).unwrap();
    assert_eq!((rules.report().rules, rules.report().informational), (1, 1));
}

#[test]
fn a_file_that_needs_another_of_its_index_is_good() {
    let needs = "rule needs { condition: is_it }";
    let folder = Folder::with(&[
        ("000_common.yar", "private rule is_it { condition: true }"),
        ("needs.yar", needs),
        ("index.yar", "include \"000_common.yar\"\ninclude \"needs.yar\""),
    ]);
    let rules = folder.load().unwrap();
    assert_eq!(rules.report().bad, []);
    assert_eq!(matches(rules, ""), ["needs"]);
    let alone = Folder::with(&[
        ("000_common.yar", "private rule is_it { condition: true } rule is_there { condition: is_it }"),
        ("needs.yar", needs),
    ]);
    let rules = alone.load().unwrap();
    assert_eq!(alone.bad(rules.report()), ["needs.yar:1: undefined identifier \"is_it\""]);
}

#[test]
fn an_index_is_loaded_without_what_makes_it_fail() {
    let folder = Folder::with(&[
        (
            "index.yar",
            "include \"a.yar\"\ninclude \"bad.yar\"\ninclude \"gone.yar\"\ninclude \"worse.yar\"\ninclude \"z.yar\"",
        ),
        ("a.yar", &rule("a", "word")),
        ("bad.yar", "\nimport \"androguard\" rule bad { condition: androguard.url(/x/) }"),
        ("worse.yar", "rule {"),
        ("z.yar", &rule("z", "word")),
    ]);
    let rules = load(&[folder.path("index.yar")]).unwrap();
    let bad = folder.bad(rules.report());
    assert_eq!(bad.len(), 3, "{bad:?}");
    assert_eq!(bad[0], "bad.yar:2: unknown module \"androguard\"");
    assert!(bad[1].starts_with("index.yar:3: include \"gone.yar\": No such file"), "{}", bad[1]);
    assert!(bad[2].starts_with("worse.yar:1: syntax error"), "{}", bad[2]);
    assert_eq!(matches(rules, "word"), ["a", "z"]);
}

#[test]
fn a_file_that_clashes_in_its_index_is_loaded_by_itself() {
    let folder = Folder::with(&[
        ("index.yar", "include \"a.yar\"\ninclude \"b.yar\""),
        ("a.yar", &rule("same", "one")),
        ("b.yar", &[rule("same", "two"), rule("other", "two")].concat()),
    ]);
    for paths in [[folder.path("")], [folder.path("index.yar")]] {
        let rules = load(&paths).unwrap();
        assert_eq!(rules.report().bad, []);
        assert_eq!(matches(rules, "two"), ["other", "same"]);
    }
}

#[test]
fn an_unclosed_comment_ends_with_its_file() {
    let folder = Folder::with(&[
        ("index.yar", "include \"a.yar\"\ninclude \"b.yar\""),
        ("a.yar", "rule a { condition: true } /*"),
        ("b.yar", "rule b { condition: true }"),
    ]);
    let rules = folder.load().unwrap();
    assert_eq!(folder.warnings(rules.report()).len(), 1);
    assert_eq!(matches(rules, ""), ["a", "b"]);
}

#[test]
fn nested_includes_are_relative_to_their_file() {
    let folder = Folder::with(&[
        ("index.yar", "include \"sub/index.yar\" include \"rules.yar\""),
        ("sub/index.yar", "include \"rules.yar\" include \"../rules.yar\""),
        ("sub/rules.yar", &rule("inner", "word")),
        ("rules.yar", "rule outer { condition: inner }\n nonsense"),
    ]);
    let rules = load(&[folder.path("index.yar")]).unwrap();
    // Two files of one name: the fault is told of the right one.
    assert_eq!(folder.bad(rules.report()).len(), 1);
    assert!(folder.bad(rules.report())[0].starts_with("rules.yar:2: syntax error"), "{:?}", rules.report());
    assert_eq!(matches(rules, "word"), ["inner"]);
}

#[test]
fn loops_are_cut() {
    let folder = Folder::with(&[
        ("a.yar", &["include \"b.yar\"\n", &rule("a", "word")].concat()),
        ("b.yar", &["include \"a.yar\"\ninclude \"./b.yar\"\n", &rule("b", "word")].concat()),
    ]);
    let rules = folder.load().unwrap();
    assert_eq!(rules.report().bad, []);
    assert_eq!(matches(rules, "word"), ["a", "b"]);
}

#[test]
fn includes_stay_inside_the_rules_folders() {
    let outside = Folder::with(&[("secret.yar", &rule("secret", "word"))]);
    let secret = outside.path("secret.yar");
    let folder =
        Folder::with(&[("rules/a.yar", &rule("a", "word")), ("beside.yar", &rule("beside", "word"))]);
    folder.write(
        "rules/index.yar",
        format!("include \"{}\" include \"../beside.yar\" include \"a.yar\"", secret.display()),
    );
    std::os::unix::fs::symlink(&secret, folder.path("rules/link.yar")).unwrap();
    let rules = load(&[folder.path("rules")]).unwrap();
    let bad = folder.bad(rules.report());
    assert_eq!(bad.len(), 3, "{bad:?}");
    assert!(bad.iter().all(|bad| bad.contains("leads out of the rules' folders")), "{bad:?}");
    assert_eq!(matches(rules, "word"), ["a"]);
    // Given as well, they are fine.
    let rules = load(&[folder.path("rules"), folder.path("beside.yar"), secret]).unwrap();
    assert_eq!(rules.report().bad, []);
    assert_eq!(matches(rules, "word"), ["a", "beside", "secret"]);
}
