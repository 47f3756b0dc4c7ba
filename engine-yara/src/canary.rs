//! The self-test's own rule: it finds EICAR beside any rule set, and is never reported.

use std::time::Duration;

use engine_core::{Artifact, ScanError};

/// The namespace that the rule has for itself.
pub(crate) const NAMESPACE: &str = "microengine";

/// The key in a result's metadata by which a scanning child tells that the rule matched. It does not leave this crate.
pub(crate) const KEY: &str = "yara_canary";

/// How long the self-test may take, the start of a child process included.
pub(crate) const TIME: Duration = Duration::from_secs(30);

/// The EICAR test string in two parts, so that neither this program nor a compiled set is itself a detection.
const EICAR: [&str; 2] = [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"];

/// The rule's source.
pub(crate) fn rule() -> String {
    let [start, end] = EICAR.map(hex::encode);
    let at = EICAR.first().map_or(0, |start| start.len());
    format!(
        "rule canary {{ strings: $a = {{ {start} }} $b = {{ {end} }} condition: $a at 0 and $b at {at} }}"
    )
}

/// What it finds.
pub(crate) fn artifact() -> Artifact {
    Artifact::file(EICAR.concat()).with_name("self-test")
}

/// What is to be said when it was not found.
pub(crate) fn missed() -> ScanError {
    ScanError::bad_reply("the self-test found no EICAR: libyara does not scan as it should on this machine")
}
