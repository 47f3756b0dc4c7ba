//! Settings from variables, and errors in settings.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

use super::{Ran, command, folder};

fn check(files: &[(&str, &[u8])], args: &[&str], variables: &[(&str, &[u8])]) -> Ran {
    let folder = folder(files);
    let mut command = command(folder.path(), &[&["check", "--show-settings"], args].concat());
    command.envs(variables.iter().map(|(name, value)| (name, OsStr::from_bytes(value))));
    Ran::of(command.output().unwrap())
}

#[test]
fn flag_beats_variable_beats_file_beats_default() {
    let file: &[(&str, &[u8])] = &[("s.toml", b"[own]\nword = 'file'\n")];
    let (flag, settings) = (["--word", "flag"], ["--settings", "s.toml"]);
    let variable: &[(&str, &[u8])] = &[("MICROENGINE_WORD", b"variable")];
    for (ran, wanted) in [
        (check(file, &[&flag[..], &settings].concat(), variable), "flag  (flag --word)"),
        (check(file, &settings, variable), "variable  (variable MICROENGINE_WORD)"),
        (check(file, &settings, &[]), "file  (file s.toml)"),
        (check(file, &[], &[]), "EICAR-STANDARD-ANTIVIRUS-TEST-FILE  (default)"),
        (check(file, &[], &[("MICROENGINE_SETTINGS", b"s.toml")]), "file  (file s.toml)"),
    ] {
        assert!(ran.out.contains(&format!("[own] word = {wanted}\n")), "{wanted}: {ran:?}");
    }
}

#[test]
fn a_variable_works_also_where_its_flag_does_not() {
    let ran = check(
        &[],
        &[],
        &[("MICROENGINE_TIMEOUT", b"5s"), ("MICROENGINE_ALL", b"yes"), ("LOG_LEVEL", b"ERROR")],
    );
    assert!(ran.out.contains("timeout = 5s  (variable MICROENGINE_TIMEOUT)"), "{ran:?}");
    assert!(ran.out.contains("all = true  (variable MICROENGINE_ALL)"), "{ran:?}");
    assert!(ran.out.contains("log = ERROR  (variable LOG_LEVEL)"), "{ran:?}");
}

#[test]
fn a_variable_set_to_nothing_is_not_set() {
    let empty: &[(&str, &[u8])] = &[
        ("MICROENGINE_WORD", b""),
        ("LOG_LEVEL", b""),
        ("MICROENGINE_SETTINGS", b""),
        ("MICROENGINE_TIMEOUT", b""),
    ];
    let ran = check(&[], &[], empty);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("word = EICAR-STANDARD-ANTIVIRUS-TEST-FILE  (default)"), "{ran:?}");
}

#[test]
fn bad_variables_are_refused_by_name() {
    for (variable, value, says) in [
        ("MICROENGINE_WROD", &b"x"[..], "MICROENGINE_WROD; did you mean MICROENGINE_WORD?"),
        ("MICROENGINE_TIMEOUT", b"soon", "environment variable MICROENGINE_TIMEOUT"),
        ("MICROENGINE_WORD", b"\xff", "environment variable MICROENGINE_WORD"),
        ("LOG_LEVEL", b"loud", "environment variable LOG_LEVEL"),
        ("MICROENGINE_ALL", b"perhaps", "environment variable MICROENGINE_ALL"),
    ] {
        let ran = check(&[], &[], &[(variable, value)]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{variable}: {ran:?}");
        assert!(ran.err.contains(says), "{variable}: {ran:?}");
    }
}

#[test]
fn a_bad_file_is_refused_with_the_nearest_name() {
    for (file, says) in [
        (&b"[own]\nwrod = 'x'"[..], &["`wrod` in [own] of s.toml", "`word`"][..]),
        (b"[onw]", &["[onw]", "[own]"]),
        (b"word = 'x'", &["[word]", "`word` in [own]"]),
        (b"[own]\ntimeout = '5s'", &["`timeout` in [own]", "`timeout` in [scan]"]),
        (b"[scan]\ntimeout = 'soon'", &["`[scan] timeout` (file s.toml)", "expected a time"]),
        (b"[scan]\nthreads = 0", &["`[scan] threads` (file s.toml)"]),
        (b"[scan]\nformat = 'xml'", &["`[scan] format` (file s.toml)", "xml"]),
        (b"[scan", &["s.toml is not valid TOML", "line 1"]),
        (b"scan = 3", &["s.toml is not valid TOML"]),
    ] {
        let ran = check(&[("s.toml", file)], &["--settings", "s.toml"], &[]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
        for say in says {
            assert!(ran.err.contains(say), "{say}: {}", ran.err);
        }
    }
    let missing = check(&[], &["--settings", "nowhere.toml"], &[]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("nowhere.toml"), "{missing:?}");
}
