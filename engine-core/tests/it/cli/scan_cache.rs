//! Results kept from one scan to the next.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{Ran, eicar, folder, run};

fn scan(folder: &Path, args: &[&str]) -> Ran {
    run(folder, &[&["scan", "--cache", "cache"], args].concat())
}

/// The files of the cache, without its tag.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(folder.join("cache")).unwrap().map(|entry| entry.unwrap().path());
    folders
        .filter(|path| path.is_dir())
        .flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()))
        .collect()
}

#[test]
fn a_second_run_prints_the_same_bytes() {
    let folder = folder(&[("tree/bad", &eicar())]);
    for i in 0..30 {
        fs::write(folder.path().join(format!("tree/{i:02}")), vec![b'x'; i * 1000]).unwrap();
    }
    for format in ["jsonl", "text", "sarif"] {
        let scan = || scan(folder.path(), &["--format", format, "--all", "tree"]);
        let (first, second) = (scan(), scan());
        assert_eq!((first.code, second.code), (Some(1), Some(1)), "{second:?}");
        // With its times, which differ from scan to scan.
        assert_eq!(first.out, second.out, "{format}");
    }
    assert_eq!(entries(folder.path()).len(), 31);
    let mode = fs::metadata(folder.path().join("cache")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn what_is_kept_is_used_and_what_is_damaged_is_made_anew() {
    let folder = folder(&[("clean", b"hello")]);
    let confidence =
        || scan(folder.path(), &["--format", "jsonl", "clean"]).records()[0]["confidence"].as_f64();
    assert_eq!(confidence(), Some(0.5));
    let [entry] = &entries(folder.path())[..] else { panic!("one entry") };
    let kept = fs::read_to_string(entry).unwrap();
    fs::write(entry, kept.replace("0.5", "0.125")).unwrap();
    assert_eq!(confidence(), Some(0.125), "from the entry");
    for damaged in [&kept[..kept.len() / 2], "", "{}", &kept.replace("2cf24dba", "00000000")] {
        fs::write(entry, damaged).unwrap();
        assert_eq!(confidence(), Some(0.5), "{damaged}");
        assert!(fs::read_to_string(entry).unwrap().contains("\"confidence\":0.5"), "written anew");
    }
}

#[test]
fn other_circumstances_are_another_result() {
    let folder = folder(&[("a", b"hello STANDARD world"), ("b", b"hello STANDARD world")]);
    assert_eq!(scan(folder.path(), &["a"]).code, Some(0));
    assert_eq!(scan(folder.path(), &["a"]).code, Some(0));
    assert_eq!(entries(folder.path()).len(), 1);
    assert_eq!(
        scan(folder.path(), &["--word", "STANDARD", "a"]).code,
        Some(1),
        "other settings and signatures"
    );
    assert_eq!(entries(folder.path()).len(), 2);
    // How it is printed and what counts changes nothing.
    let ran = scan(
        folder.path(),
        &["--format", "jsonl", "--threads", "1", "--fail-on", "never", "--timeout", "9s", "a"],
    );
    assert_eq!((ran.code, entries(folder.path()).len()), (Some(0), 2));
    // Rules may ask for names.
    scan(folder.path(), &["b"]);
    assert_eq!(entries(folder.path()).len(), 3);
    fs::write(folder.path().join("a"), b"changed").unwrap();
    scan(folder.path(), &["a"]);
    assert_eq!(entries(folder.path()).len(), 4);
}

#[test]
fn failures_are_never_kept() {
    let folder = folder(&[("slow", &vec![b'x'; 8 << 20])]);
    let ran = scan(folder.path(), &["--timeout", "0s", "--format", "jsonl", "slow", "missing"]);
    assert_eq!(ran.records()[0]["error"]["kind"], "timed_out", "{ran:?}");
    assert_eq!(entries(folder.path()).len(), 0);
    let ran = scan(folder.path(), &["--max-size", "1", "slow"]);
    assert_eq!((ran.code, entries(folder.path()).len()), (Some(2), 0));
    // And one that is kept does not hide that the file is too large now.
    assert_eq!(scan(folder.path(), &["slow"]).code, Some(0));
    assert_eq!(entries(folder.path()).len(), 1);
    assert_eq!(scan(folder.path(), &["--max-size", "1", "slow"]).code, Some(2));
}

#[test]
fn a_folder_that_cannot_be_trusted_or_used_stops_the_scan() {
    let folder = folder(&[("clean", b"hello"), ("file", b"")]);
    let open = folder.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let full = folder.path().join("full");
    fs::create_dir(&full).unwrap();
    fs::set_permissions(&full, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(full.join("letter"), "mine").unwrap();
    for (cache, says) in
        [("open", "chmod 700"), ("file", "cannot use file for --cache"), ("full", "name an empty folder")]
    {
        let ran = run(folder.path(), &["scan", "--cache", cache, "clean"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.err.contains(says), "{ran:?}");
    }
    // No tag, which would keep it out of backups.
    assert_eq!(fs::read_dir(full).unwrap().count(), 1);
}
