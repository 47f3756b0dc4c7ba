//! Whether JSON is a metadata list that the marketplace takes: strictly typed, as protocol sections 7.1 and
//! 7.2 say. Pure.

use std::net::IpAddr;

use serde_json::{Map, Value};

/// A list of 1 to 256 verdict objects: the metadata of an assertion.
pub(crate) fn is_verdict_list(value: &Value) -> bool {
    is_list_of(value, is_verdict)
}

/// A list of 1 to 256 descriptions of files or URLs: the metadata of a bounty.
pub(crate) fn is_bounty_list(value: &Value) -> bool {
    is_list_of(value, |entry| is_file(entry) || is_url(entry))
}

fn is_list_of(value: &Value, valid: fn(&Map<String, Value>) -> bool) -> bool {
    value.as_array().is_some_and(|list| {
        (1..=256).contains(&list.len()) && list.iter().all(|entry| entry.as_object().is_some_and(valid))
    })
}

fn is_verdict(verdict: &Map<String, Value>) -> bool {
    verdict.get("malware_family").is_some_and(Value::is_string)
        && absent_or(verdict, "domains", |v| is_strings(v, is_domain))
        && absent_or(verdict, "ip_addresses", |v| is_strings(v, |ip| ip.parse::<IpAddr>().is_ok()))
        && absent_or(verdict, "stix", is_stix)
        && absent_or(verdict, "scanner", is_scanner)
        && absent_or(verdict, "heuristic", Value::is_boolean)
}

fn is_scanner(value: &Value) -> bool {
    let version = |v: &Value| v.as_str().is_some_and(is_version);
    value.as_object().is_some_and(|scanner| {
        absent_or(scanner, "version", version)
            && absent_or(scanner, "polyswarmclient_version", version)
            && absent_or(scanner, "vendor_version", Value::is_string)
            && absent_or(scanner, "signatures_version", Value::is_string)
            && absent_or(scanner, "environment", Value::is_object)
    })
}

fn is_stix(value: &Value) -> bool {
    value.as_array().is_some_and(|list| {
        list.iter().all(|entry| {
            entry.get("schema").is_some_and(Value::is_string) && entry.get("signature").is_some()
        })
    })
}

fn is_file(file: &Map<String, Value>) -> bool {
    let hex = |length: usize| {
        move |v: &Value| {
            v.as_str().is_some_and(|s| s.len() == length && s.bytes().all(|b| b.is_ascii_hexdigit()))
        }
    };
    file.get("mimetype").is_some_and(Value::is_string)
        && absent_or(file, "filename", Value::is_string)
        && absent_or(file, "filesize", |v| v.as_u64().is_some_and(|size| size > 0))
        && absent_or(file, "sha256", hex(64))
        && absent_or(file, "sha1", hex(40))
        && absent_or(file, "md5", hex(32))
}

fn is_url(url: &Map<String, Value>) -> bool {
    url.get("uri").is_some_and(Value::is_string) && absent_or(url, "protocol", Value::is_string)
}

fn is_strings(value: &Value, valid: fn(&str) -> bool) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(|entry| entry.as_str().is_some_and(valid)))
}

fn is_domain(text: &str) -> bool {
    (3..=127).contains(&text.len())
}

/// Numbers with dots between: `4`, `1.0.24`.
fn is_version(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

fn absent_or(object: &Map<String, Value>, key: &str, valid: impl Fn(&Value) -> bool) -> bool {
    object.get(key).is_none_or(|value| value.is_null() || valid(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn verdict_lists_are_typed_strictly() {
        let full = json!([{ "malware_family": "Eicar", "domains": ["example.com"], "ip_addresses": ["::1"],
            "stix": [{ "schema": "s", "signature": 1 }], "heuristic": false, "anything": [],
            "scanner": { "version": "1.0", "vendor_version": "ClamAV 1/2", "environment": {} } }]);
        assert!(is_verdict_list(&full));
        for bad in [
            json!([]),
            json!({}),
            json!([null]),
            json!([{}]),
            json!([{ "malware_family": 1 }]),
            json!([{ "malware_family": "", "scanner": "Linux" }]),
            json!([{ "malware_family": "", "scanner": { "version": "v1" } }]),
            json!([{ "malware_family": "", "domains": ["a"] }]),
            json!([{ "malware_family": "", "ip_addresses": ["300.1.1.1"] }]),
            json!([{ "malware_family": "", "stix": [{ "schema": "s" }] }]),
            json!([{ "malware_family": "", "heuristic": "yes" }]),
            Value::Array(vec![json!({ "malware_family": "" }); 257]),
        ] {
            assert!(!is_verdict_list(&bad), "{bad}");
        }
    }

    #[test]
    fn bounty_lists_hold_files_or_urls() {
        assert!(is_bounty_list(&json!([{ "mimetype": "text/plain", "filesize": 68 }])));
        assert!(is_bounty_list(&json!([{ "uri": "https://example.com", "protocol": "https" }])));
        assert!(!is_bounty_list(&json!([{ "mimetype": "text/plain", "filesize": 0 }])));
        assert!(!is_bounty_list(&json!([{ "mimetype": "text/plain", "sha256": "00" }])));
        assert!(!is_bounty_list(&json!([{ "filename": "x" }])));
    }
}
