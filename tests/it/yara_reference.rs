use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use engine_tests::{
    installed::{self, Kind},
    python,
    running::workspace,
    scans,
};
use serde_json::{Value, json};

const SCRIPT: &str = include_str!("yara_reference/matches.py");

/// The rules that match a file, with tags and meta.
type Matches = BTreeMap<String, Value>;

/// What yara-python says of each file; `None` without it.
fn theirs(rules: &Path, files: &[PathBuf]) -> Option<Vec<Matches>> {
    let python = python::venv(&["yara-python==4.5.4"])?;
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(rules)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let paths: Vec<_> = files.iter().map(|file| file.to_str().unwrap().to_owned() + "\n").collect();
    let writer = std::thread::spawn(move || stdin.write_all(paths.concat().as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Some(lines.map(|line| serde_json::from_slice(line).unwrap()).collect())
}

/// What `engine-yara scan` says, in the same form.
fn ours(rules: &Path, files: &[PathBuf]) -> Vec<Matches> {
    let records = scans::engine_yara(rules, files).unwrap();
    records.iter().map(|record| matches(&record["backends"][0])).collect()
}

fn matches(ballot: &Value) -> Matches {
    assert_eq!(ballot.get("error"), None, "{ballot}");
    assert_eq!(ballot.pointer("/metadata/rules_cut"), None, "{ballot}");
    let findings = ballot["findings"].as_array().unwrap().iter();
    let names = findings.map(|finding| finding.as_str().or_else(|| finding["name"].as_str()).unwrap());
    names
        .map(|name| {
            let told = &ballot["metadata"]["rules"][name];
            let mut tags: Vec<_> = told["tags"].as_array().cloned().unwrap_or_default();
            tags.sort_by_key(Value::to_string);
            let meta = told["meta"].as_object().cloned().unwrap_or_default();
            let meta: BTreeMap<_, _> = meta.into_iter().map(|(key, value)| (key, as_list(value))).collect();
            (name.to_owned(), json!({ "tags": tags, "meta": meta }))
        })
        .collect()
}

/// yara-python has a list for each key.
fn as_list(value: Value) -> Value {
    if value.is_array() { value } else { json!([value]) }
}

/// Compares file for file; how many matches there were. Both sides have an index of their own.
fn compare(index: &Path, their_index: &Path, files: &[PathBuf]) -> Option<usize> {
    let theirs = theirs(their_index, files)?;
    let ours = ours(index, files);
    assert_eq!((ours.len(), theirs.len()), (files.len(), files.len()));
    for ((file, ours), theirs) in files.iter().zip(&ours).zip(&theirs) {
        assert_eq!(ours, theirs, "{}", file.display());
    }
    let matches = theirs.iter().map(BTreeMap::len).sum();
    println!("{matches} matches in {} files, the same in both", files.len());
    Some(matches)
}

#[test]
fn the_demo_samples_match_the_same_rules_as_in_yara_python() {
    let folder = tempfile::tempdir().unwrap();
    let samples = folder.path().join("samples");
    let made = Command::new(workspace("deploy/demo-samples")).arg(&samples).status().unwrap();
    assert!(made.success());
    let mut files: Vec<_> = ["malicious", "benign"]
        .iter()
        .flat_map(|kind| fs::read_dir(samples.join(kind)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let index = workspace("deploy/rules/demo/index.yar");
    let Some(matches) = compare(&index, &index, &files) else { return };
    assert!(matches >= 6, "{matches}");
}

#[test]
fn ordinary_files_match_the_same_public_rules_as_in_yara_python() {
    let Some(public) = scans::public_rules() else { return };
    // Half of them programs, which the rules have more to say of.
    let Some(mut files) = installed::files(Kind::Programs, 250, 2 << 20) else { return };
    let Some(others) = installed::files(Kind::All, 500, 2 << 20) else { return };
    let others: Vec<_> = others.into_iter().filter(|file| !files.contains(file)).take(250).collect();
    files.extend(others);
    // The index without the file that only some builds of libyara can compile; its includes as they are seen from elsewhere.
    let folder = tempfile::tempdir().unwrap();
    let index = fs::read_to_string(public.join("index.yar")).unwrap();
    let index: String = index
        .lines()
        .filter(|line| !line.contains("MALW_AZORULT"))
        .map(|line| line.replace("include \"./", &format!("include \"{}/", public.display())) + "\n")
        .collect();
    let without = folder.path().join("index.yar");
    fs::write(&without, index).unwrap();
    let Some(matches) = compare(&public.join("index.yar"), &without, &files) else { return };
    assert!(matches >= 20, "{matches}");
}
