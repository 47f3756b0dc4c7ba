use std::{fs, path::PathBuf};

use serde::de::DeserializeOwned;

/// All cases of one vector file of the folder `VECTORS_DIR`, by default the workspace's `tests/vectors`.
///
/// A file that is missing, that has no case, or a case of another shape fails the test: nothing is skipped.
pub(crate) fn cases<T: DeserializeOwned>(file: &str) -> Vec<T> {
    #[expect(clippy::disallowed_methods, reason = "a test's own setting")]
    let folder = std::env::var_os("VECTORS_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors")),
        PathBuf::from,
    );
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
    let mut whole: serde_json::Value =
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{} is not JSON: {e}", path.display()));
    let cases: Vec<T> = serde_json::from_value(whole["cases"].take())
        .unwrap_or_else(|e| panic!("{} has a case of another shape: {e}", path.display()));
    assert!(!cases.is_empty(), "{} has no case", path.display());
    cases
}
