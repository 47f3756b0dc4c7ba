use std::{fs, num::NonZeroUsize, path::PathBuf};

use base64::Engine;
use engine_core::{Artifact, Scanner, SyncScanner, Verdict};
use engine_yara::{Options, SyncYara, YaraScanner};

use crate::{
    children::program,
    folder::{load, names, plenty},
};

/// The project's default rules.
pub(crate) fn demo_rules() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../deploy/rules/demo")
}

/// The anti-virus test file, put together at run time.
pub(crate) fn eicar() -> Artifact {
    Artifact::file([r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat())
}

/// The demo samples: name, bytes, the rules that match.
fn samples() -> Vec<(String, Vec<u8>, Vec<String>)> {
    let text = fs::read_to_string(demo_rules().join("samples.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let samples = file["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 25);
    samples
        .iter()
        .map(|sample| {
            let bytes =
                base64::prelude::BASE64_STANDARD.decode(sample["bytes_base64"].as_str().unwrap()).unwrap();
            let rules =
                sample["rules"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap().to_owned());
            (sample["name"].as_str().unwrap().to_owned(), bytes, rules.collect())
        })
        .collect()
}

#[test]
fn every_sample_matches_its_rules_from_the_folder_and_from_the_index() {
    for path in [demo_rules(), demo_rules().join("index.yar")] {
        let rules = load(&[path]).unwrap();
        // Six rules and a private one.
        assert_eq!((rules.report().rules, rules.report().files), (7, 3));
        let scanner = SyncYara::new(rules);
        for (name, bytes, wanted) in samples() {
            let result = scanner.scan(&Artifact::file(bytes), &plenty()).unwrap();
            assert_eq!(names(&result), wanted, "{name}");
            assert_eq!(result.verdict.is_malicious(), !wanted.is_empty(), "{name}");
        }
    }
}

#[tokio::test]
async fn every_sample_matches_its_rules_in_a_child() {
    let options = Options::new([demo_rules()]);
    let scanner = YaraScanner::start_with(program(), options, NonZeroUsize::MIN).await.unwrap();
    scanner.ready().await.unwrap();
    for (name, bytes, wanted) in samples() {
        let result = scanner.scan(&Artifact::file(bytes), &plenty()).await.unwrap();
        assert_eq!(names(&result), wanted, "{name}");
        assert_eq!(result.version, "4.5.5");
        assert_eq!(result.signatures, scanner.report().digest);
    }
}

#[test]
fn family_and_confidence_come_from_the_meta() {
    let scanner = SyncYara::new(load(&[demo_rules()]).unwrap());
    let result = scanner.scan(&eicar(), &plenty()).unwrap();
    assert_eq!((result.verdict, result.confidence.get()), (Verdict::Malicious, 1.0));
    assert_eq!(result.family.as_deref(), Some("EICAR"));
}
