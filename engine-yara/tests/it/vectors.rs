use std::{fs, path::PathBuf};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use engine_core::{Artifact, Confidence, SyncScanner};
use engine_yara::SyncYara;
use serde_json::Value;

use crate::folder::{Folder, names, plenty};

/// The folder `VECTORS_DIR`, by default the workspace's.
fn cases() -> Vec<Value> {
    #[expect(clippy::disallowed_methods, reason = "a test's own setting")]
    let folder = std::env::var_os("VECTORS_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors")),
        PathBuf::from,
    );
    let text = fs::read(folder.join("yara_backend.json")).unwrap();
    let mut file: Value = serde_json::from_slice(&text).unwrap();
    serde_json::from_value(file["cases"].take()).unwrap()
}

/// The verdict is the reference's, and its family, the first rule that matched, is among our findings.
///
/// Differs on purpose: the reference is certain (1.0) of every answer. We are as sure as a rule's meta says, 0.8 of a rule that says
/// nothing, and half sure of "no rule matches". Of several rules we name the most confident one.
#[test]
fn vector_yara_backend() {
    let cases = cases();
    assert!(!cases.is_empty());
    for case in cases {
        let folder = Folder::with(&[("rules.yar", case["rules"].as_str().unwrap())]);
        let scanner = SyncYara::new(folder.load().unwrap());
        let content = BASE64_STANDARD.decode(case["content_base64"].as_str().unwrap()).unwrap();
        let ours = scanner.scan(&Artifact::file(content), &plenty()).unwrap();

        let wanted = &case["result"];
        assert_eq!(wanted["bit"], ours.verdict.has_opinion(), "{case}");
        assert_eq!(wanted["verdict"], ours.verdict.is_malicious(), "{case}");
        let metadata: Value = serde_json::from_str(wanted["metadata"].as_str().unwrap()).unwrap();
        match metadata["malware_family"].as_str().unwrap() {
            "" => assert_eq!((ours.family, ours.confidence), (None, Confidence::HALF), "{case}"),
            family => assert!(names(&ours).iter().any(|name| name == family), "{case}"),
        }
    }
}
