//! What `scan` finds and in which order.

use std::{
    ffi::OsString,
    fs,
    os::unix::{ffi::OsStringExt, fs::symlink, net::UnixListener},
    path::Path,
};

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{Ran, folder, run, run_with_input};

fn scan(folder: &Path, args: &[&str]) -> Ran {
    run(folder, &[&["scan", "--format", "jsonl"], args].concat())
}

#[test]
fn folders_are_walked_whole_depth_first_siblings_by_bytes() {
    let folder = folder(&[]);
    let mut wanted = Vec::new();
    for name in ["B", "a/.hidden/x", "a/b", "a/b c/y", "a/c", "a b", "b", "é"] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
        wanted.push(format!("./{name}"));
    }
    for threads in ["1", "16"] {
        assert_eq!(scan(folder.path(), &["--threads", threads, "."]).paths(), wanted);
    }
}

#[test]
fn many_files_on_many_threads_keep_their_order() {
    let folder = folder(&[]);
    // The first take longest.
    for i in 0..600_usize {
        let size = if i % 50 == 0 { 4 << 20 } else { 10 };
        fs::write(folder.path().join(format!("{i:03}")), vec![b'x'; size]).unwrap();
    }
    let paths = scan(folder.path(), &["--threads", "7", "."]).paths();
    assert_eq!(paths, (0..600).map(|i| format!("./{i:03}")).collect::<Vec<_>>());
}

#[test]
fn what_is_no_regular_file_is_unsupported_and_never_opened() {
    let folder = folder(&[("z", b"hello")]);
    rustix::fs::mkfifoat(rustix::fs::CWD, folder.path().join("fifo"), 0o600.into()).unwrap();
    let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
    // Opened, the FIFO would wait for a writer for ever.
    for (args, told) in [
        (&["."][..], &[("./fifo", "a FIFO"), ("./socket", "a socket"), ("./z", "")][..]),
        (&["fifo", "/dev/null"], &[("fifo", "a FIFO"), ("/dev/null", "a device")]),
    ] {
        let ran = scan(folder.path(), args);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        for (record, (path, message)) in ran.records().iter().zip(told) {
            assert_eq!(record["path"], *path);
            if !message.is_empty() {
                assert_eq!(record["error"]["kind"], "unsupported", "{record}");
                assert!(record["error"]["message"].as_str().unwrap().starts_with(message), "{record}");
            }
        }
        assert_eq!(ran.records().len(), told.len());
    }
}

#[test]
fn each_file_once_however_often_it_is_named() {
    let folder = folder(&[("a/1", b"1"), ("a/b/2", b"2"), ("a/c/3", b"3")]);
    symlink("a", folder.path().join("link")).unwrap();
    for (args, wanted) in [
        (&["a/1", "a/1", "./a/1"][..], &["a/1"][..]),
        (&["a/b/2", "a", "a/1", "link", "a/c"], &["a/b/2", "a/1", "a/c/3"]),
        (&["a/c", "a"], &["a/c/3", "a/1", "a/b/2"]),
    ] {
        assert_eq!(scan(folder.path(), args).paths(), wanted, "{args:?}");
    }
}

#[test]
fn a_name_that_is_not_text_is_given_exactly() {
    let folder = folder(&[]);
    let name = OsString::from_vec(b"caf\xe9".to_vec());
    fs::write(folder.path().join(&name), "x").unwrap();
    let record = scan(folder.path(), &["."]).records().remove(0);
    assert_eq!(record["path"], "./caf\u{fffd}");
    assert_eq!(record["path_bytes"], BASE64_STANDARD.encode(b"./caf\xe9"));
    let record = run(folder.path(), &["scan".into(), "--format=jsonl".into(), name]).records().remove(0);
    assert_eq!(record["path_bytes"], BASE64_STANDARD.encode(b"caf\xe9"));
}

#[test]
fn a_list_has_one_path_a_line_or_nul_separated() {
    let folder = folder(&[
        ("a", b"1"),
        ("b c", b"2"),
        ("d\ne", b"3"),
        ("-", b"4"),
        ("lines", b"b c\n\n-\na\n"),
        ("nul", b"d\ne\0a\0"),
        ("empty", b""),
    ]);
    assert_eq!(scan(folder.path(), &["--scan-list", "lines"]).paths(), ["b c", "-", "a"]);
    assert_eq!(scan(folder.path(), &["--scan-list", "nul", "b c"]).paths(), ["b c", "d\ne", "a"]);
    let nothing = scan(folder.path(), &["--scan-list", "empty"]);
    assert_eq!(nothing.code, Some(0));
    assert!(nothing.err.contains("the list empty names nothing to scan"), "{nothing:?}");
}

#[test]
fn a_list_may_come_from_another_system_or_on_standard_input() {
    let folder = folder(&[("a", b"1"), ("b", b"2"), ("-", b"3"), ("list", b"\xef\xbb\xbfa\r\n\r\nb\r\n")]);
    let lines = scan(folder.path(), &["--scan-list", "list"]);
    assert_eq!((lines.code, lines.paths()), (Some(0), vec!["a".into(), "b".into()]), "{lines:?}");
    let list = &["scan", "--format", "jsonl", "--scan-list", "-", "a"];
    let piped = run_with_input(folder.path(), list, b"b\0-\0");
    assert_eq!((piped.code, piped.paths()), (Some(0), vec!["a".into(), "b".into(), "-".into()]), "{piped:?}");
    let nothing = run_with_input(folder.path(), list, b"");
    assert!(nothing.err.starts_with("the list on standard input names nothing to scan\n"), "{nothing:?}");
    // It cannot be both.
    let both = scan(folder.path(), &["--scan-list", "-", "-"]);
    assert_eq!((both.code, both.out.as_str()), (Some(2), ""));
    assert!(both.err.contains("cannot be scanned too"), "{both:?}");
}
