use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use engine_tests::running::{KEYFILE, PASSWORD, program, workspace};

/// The names of all tests in the sources that begin with a fault's number.
fn in_sources(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            in_sources(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let words = text.split("fn ").skip(1).filter_map(|rest| rest.split('(').next());
            names.extend(words.filter(|name| fault(name).is_some()).map(str::to_owned));
        }
    }
}

/// Which fault a test is about: `f04_…` is 4.
fn fault(name: &str) -> Option<u32> {
    let (number, rest) = name.strip_prefix('f')?.split_once('_')?;
    let is_name = rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    number.parse().ok().filter(|_| number.len() == 2 && is_name)
}

/// `tests/FAULTS.md` names the tests that there are, each in its fault's row, and no others.
#[test]
fn every_fault_has_its_tests() {
    let table = fs::read_to_string(workspace("tests/FAULTS.md")).unwrap();
    let mut told = BTreeSet::new();
    for number in 1..=27 {
        let row = table.lines().find(|line| line.starts_with(&format!("| F{number} |")));
        let row = row.unwrap_or_else(|| panic!("F{number} has no row"));
        let tests: Vec<_> = row.split('`').filter(|word| fault(word).is_some()).collect();
        assert!(!tests.is_empty(), "F{number} has no test");
        for test in tests {
            assert_eq!(fault(test), Some(number), "{test} is in the row of F{number}");
            told.insert(test.to_owned());
        }
    }
    let mut there = BTreeSet::new();
    for package in ["engine-core", "engine-yara", "engine-clamav", "engine-multi", "tests"] {
        for folder in ["src", "tests", "it"].map(|folder| workspace(package).join(folder)) {
            if folder.is_dir() {
                in_sources(&folder, &mut there);
            }
        }
    }
    assert_eq!(told.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "told, and not there");
    assert_eq!(there.difference(&told).collect::<Vec<_>>(), Vec::<&String>::new(), "there, and not told");
}

#[test]
fn f21_no_password_is_taken_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keyfile"), KEYFILE).unwrap();
    for password in [&["--password", PASSWORD][..], &["--password=password"]] {
        let output = Command::new(program("engine-yara").unwrap())
            .arg("run")
            .args(password)
            .args(["--polyswarmd-addr", "http://127.0.0.1:9", "--keyfile", "keyfile", "--rules"])
            .arg(workspace("deploy/rules/demo"))
            .current_dir(folder.path())
            .env_remove("PASSWORD")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("--password-file"), "it says what there is instead: {told}");
    }
}

#[test]
fn f25_yara_is_found_by_its_name() {
    for (engine, options) in [("engine-yara", &[][..]), ("engine-multi", &["--backends", "yara"])] {
        let check = Command::new(program(engine).unwrap())
            .arg("check")
            .args(options)
            .arg("--rules")
            .arg(workspace("deploy/rules/demo"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&check.stdout);
        assert!(check.status.success() && told.contains("yara"), "{engine}: {check:?}");
    }
}
