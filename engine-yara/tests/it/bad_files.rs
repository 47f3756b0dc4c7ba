use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use crate::folder::{Folder, load, matches, rule};

/// A folder with a good rule and one file that is not.
fn beside_a_good_one(path: &str, text: impl AsRef<[u8]>) -> Folder {
    let folder = Folder::with(&[("good.yar", &rule("good", "word"))]);
    folder.write(path, text);
    folder
}

/// What is told of the bad file, and that the good one works.
fn told(folder: &Folder) -> Vec<String> {
    let rules = folder.load().unwrap();
    let told = folder.bad(rules.report());
    assert_eq!(matches(rules, "a word"), ["good"]);
    told
}

#[test]
fn a_rule_name_twice_in_one_file_is_bad() {
    let folder = beside_a_good_one("twice.yar", [rule("same", "a"), rule("same", "b")].concat());
    assert_eq!(told(&folder), ["twice.yar:2: duplicated identifier \"same\""]);
}

#[test]
fn a_file_without_its_end_is_bad_and_not_the_index_that_includes_it() {
    let wanted = "cut.yar: syntax error, unexpected end of file, expecting '}'";
    for text in ["rule cut {\n condition: true\n", "rule cut {\n condition: true // }"] {
        let folder = beside_a_good_one("cut.yar", text);
        assert_eq!(told(&folder), [wanted]);
        folder.write("index.yar", "\ninclude \"good.yar\"\ninclude \"cut.yar\"\n");
        assert_eq!(told(&folder), [wanted]);
        let rules = load(&[folder.path("index.yar")]).unwrap();
        assert_eq!(folder.bad(rules.report()), [wanted]);
        assert_eq!(matches(rules, "word"), ["good"]);
    }
    // What comes behind a file is not part of it: `private` waits for a rule.
    let told = told(&beside_a_good_one("cut.yar", "rule cut { condition: true }\nprivate"));
    assert!(
        told.len() == 1 && told[0].starts_with("cut.yar: syntax error, unexpected end of file"),
        "{told:?}"
    );
}

#[test]
fn binary_junk_with_the_name_of_rules_is_bad() {
    let junk: Vec<u8> = (0..5000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let told = told(&beside_a_good_one("junk.yar", junk));
    assert!(told.len() == 1 && told[0].starts_with("junk.yar:1: "), "{told:?}");
}

#[test]
fn a_folder_and_a_device_with_the_name_of_rules_are_not_opened() {
    let folder =
        Folder::with(&[("good.yar", &rule("good", "word")), ("folder.yar/inner.yar", &rule("inner", "x"))]);
    folder.write("index.yar", "include \"folder.yar\"\ninclude \"/dev/zero\"\ninclude \"good.yar\"");
    let rules = folder.load().unwrap();
    assert_eq!(
        folder.bad(rules.report()),
        [
            "index.yar:1: include \"folder.yar\": is no regular file",
            "index.yar:2: include \"/dev/zero\": leads out of the rules' folders: give that folder to --rules too, if it is meant",
        ]
    );
    assert_eq!(matches(rules, "word x"), ["good", "inner"]);
    // Given as such, a device is no rule file either.
    let error = load(&[Path::new("/dev/null").into()]).unwrap_err().to_string();
    assert!(error.contains("/dev/null: is no regular file"), "{error}");
}

#[test]
fn a_file_that_is_too_long_is_not_read_to_its_end() {
    let folder = beside_a_good_one("long.yar", "");
    fs::File::options().write(true).open(folder.path("long.yar")).unwrap().set_len(3 << 30).unwrap();
    assert_eq!(told(&folder), ["long.yar: is longer than 64 MiB"]);
}

#[test]
fn a_file_that_may_not_be_read_is_bad() {
    let folder = beside_a_good_one("closed.yar", rule("closed", "word"));
    fs::set_permissions(folder.path("closed.yar"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(folder.path("closed.yar")).is_ok() {
        eprintln!("SKIPPED: this user may read every file");
        return;
    }
    assert_eq!(told(&folder), ["closed.yar: Permission denied (os error 13)"]);
}

#[test]
fn a_fifo_that_is_the_whole_rule_set_is_an_error() {
    let folder = Folder::with(&[]);
    let fifo = folder.path("fifo.yar");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let error = load(&[fifo]).unwrap_err().to_string();
    assert!(error.contains("fifo.yar: is no regular file"), "{error}");
}

#[test]
fn what_libyara_remarks_of_good_rules_is_kept() {
    let folder = Folder::with(&[
        ("a.yar", &rule("a", "word")),
        ("slow.yar", "rule slow {\n strings:\n  $a = /.{1,20}x/\n condition:\n  $a }\n"),
        ("index.yar", "include \"slow.yar\"\ninclude \"a.yar\""),
    ]);
    let rules = folder.load().unwrap();
    let report = rules.report();
    assert_eq!((report.bad.len(), report.warnings.len(), report.remarks.len()), (0, 0, 1), "{report:?}");
    let remark = folder.strip(&report.remarks[0].to_string());
    assert!(remark.starts_with("slow.yar:3: ") && remark.contains("slow"), "{remark}");
}
