//! From a scan result to its metadata.

use serde_json::{Map, Value, json};

use super::{
    AssertionMetadata, ScannerInfo, VerdictMetadata,
    verdict::{KNOWN, is_version},
};
use crate::verdict::{Ballot, ScanResult};

/// Members of a result's metadata that are for its operator only.
const AT_HOME: [&str; 3] = ["rules", "rules_cut", "explanation"];

/// The longest text of a scanner that is told, in characters; the rest is cut off.
const TEXT_MOST: usize = 200;
/// The most that a scanner's own members may take of an entry, in bytes of JSON; what does not fit is left out.
const OWN_MOST: usize = 16 << 10;

/// The program that speaks: an engine's own name and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product<'a> {
    /// Its name: `engine-multi`.
    pub name: &'a str,
    /// Its version: `0.1.0`. What comes after digits and dots is not told.
    pub version: &'a str,
}

impl Default for Product<'_> {
    /// This crate, whose version all engines of the workspace share.
    fn default() -> Self {
        Self { name: "microengine", version: env!("CARGO_PKG_VERSION") }
    }
}

impl AssertionMetadata {
    /// One entry for each artifact, in order. Nothing is told of one without an opinion to stake on.
    pub fn of(results: &[Option<&ScanResult>], product: Product<'_>) -> Self {
        let entry = |result: &Option<&ScanResult>| {
            result.map(|r| VerdictMetadata::of(r, product)).unwrap_or_default()
        };
        Self(results.iter().map(entry).collect())
    }
}

impl VerdictMetadata {
    /// What is told of a scan result: its family, product, scanner and signatures, and for a panel what each backend
    /// said, as `backends`.
    ///
    /// Members of the result's own `metadata` go along. Those that the schema knows (`domains`, `ip_addresses`, `stix`,
    /// `heuristic`) must have the schema's form, and are left out if they don't: a node refuses a whole assertion's
    /// metadata for one wrong member. `malware_family`, `scanner`, `product` and `backends` are always ours. `rules`, the text
    /// of the rules that matched, is left out: everybody can read an assertion's metadata, and the rules are the operator's.
    ///
    /// Texts are cut at 200 characters, and members of the result's own metadata over 16 KiB in all are left out, in the order of
    /// their names: a backend may be talkative, and everybody who votes downloads this.
    pub fn of(result: &ScanResult, product: Product<'_>) -> Self {
        let mut metadata = Self {
            malware_family: cut(result.family.as_deref().unwrap_or_default()),
            scanner: scanner(result, product),
            ..Self::default()
        };
        let mut left = OWN_MOST;
        for (name, value) in result.metadata.iter().filter(|(name, _)| !AT_HOME.contains(&name.as_str())) {
            if let Some(rest) = left.checked_sub(name.len() + value.to_string().len()) {
                metadata.take(name, value);
                left = rest;
            }
        }
        metadata.other.insert("product".into(), product.name.into());
        if !result.backends.is_empty() {
            metadata.other.insert("backends".into(), result.backends.iter().map(backend).collect());
        }
        metadata
    }

    fn take(&mut self, name: &str, value: &Value) {
        if !KNOWN.contains(&name) {
            self.other.insert(name.into(), value.clone());
            return;
        }
        let alone = json!({ "malware_family": "", name: value });
        let Ok(read) = Self::read(&alone) else { return };
        match name {
            "domains" => self.domains = read.domains,
            "ip_addresses" => self.ip_addresses = read.ip_addresses,
            "stix" => self.stix = read.stix,
            "heuristic" => self.heuristic = read.heuristic,
            _ => {}
        }
    }
}

fn scanner(result: &ScanResult, product: Product<'_>) -> ScannerInfo {
    let told = |text: &str| Some(cut(text)).filter(|text| !text.is_empty());
    let numeric = product.version.split(|c: char| c != '.' && !c.is_ascii_digit()).next().unwrap_or_default();
    let numeric = numeric.trim_end_matches('.');
    let environment = [("architecture", std::env::consts::ARCH), ("operating_system", operating_system())];
    ScannerInfo {
        version: is_version(numeric).then(|| numeric.into()),
        polyswarmclient_version: None,
        vendor_version: told(&result.version),
        signatures_version: told(&result.signatures),
        environment: environment.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_MOST).collect()
}

/// The names that Python's `platform.system()` gives, as readers of the market know them.
fn operating_system() -> &'static str {
    match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "Darwin",
        "windows" => "Windows",
        other => other,
    }
}

/// One backend in short: its opinion, or the kind of its failure.
fn backend(ballot: &Ballot) -> Value {
    let mut told = Map::new();
    told.insert("name".into(), ballot.backend.clone().into());
    match &ballot.outcome {
        Ok(result) => {
            told.insert("verdict".into(), result.verdict.as_str().into());
            if result.verdict.has_opinion() {
                told.insert("confidence".into(), result.confidence.get().into());
            }
            if let Some(family) = &result.family {
                told.insert("family".into(), cut(family).into());
            }
            for (name, text) in [("version", &result.version), ("signatures", &result.signatures)] {
                if !text.is_empty() {
                    told.insert(name.into(), cut(text).into());
                }
            }
        }
        Err(error) => {
            told.insert("verdict".into(), "unknown".into());
            told.insert("error".into(), error.kind.as_str().into());
        }
    }
    told.into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{scanner::ScanError, units::Confidence, verdict::Verdict};

    const PRODUCT: Product<'static> = Product { name: "engine-multi", version: "0.1.0-rc.1" };

    fn written(result: &ScanResult) -> Value {
        let metadata = VerdictMetadata::of(result, PRODUCT);
        let value = serde_json::to_value(&metadata).unwrap();
        assert_eq!(VerdictMetadata::read(&value).unwrap(), metadata, "what is written is valid");
        value
    }

    #[test]
    fn a_panels_metadata_tells_what_each_backend_said() {
        let mut yara = ScanResult::new(Verdict::Malicious, Confidence::ONE).by("4.5.5", "sha256:00");
        yara.family = Some("Eicar".into());
        let mut result = yara.clone().by("", "");
        result.backends = vec![
            Ballot { backend: "yara".into(), outcome: Ok(yara), elapsed: Duration::ZERO },
            Ballot {
                backend: "clamav".into(),
                outcome: Err(ScanError::unavailable("no daemon at /secret/path")),
                elapsed: Duration::ZERO,
            },
        ];
        let value = written(&result);
        assert_eq!(value["malware_family"], "Eicar");
        assert_eq!(value["product"], "engine-multi");
        assert_eq!(value["scanner"]["version"], "0.1.0");
        assert_eq!(value["scanner"].get("vendor_version"), None);
        assert_eq!(value["scanner"]["environment"]["architecture"], std::env::consts::ARCH);
        assert_eq!(
            value["backends"],
            json!([
                { "name": "yara", "verdict": "malicious", "confidence": 1.0, "family": "Eicar", "version": "4.5.5",
                  "signatures": "sha256:00" },
                { "name": "clamav", "verdict": "unknown", "error": "unavailable" },
            ])
        );
    }

    #[test]
    fn a_scanners_own_members_go_along_and_never_break_the_schema() {
        let mut result = ScanResult::unknown().by("4.5.5", "unversioned");
        let own = json!({
            "domains": ["evil.example"], "ip_addresses": ["no address"], "heuristic": "maybe", "stix": null,
            "malware_family": 3, "scanner": "x", "product": "y", "backends": "z", "packer": "UPX",
            "rules": { "Ours": { "meta": { "source": "a customer" } } }, "rules_cut": 3,
        });
        result.metadata = own.as_object().unwrap().clone();
        let value = written(&result);
        assert_eq!(value["domains"], json!(["evil.example"]));
        assert_eq!(value["packer"], "UPX");
        assert_eq!(value["malware_family"], "");
        assert_eq!(value["product"], "engine-multi");
        assert_eq!(value["scanner"]["vendor_version"], "4.5.5");
        for member in ["ip_addresses", "heuristic", "stix", "rules", "rules_cut"] {
            assert_eq!(value.get(member), None, "{member}");
        }
    }

    #[test]
    fn what_a_talkative_scanner_says_is_cut() {
        let long = "é".repeat(100_000);
        let mut result = ScanResult::malicious(Confidence::ONE).by(&*long, &*long).family(&*long);
        result.metadata = json!({ "a": 1, "big": long, "packer": "UPX" }).as_object().unwrap().clone();
        let backend = Ballot { backend: "own".into(), outcome: Ok(result.clone()), elapsed: Duration::ZERO };
        result.backends = vec![backend];
        let value = written(&result);
        assert_eq!((&value["a"], &value["packer"], value.get("big")), (&json!(1), &json!("UPX"), None));
        for text in [
            &value["malware_family"],
            &value["scanner"]["vendor_version"],
            &value["backends"][0]["family"],
            &value["backends"][0]["signatures"],
        ] {
            assert_eq!(text.as_str().unwrap().chars().count(), TEXT_MOST);
        }
    }

    #[test]
    fn an_artifact_without_an_opinion_keeps_its_place() {
        let mut result = ScanResult::new(Verdict::Malicious, Confidence::ONE);
        result.family = Some("Eicar".into());
        let metadata = AssertionMetadata::of(&[None, Some(&result)], PRODUCT);
        let text = metadata.text(crate::metadata::Form::Families);
        assert_eq!(text, r#"[{"malware_family":""},{"malware_family":"Eicar"}]"#);
    }

    #[test]
    fn only_the_numbers_of_a_version_are_told() {
        for (version, told) in
            [("1.2.3", Some("1.2.3")), ("1.2.rc1", Some("1.2")), ("v1", None), ("", None), (".1", None)]
        {
            let product = Product { name: "p", version };
            let metadata = VerdictMetadata::of(&ScanResult::unknown(), product);
            assert_eq!(metadata.scanner.version.as_deref(), told, "{version}");
        }
    }
}
