//! What the reference made of clamd's replies (`clamav_backend.json`), and where we differ on purpose.

use std::{fs, path::PathBuf};

use engine_clamav::{
    Signature,
    clamd::{Reply, Version},
};
use engine_core::Confidence;
use serde_json::Value;

fn vectors() -> PathBuf {
    // A test's own variable, and no setting of a program.
    #[expect(clippy::disallowed_methods)]
    let folder = std::env::var_os("VECTORS_DIR");
    folder.map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors")),
        PathBuf::from,
    )
}

/// The bytes of which the reference's client would have made this reply; `None` for what no client makes of clamd's bytes.
fn bytes(reply: &Value) -> Vec<u8> {
    let Some(stream) = reply["stream"].as_array() else { return Vec::new() };
    match (stream[0].as_str().unwrap(), stream.get(1).and_then(Value::as_str)) {
        (status, Some(about)) => format!("stream: {about} {status}\0").into_bytes(),
        (status, None) => format!("stream: {status}\0").into_bytes(),
    }
}

#[test]
fn vector_clamav_backend() {
    let file: Value =
        serde_json::from_slice(&fs::read(vectors().join("clamav_backend.json")).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let (reply, wanted) = (&case["clamd_instream_reply"], &case["result"]);
        let metadata: Value = serde_json::from_str(wanted["metadata"].as_str().unwrap()).unwrap();
        let family = metadata["malware_family"].as_str().unwrap();
        match (reply["stream"][0].as_str(), Reply::parse(&bytes(reply))) {
            // Exact: the verdict, the confidence, and the name, which the reference calls the family.
            (Some("FOUND"), Ok(Reply::Found(name))) => {
                let signature = Signature::new(&name);
                let ours = signature.verdict().unwrap();
                assert_eq!(name, family, "{case}");
                assert_eq!(ours.findings[0].name, signature.name(), "{case}");
                assert_eq!(wanted["bit"], ours.verdict.has_opinion(), "{case}");
                assert_eq!(wanted["verdict"], ours.verdict.is_malicious(), "{case}");
                // Ours are less sure of unwanted applications.
                let confidence = if signature.is_pua() { Confidence::ONE } else { ours.confidence };
                assert_eq!(wanted["confidence"].as_f64(), Some(confidence.get()), "{case}");
            }
            // Differs on purpose: the reference is certain (1.0) that what has no signature is harmless, we have a setting (0.5).
            (Some("OK"), Ok(Reply::Clean)) => {
                assert_eq!((&wanted["bit"], &wanted["verdict"]), (&true.into(), &false.into()), "{case}");
                assert_eq!((wanted["confidence"].as_f64(), family), (Some(1.0), ""), "{case}");
            }
            // Differs on purpose: the reference calls whatever it does not understand, errors too, harmless.
            (Some(status), Err(_)) if status != "OK" && status != "FOUND" => {
                assert_eq!((&wanted["bit"], &wanted["verdict"]), (&true.into(), &false.into()), "{case}");
            }
            (None, Err(_)) => assert_eq!(&wanted["verdict"], false, "{case}"),
            (status, ours) => panic!("{status:?} became {ours:?}: {case}"),
        }
        version(case, metadata["scanner"]["vendor_version"].as_str().unwrap());
    }
}

/// Exact for what clamd says; the reference takes any text, we take what clamd says.
fn version(case: &Value, wanted: &str) {
    let told = case["clamd_version"].as_str().unwrap();
    match Version::parse(told.as_bytes()) {
        Ok(ours) if ours.signatures == "unversioned" => assert_eq!(ours.scanner, wanted, "{case}"),
        Ok(ours) => assert_eq!(format!("{}/{}", ours.scanner, ours.signatures), wanted, "{case}"),
        Err(_) => assert!(!told.starts_with("ClamAV "), "{case}"),
    }
}
