use engine_tests::{
    installed::{self, Kind},
    scans,
};
use serde_json::Value;

/// How many files are scanned.
const FILES: usize = 2000;
/// The largest file, in bytes.
const MAX_SIZE: u64 = 8 << 20;
/// How many may be called malicious: half a per cent less one.
const MOST: usize = FILES / 200 - 1;

/// The rules whose match makes a file malicious.
fn evidence(record: &Value) -> Vec<&str> {
    let findings = record["backends"][0]["findings"].as_array().unwrap();
    findings.iter().filter_map(Value::as_str).collect()
}

#[test]
fn hardly_an_ordinary_file_is_called_malicious() {
    let Some(rules) = scans::public_rules() else { return };
    let Some(files) = installed::files(Kind::All, FILES, MAX_SIZE) else { return };
    let records = scans::engine_yara(&rules, &files).unwrap();
    let failed: Vec<_> = records.iter().filter(|record| record.get("error").is_some()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let malicious: Vec<_> = records.iter().filter(|record| record["verdict"] == "malicious").collect();
    let share = 100.0 * malicious.len() as f64 / FILES as f64;
    println!("{} of {FILES} files of Debian packages are called malicious: {share:.2} %", malicious.len());
    for record in &malicious {
        println!("  {}: {}", record["path"].as_str().unwrap(), evidence(record).join(", "));
    }
    assert!(malicious.len() <= MOST, "{} of {FILES}", malicious.len());
    // The rules were asked at all: all but a few files have a remark.
    let remarked = records.iter().filter(|record| record["backends"][0]["findings"] != Value::Array(vec![]));
    assert!(remarked.count() > FILES / 2);
}
