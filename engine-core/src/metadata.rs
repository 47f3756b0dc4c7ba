//! The metadata that goes with a verdict onto the market.

use crate::verdict::ScanResult;

/// Stub.
pub fn of_results(results: &[Option<&ScanResult>]) -> String {
    let entries: Vec<_> = results
        .iter()
        .map(|r| serde_json::json!({"malware_family": r.and_then(|r| r.family.clone()).unwrap_or_default()}))
        .collect();
    serde_json::Value::from(entries).to_string()
}
