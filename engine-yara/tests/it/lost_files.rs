use crate::folder::{Folder, load, matches, rule};

const BROKEN: &str = "rule broken { condition: nope }\n";
const TOLD: &str = "undefined identifier \"nope\"";

/// An index that reaches a good file only through a bad one, and a good one that nobody includes.
fn behind_a_bad_file(mid: &str) -> Folder {
    Folder::with(&[
        ("index.yar", "include \"mid.yar\""),
        ("mid.yar", mid),
        ("good.yar", &rule("good", "word")),
        ("zother.yar", &rule("other", "nothing like it")),
    ])
}

#[test]
fn a_good_file_behind_a_bad_one_is_loaded_however_it_is_given() {
    for (mid, line) in [
        (format!("include \"good.yar\"\n{BROKEN}"), 2),
        (format!("{BROKEN}include \"good.yar\"\n"), 1),
        // It is too for the index to be bad itself, by what it says of its own.
        (format!("include \"good.yar\"\n{BROKEN}include \"index.yar\""), 2),
    ] {
        let folder = behind_a_bad_file(&mid);
        let [all, good, index] = ["", "good.yar", "index.yar"].map(|path| folder.path(path));
        for paths in [vec![all.clone()], vec![all.clone(), good.clone()], vec![good, all], vec![index]] {
            let rules = load(&paths).unwrap();
            assert_eq!(folder.bad(rules.report()), [format!("mid.yar:{line}: {TOLD}")], "{paths:?}");
            assert_eq!(matches(rules, "a word"), ["good"], "{paths:?}");
        }
    }
}

#[test]
fn a_good_file_behind_bad_ones_is_loaded_with_what_it_includes_and_where_it_compiles() {
    let folder = Folder::with(&[
        ("rules/index.yar", "include \"../parts/one.bad\"\n"),
        ("rules/other.yar", "include \"../parts/common.inc\"\ninclude \"../parts/needs.inc\""),
        ("parts/one.bad", &format!("include \"two.bad\"\n{BROKEN}")),
        ("parts/two.bad", "include \"needs.inc\"\ninclude \"pair.inc\"\nrule also { condition: nope }"),
        // Good after what the other index has before it; nobody asks for it.
        ("parts/needs.inc", "rule needs { condition: is_it }"),
        ("parts/common.inc", "private rule is_it { condition: true }"),
        ("parts/pair.inc", "include \"half.inc\"\nrule pair { condition: half }"),
        ("parts/half.inc", "rule half { condition: true }"),
    ]);
    let paths = ["rules", "parts/one.bad"].map(|path| folder.path(path));
    let rules = load(&paths).unwrap();
    assert_eq!(
        folder.bad(rules.report()),
        [format!("parts/one.bad:2: {TOLD}"), format!("parts/two.bad:3: {TOLD}")]
    );
    assert_eq!(matches(rules, ""), ["half", "needs", "pair"]);
}

#[test]
fn a_file_that_clashes_in_its_index_is_loaded_without_its_own_bad_include() {
    let folder = Folder::with(&[
        ("index.yar", "include \"a.yar\"\ninclude \"b.yar\""),
        ("a.yar", &rule("same", "one")),
        ("b.yar", &[&rule("same", "two"), "include \"worse.yar\""].concat()),
        ("worse.yar", BROKEN),
    ]);
    for path in ["", "index.yar"] {
        let rules = load(&[folder.path(path)]).unwrap();
        assert_eq!(folder.bad(rules.report()), [format!("worse.yar:1: {TOLD}")]);
        assert_eq!(matches(rules, "two"), ["same"]);
    }
}

#[test]
fn a_fault_that_only_follows_from_another_makes_no_file_bad() {
    let folder = Folder::with(&[
        ("index.yar", "include \"common.yar\"\ninclude \"bad.yar\"\ninclude \"needs.yar\""),
        ("common.yar", "private rule is_it { condition: true }"),
        // Its second rule is taken by libyara, so the one in the next file is a duplicate.
        ("bad.yar", &format!("{BROKEN}rule needs {{ condition: false }}")),
        ("needs.yar", "rule needs { condition: is_it }"),
    ]);
    let rules = folder.load().unwrap();
    assert_eq!(folder.bad(rules.report()), [format!("bad.yar:1: {TOLD}")]);
    assert_eq!(matches(rules, ""), ["needs"]);
}

#[test]
fn a_chain_of_includes_is_loaded_at_any_length() {
    let folder = Folder::with(&[]);
    for number in 0..40 {
        let include = if number < 39 { format!("include \"{}.yar\"\n", number + 1) } else { String::new() };
        folder.write(&format!("{number}.yar"), include + &rule(&format!("r{number}"), "word"));
    }
    for path in ["", "0.yar"] {
        let rules = load(&[folder.path(path)]).unwrap();
        assert_eq!(folder.bad(rules.report()), [""; 0]);
        assert_eq!(rules.report().rules, 40);
        let warnings = folder.warnings(rules.report());
        assert_eq!(warnings.len(), 2, "{warnings:#?}");
        assert!(warnings[0].starts_with("15.yar: includes are nested deeper"), "{warnings:#?}");
        assert_eq!(matches(rules, "word").len(), 40);
    }
}
