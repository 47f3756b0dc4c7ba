//! Links: followed as arguments, and inside folders if that is asked for.

use std::{fs, os::unix::fs::symlink, path::Path};

use super::{Ran, eicar, folder, run};

fn scan(folder: &Path, args: &[&str]) -> Ran {
    run(folder, &[&["scan", "--format", "jsonl"], args].concat())
}

#[test]
fn links_are_followed_as_arguments_only_unless_asked() {
    let folder = folder(&[("real/bad", &eicar()), ("other/x", b"x")]);
    let at = |name: &str| folder.path().join("real").join(name);
    symlink("bad", at("link")).unwrap();
    symlink(".", at("loop")).unwrap();
    symlink("../other", at("other")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    assert_eq!(scan(folder.path(), &["real"]).paths(), ["real/bad"]);
    assert_eq!(scan(folder.path(), &["real/link"]).paths(), ["real/link"]);
    assert_eq!(scan(folder.path(), &["real/other"]).paths(), ["real/other/x"]);
    let dangling = scan(folder.path(), &["real/dangling"]);
    assert_eq!(dangling.records()[0]["error"]["kind"], "unreadable");

    let followed = scan(folder.path(), &["--follow-links", "real", "other"]);
    assert_eq!(followed.paths(), ["real/bad", "real/dangling", "real/other/x"]);
    let error = &followed.records()[1]["error"];
    assert_eq!(error["kind"], "unreadable");
    assert_eq!(error["message"], "cannot be read: No such file or directory (os error 2)");
}

#[test]
fn links_in_circles_end_with_and_without_following() {
    let folder = folder(&[("a/b/file", b"x")]);
    let at = |name: &str| folder.path().join(name);
    symlink("../..", at("a/b/up")).unwrap();
    symlink("one", at("two")).unwrap();
    symlink("two", at("one")).unwrap();
    symlink("/", at("a/root")).unwrap();
    assert_eq!(scan(folder.path(), &["."]).paths(), ["./a/b/file"]);
    fs::remove_file(at("a/root")).unwrap();
    let followed = scan(folder.path(), &["--follow-links", "."]);
    assert_eq!(followed.paths(), ["./a/b/file", "./one", "./two"], "{followed:?}");
    // A link that leads nowhere but to itself is no file, and not clean.
    assert_eq!(followed.code, Some(2));
    let argument = scan(folder.path(), &["one"]);
    assert_eq!((argument.code, &argument.records()[0]["error"]["kind"]), (Some(2), &"unreadable".into()));
}

#[test]
fn a_link_that_leads_above_the_argument_is_followed() {
    let folder = folder(&[("p/in/b", b"b"), ("p/in/z/c", b"c"), ("p/evil", &eicar()), ("p/zz/d", b"d")]);
    symlink("..", folder.path().join("p/in/up")).unwrap();
    // The same folder again, by another way.
    symlink("../../../p", folder.path().join("p/in/z/up")).unwrap();
    let wanted = ["p/in/b", "p/in/up/evil", "p/in/up/zz/d", "p/in/z/c"];
    for threads in ["1", "16"] {
        let ran = scan(folder.path(), &["--follow-links", "--threads", threads, "p/in"]);
        assert_eq!((ran.code, ran.paths()), (Some(1), wanted.map(String::from).to_vec()), "{ran:?}");
    }
    // From within, and what was found by a link is not found again as an argument.
    let within = folder.path().join("p/in");
    let ran = scan(&within, &["--follow-links", ".", "..", "../evil", "z"]);
    assert_eq!(ran.paths(), ["./b", "./up/evil", "./up/zz/d", "./z/c"]);
    // Named before, it is not found by the link.
    let ran = scan(&within, &["--follow-links", "../zz", "."]);
    assert_eq!(ran.paths(), ["../zz/d", "./b", "./up/evil", "./z/c"]);
}

#[test]
fn what_a_link_leads_to_is_scanned_once_under_its_first_name() {
    let folder = folder(&[("t/m/1", b"1"), ("t/m/n/2", b"2"), ("t/x", b"x"), ("out", b"o")]);
    let link = |to: &str, at: &str| symlink(to, folder.path().join("t").join(at)).unwrap();
    link("x", "a-file");
    link("m/n", "b-deep");
    link("m", "c-whole");
    link("m/n", "d-again");
    link("../../../out", "m/n/3-out");
    link("../out", "y-out");
    let ran = scan(folder.path(), &["--follow-links", "t"]);
    assert_eq!(ran.paths(), ["t/a-file", "t/b-deep/2", "t/b-deep/3-out", "t/c-whole/1"]);
}

#[test]
fn links_that_lead_on_and_on_are_followed_to_their_end() {
    // Longer than the system follows links in one path.
    let folder = folder(&[]);
    for i in 0..300 {
        let at = folder.path().join(format!("{i}"));
        fs::create_dir(&at).unwrap();
        symlink(format!("../{}", (i + 1) % 300), at.join("l")).unwrap();
    }
    fs::write(folder.path().join("299/bad"), eicar()).unwrap();
    let ran = scan(folder.path(), &["--follow-links", "0"]);
    assert_eq!((ran.code, ran.paths()), (Some(1), vec![format!("0/{}bad", "l/".repeat(299))]), "{ran:?}");
}

#[test]
fn a_path_through_links_has_an_end_and_that_is_told() {
    let folder = folder(&[("0/x", b"x")]);
    let name = "l".repeat(200);
    for i in 0..100 {
        let at = folder.path().join(format!("{i}"));
        fs::create_dir_all(&at).unwrap();
        symlink(format!("../{}", i + 1), at.join(&name)).unwrap();
    }
    fs::create_dir(folder.path().join("100")).unwrap();
    fs::write(folder.path().join("100/bad"), eicar()).unwrap();
    let ran = scan(folder.path(), &["--follow-links", "0"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let records = ran.records();
    assert_eq!((records.len(), &records[0]["error"]["kind"]), (2, &"unreadable".into()));
    let told = records[0]["error"]["message"].as_str().unwrap();
    assert!(told.starts_with("cannot be read: the path through links is over 16384 bytes"), "{told}");
    // What was not walked is not taken for walked.
    assert_eq!(scan(folder.path(), &["--follow-links", "0", "100"]).code, Some(1));
}
