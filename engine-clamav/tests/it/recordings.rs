//! Replies of a real clamd 1.4.6, byte for byte, in `tests/fixtures/clamd`.

use std::{collections::BTreeMap, fs, path::Path};

use engine_clamav::{
    Signature,
    clamd::{Reply, Version},
};
use engine_core::ErrorKind;
use proptest::prelude::*;

/// Each recorded reply by the name of its exchange.
fn recordings() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clamd");
    let read = |path: &Path| -> (String, Vec<u8>) {
        let json: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        (json["name"].as_str().unwrap().into(), hex::decode(json["reply_hex"].as_str().unwrap()).unwrap())
    };
    let all: BTreeMap<_, _> =
        fs::read_dir(folder).unwrap().map(|entry| read(&entry.unwrap().path())).collect();
    assert_eq!(all.len(), 70);
    all
}

/// What a reply to INSTREAM has to become.
#[derive(Debug, PartialEq)]
enum Expected {
    Clean,
    Found(&'static str),
    Err(ErrorKind),
}

/// The whole way of a reply: parse it, and judge the name.
fn outcome(reply: &[u8]) -> Result<Option<String>, ErrorKind> {
    match Reply::parse(reply).map_err(|error| error.kind)? {
        Reply::Clean => Ok(None),
        Reply::Found(name) => {
            let result = Signature::new(&name).verdict().map_err(|error| error.kind)?;
            assert!(result.verdict.is_malicious());
            Ok(Some(result.findings[0].name.clone()))
        }
    }
}

#[test]
fn every_recorded_reply_to_instream() {
    use ErrorKind::{BadReply, Encrypted, LimitExceeded, TimedOut, TooLarge, Unavailable};
    use Expected::{Clean, Err, Found};
    let table = BTreeMap::from([
        ("alertencrypted-eicar-encrypted-zip", Err(Encrypted)),
        ("alertencrypted-encrypted-zip", Err(Encrypted)),
        ("alertexceedsmax-big-stream", Err(LimitExceeded)),
        ("alertexceedsmax-eicar-behind-big", Err(LimitExceeded)),
        ("idsession-over-limit", Err(TooLarge)),
        ("instream-chunk-over-limit-header", Err(TooLarge)),
        ("instream-clean-n", Clean),
        ("instream-clean-z", Clean),
        ("instream-eicar-1byte-chunks", Found("Test.Eicar.Body")),
        ("instream-eicar-encrypted-zip", Clean),
        ("instream-eicar-n", Found("Test.Eicar.Body")),
        ("instream-eicar-unix", Found("Test.Eicar.Body")),
        ("instream-eicar-z", Found("Test.Eicar.Body")),
        ("instream-eicar-zip", Found("Test.Eicar.Body")),
        ("instream-empty", Clean),
        ("instream-encrypted-zip", Clean),
        ("instream-exact-limit", Clean),
        ("instream-half-close-mid-chunk", Err(Unavailable)),
        ("instream-half-close-no-end", Err(Unavailable)),
        ("instream-huge-chunk-header", Err(TooLarge)),
        ("instream-limit-plus-1", Err(TooLarge)),
        ("instream-nested-zip", Found("Test.Eicar.Body")),
        ("instream-over-limit-4x", Err(TooLarge)),
        ("instream-over-limit-64MiB-tcp", Err(TooLarge)),
        ("instream-over-limit-64MiB-unix", Err(TooLarge)),
        ("instream-right-after-reload", Found("Test.Eicar.Body")),
        ("instream-stall", Err(TimedOut)),
        ("instream-synthetic-a", Found("Test.Synthetic.A")),
        ("instream-synthetic-b", Found("Test.Synthetic.B")),
        ("instream-synthetic-hash", Found("Test.Synthetic.Hash")),
        ("maxfilesize-marker-past-limit", Clean),
        ("unknown-z", Err(BadReply)),
    ]);
    let recordings = recordings();
    for name in recordings.keys().filter(|name| name.contains("instream") || name.starts_with("alert")) {
        assert!(table.contains_key(name.as_str()), "{name} is not in the table");
    }
    for (name, expected) in &table {
        let got = match outcome(&recordings[*name]) {
            Ok(None) => Clean,
            Ok(Some(found)) if matches!(expected, Found(name) if found == *name) => continue,
            Ok(Some(found)) => panic!("{name}: found {found}, expected {expected:?}"),
            Result::Err(kind) => Err(kind),
        };
        assert_eq!(&got, expected, "{name}");
    }
}

/// PING, STATS, SCAN and so on: what does not answer INSTREAM is no verdict, however much it looks like one.
#[test]
fn replies_to_other_commands_are_no_verdicts() {
    for (name, reply) in recordings() {
        if name.starts_with("instream") || name.starts_with("alert") || name.starts_with("maxfilesize") {
            continue;
        }
        assert!(Reply::parse(&reply).is_err(), "{name}");
    }
}

#[test]
fn recorded_versions() {
    for name in ["version-z", "version-n"] {
        let version = Version::parse(&recordings()[name]).unwrap();
        assert_eq!((version.scanner.as_str(), version.signatures.as_str()), ("ClamAV 1.4.6", "unversioned"));
    }
    assert!(Version::parse(&recordings()["ping-z"]).is_err());
}

proptest! {
    /// Whatever comes in, nothing panics, and a verdict has the form of one.
    #[test]
    fn any_bytes(bytes in prop_oneof![
        any::<Vec<u8>>(),
        "(stream: )?[a-zA-Z. {}:-]{0,40}( FOUND| ERROR|OK)?[\\x00\n]?".prop_map(String::into_bytes),
    ]) {
        let _ = Version::parse(&bytes);
        if let Ok(reply) = Reply::parse(&bytes) {
            let text = String::from_utf8(bytes).unwrap();
            prop_assert!(text.starts_with("stream: ") && text.ends_with(['\0', '\n']));
            if let Reply::Found(name) = reply {
                let _ = Signature::new(&name).verdict();
            }
        }
    }

    /// A reply that was cut off is no verdict, wherever it was cut.
    #[test]
    fn a_cut_reply_is_no_verdict(cut in 0usize..40) {
        let whole = &recordings()["instream-eicar-z"];
        prop_assume!(cut < whole.len());
        prop_assert!(Reply::parse(&whole[..cut]).is_err());
    }

    /// Names come from a database, and a database from anywhere.
    #[test]
    fn any_name_has_a_family_or_none(name in ".{0,60}") {
        let signature = Signature::new(&name);
        if let Some(family) = signature.family() {
            prop_assert!(!family.is_empty());
        }
        let _ = signature.verdict();
    }
}
