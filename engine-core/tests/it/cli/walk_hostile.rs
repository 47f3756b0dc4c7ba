//! What `scan` makes of files that are not what they seem, or change.

use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use super::{Ran, command, eicar, folder, program, run};

fn scan(folder: &Path, args: &[&str]) -> Ran {
    run(folder, &[&["scan", "--format", "jsonl"], args].concat())
}

#[test]
fn a_sparse_file_over_the_limit_is_too_large_and_not_read() {
    let folder = folder(&[]);
    File::create(folder.path().join("sparse")).unwrap().set_len(3 << 30).unwrap();
    let ran = scan(folder.path(), &["sparse"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let record = ran.records().remove(0);
    assert_eq!(record["error"]["kind"], "too_large");
    assert_eq!(record["backends"], serde_json::json!([]), "nobody was asked");
}

#[test]
fn names_with_anything_in_them_are_scanned_and_told_as_they_are() {
    let folder = folder(&[]);
    let names = ["-", "--all", "\u{1b}[2J", "a\nb", "it's \"$(x)\"`y`", "\u{202e}gpj.exe", " ", "%00", "*"];
    for name in names {
        fs::write(folder.path().join(name), eicar()).unwrap();
    }
    let mut wanted: Vec<String> = names.iter().map(|name| format!("./{name}")).collect();
    wanted.sort();
    let ran = scan(folder.path(), &["."]);
    assert_eq!((ran.code, ran.paths()), (Some(1), wanted), "{ran:?}");
    let text = run(folder.path(), &["scan", "--", "--all", "a\nb"]);
    assert_eq!(text.out, "--all: malicious (1.00) word\na\\nb: malicious (1.00) word\n");
}

/// A user who may not read everything: root may, so as root the program runs as somebody else.
fn as_somebody(folder: &Path, args: &[&str]) -> Option<Ran> {
    if !rustix::process::geteuid().is_root() {
        return Some(scan(folder, args));
    }
    // Where nobody can get at the program, a copy of it.
    let copy = folder.join("own_engine");
    fs::copy(program(), &copy).unwrap();
    let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"];
    let mut setpriv = Command::new("setpriv");
    setpriv.args(nobody).arg(copy).args(["scan", "--format", "jsonl"]).args(args).current_dir(folder);
    match setpriv.env_clear().stdin(Stdio::null()).output() {
        Ok(output) => Some(Ran::of(output)),
        Err(error) => {
            eprintln!(
                "SKIPPED: setpriv is needed to be somebody else than root (Debian: util-linux): {error}"
            );
            None
        }
    }
}

#[test]
fn what_may_not_be_read_is_told_and_the_rest_is_scanned() {
    let folder = folder(&[("tree/closed/x", b"x"), ("tree/secret", b"x"), ("tree/z", b"x")]);
    let mode = |name: &str, mode| {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    ["", "tree", "tree/z"].iter().for_each(|name| mode(name, 0o755));
    mode("tree/secret", 0o000);
    mode("tree/closed", 0o000);
    let ran = as_somebody(folder.path(), &["tree"]);
    // So that the folder can be removed.
    mode("tree/closed", 0o755);
    let Some(ran) = ran else { return };
    assert_eq!(
        (ran.code, ran.paths()),
        (Some(2), vec!["tree/closed".into(), "tree/secret".into(), "tree/z".into()])
    );
    let records = ran.records();
    for record in &records[..2] {
        assert_eq!(record["error"]["kind"], "unreadable", "{record}");
        // The path is told already, and may be hostile.
        assert_eq!(record["error"]["message"], "cannot be read: Permission denied (os error 13)");
    }
    assert_eq!(records[2]["verdict"], "benign");
}

#[test]
fn files_that_grow_shrink_and_vanish_meanwhile_are_scanned_or_told() {
    let folder = folder(&[]);
    for i in 0..200 {
        fs::write(folder.path().join(format!("{i:03}")), vec![b'x'; 20_000]).unwrap();
    }
    let scan = command(folder.path(), &["scan", "--format", "jsonl", "--max-size", "50000", "."])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for i in 0..200 {
        let path = folder.path().join(format!("{i:03}"));
        match i % 3 {
            // One write, so that a reader sees it small or over the limit.
            0 => File::options().append(true).open(&path).unwrap().write_all(&vec![b'x'; 100_000]).unwrap(),
            1 => File::options().write(true).open(&path).unwrap().set_len(10).unwrap(),
            _ => fs::remove_file(&path).unwrap(),
        }
    }
    let ran = Ran::of(scan.wait_with_output().unwrap());
    assert!(!ran.err.contains("panicked"), "{ran:?}");
    for record in ran.records() {
        let kind = record["error"]["kind"].as_str();
        assert!(
            record["verdict"] == "benign" || kind == Some("unreadable") || kind == Some("too_large"),
            "{record}"
        );
    }
}
