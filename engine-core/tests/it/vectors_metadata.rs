use engine_core::metadata::{
    AssertionMetadata, Form, MetadataError, ScannerInfo, VerdictMetadata, check_bounty, per_artifact,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::vectors::cases;

/// A case of the files `metadata_*.json`: what polyswarm-artifact 2.2.4 says of an instance.
#[derive(Deserialize)]
struct Judged {
    instance: Value,
    valid: bool,
    #[serde(default)]
    errors: Vec<Located>,
    json_text: Option<String>,
    /// The reference took the instance and then could not write it: it holds the empty object.
    json_error: Option<String>,
}

#[derive(Deserialize)]
struct Located {
    loc: Vec<Value>,
}

impl Located {
    /// `[3].scanner.version`, without the names of the union's two branches.
    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.loc {
            match step {
                Value::String(name) if name == "FileArtifact" || name == "URLArtifact" => {}
                Value::String(name) if path.is_empty() => path = name.clone(),
                Value::String(name) => path = format!("{path}.{name}"),
                index => path = format!("{path}[{index}]"),
            }
        }
        path
    }
}

/// Writes out `{"repeat": x, "times": n}`: a list of n, or for the family, which is a text, a text n times.
fn expand(value: &Value) -> Value {
    match value {
        Value::Object(members) if members.contains_key("repeat") && members.contains_key("times") => {
            let times = usize::try_from(members["times"].as_u64().unwrap()).unwrap();
            vec![members["repeat"].clone(); times].into()
        }
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), expand_member(name, value))).collect()
        }
        Value::Array(elements) => elements.iter().map(expand).collect(),
        other => other.clone(),
    }
}

fn expand_member(name: &str, value: &Value) -> Value {
    match (name, expand(value)) {
        ("malware_family", Value::Array(texts)) if value.is_object() => {
            texts.iter().filter_map(Value::as_str).collect::<String>().into()
        }
        (_, expanded) => expanded,
    }
}

/// Valid where the reference says so and can also write it; the error is at one of the places that the reference names.
fn judge<T>(case: &Judged, read: impl Fn(&Value) -> Result<T, MetadataError>) -> Option<T> {
    let result = read(&expand(&case.instance));
    let valid = case.valid && case.json_error.is_none();
    assert_eq!(result.is_ok(), valid, "{}: {:?}", case.instance, result.as_ref().err());
    if let (Err(error), false) = (&result, case.errors.is_empty()) {
        let places: Vec<_> = case.errors.iter().map(Located::path).collect();
        assert!(places.contains(&error.path), "{}: {:?} is none of {places:?}", case.instance, error.path);
    }
    result.ok()
}

/// Takes nulls and empty lists and objects out of the members that the schema knows. The reference leaves out defaults
/// only, so that a null stays where a list is usual; we write none of them.
fn without_nothings(value: &Value) -> Value {
    let is_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    let known = ["domains", "ip_addresses", "stix", "scanner", "heuristic"];
    match value {
        Value::Array(entries) => entries.iter().map(without_nothings).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match value {
                Value::Object(scanner) if name == "scanner" => {
                    (name, scanner.clone().into_iter().filter(|(_, value)| !is_nothing(value)).collect())
                }
                value => (name, value.clone()),
            })
            .filter(|(name, value)| !(known.contains(&name.as_str()) && is_nothing(value)))
            .map(|(name, value)| (name.clone(), value))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn assert_written(written: impl serde::Serialize, json_text: Option<&str>) {
    let Some(text) = json_text else { return };
    let theirs: Value = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_value(written).unwrap(), without_nothings(&theirs));
}

#[test]
fn vectors_metadata_verdict_are_equal_but_for_the_empty_object() {
    for case in cases::<Judged>("metadata_verdict.json") {
        if let Some(metadata) = judge(&case, VerdictMetadata::read) {
            assert_written(metadata, case.json_text.as_deref());
        }
    }
}

#[test]
fn vectors_metadata_assertion_are_equal_but_for_the_empty_object() {
    for case in cases::<Judged>("metadata_assertion.json") {
        if let Some(metadata) = judge(&case, AssertionMetadata::read) {
            assert_written(&metadata, case.json_text.as_deref());
            assert_eq!(AssertionMetadata::parse(&metadata.text(Form::Full)), Ok(metadata));
        }
    }
}

/// A poster's entries are handed on as they are, so what the reference makes of them when writing is not compared.
#[test]
fn vectors_metadata_bounty_are_equal_but_for_the_empty_object() {
    for case in cases::<Judged>("metadata_bounty.json") {
        judge(&case, check_bounty);
    }
}

/// A case of the older files: what two versions of polyswarm-artifact say. We agree with the newer one.
#[derive(Deserialize)]
struct Compared {
    instance: Value,
    instance_repeat: Option<Repeat>,
    valid_2_2_4: Option<bool>,
}

#[derive(Deserialize)]
struct Repeat {
    element: Value,
    times: usize,
}

fn compare<T>(file: &str, read: impl Fn(&Value) -> Result<T, MetadataError>) {
    for case in cases::<Compared>(file) {
        let instance = case.instance_repeat.map_or(case.instance, |r| vec![r.element; r.times].into());
        let holds_empty_object =
            instance == json!({}) || instance.as_array().is_some_and(|entries| entries.contains(&json!({})));
        let valid = case.valid_2_2_4 == Some(true) && !holds_empty_object;
        let result = read(&instance);
        assert_eq!(result.is_ok(), valid, "{instance}: {:?}", result.err());
    }
}

#[test]
fn vectors_verdict_metadata_are_as_valid_as_in_the_newer_schema() {
    compare("verdict_metadata.json", VerdictMetadata::read);
}

#[test]
fn vectors_assertion_metadata_are_as_valid_as_in_the_newer_schema() {
    compare("assertion_metadata.json", AssertionMetadata::read);
}

#[test]
fn vectors_bounty_metadata_are_as_valid_as_in_the_newer_schema() {
    compare("bounty_metadata.json", check_bounty);
}

#[derive(Deserialize)]
struct Padded {
    metadata: Value,
    artifact_count: usize,
    padded: Option<Vec<Map<String, Value>>>,
}

/// Equal, but for URL entries: the older schema that the reference asks knows none and drops all; we keep them.
#[test]
fn vectors_pad_metadata_are_equal_but_for_urls() {
    for case in cases::<Padded>("pad_metadata.json") {
        let ours = per_artifact(&case.metadata, case.artifact_count);
        let theirs = case.padded.unwrap_or_else(|| vec![Map::new(); case.artifact_count]);
        let entries = case.metadata.as_array().cloned().unwrap_or_default();
        if entries.iter().any(|entry| entry.get("uri").is_some() && entry.get("mimetype").is_none()) {
            let kept = if check_bounty(&case.metadata).is_ok() { entries.len() } else { 0 };
            assert_eq!(ours.len(), case.artifact_count.max(kept));
            let first: Vec<_> = ours.into_iter().take(kept).map(Value::from).collect();
            assert_eq!(first, entries[..kept]);
        } else {
            assert_eq!(ours, theirs, "{}", case.metadata);
        }
    }
}

#[derive(Deserialize)]
struct Built {
    malware_family: String,
    set_scanner: Option<Map<String, Value>>,
    domains: Vec<String>,
    heuristic: Option<bool>,
    extras: Vec<(String, Value)>,
    json_text: String,
}

/// The same members with the same values in the same order; without the blanks and escapes of Python's writer.
#[test]
fn vectors_verdict_json_are_equal() {
    for case in cases::<Built>("verdict_json.json") {
        let text_of = |name: &str| {
            case.set_scanner.as_ref().and_then(|scanner| Some(scanner.get(name)?.as_str()?.to_owned()))
        };
        // The reference's builder writes both as soon as one is given.
        let mut environment = Map::new();
        if text_of("architecture").or_else(|| text_of("operating_system")).is_some() {
            for name in ["architecture", "operating_system"] {
                environment.insert(name.into(), text_of(name).into());
            }
        }
        let metadata = VerdictMetadata {
            malware_family: case.malware_family.clone(),
            domains: case.domains.clone(),
            heuristic: case.heuristic,
            scanner: ScannerInfo {
                version: text_of("version"),
                polyswarmclient_version: text_of("polyswarmclient_version"),
                vendor_version: text_of("vendor_version"),
                signatures_version: text_of("signatures_version"),
                environment,
            },
            other: case.extras.clone().into_iter().collect(),
            ..VerdictMetadata::default()
        };
        let ours = serde_json::to_string(&metadata).unwrap();
        let theirs: Value = serde_json::from_str(&case.json_text).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&ours).unwrap(), theirs);
        let names = ["malware_family", "domains", "scanner", "vendor_version", "environment", "heuristic"];
        let order = |text: &str| {
            let mut found = names.map(|name| (text.find(&format!("\"{name}\":")), name));
            found.sort_unstable();
            found.map(|(_, name)| name)
        };
        assert_eq!(order(&ours), order(&case.json_text));
    }
}
