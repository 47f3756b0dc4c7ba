//! What came of a self-test: of the scanner as a whole, and of each backend in it.

use super::ScanError;

/// The outcome of [`Scanner::self_test`](super::Scanner::self_test).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SelfTest {
    /// Whether the scanner can scan; a panel can although some of its backends cannot.
    pub outcome: Result<(), ScanError>,
    /// Of a panel, each backend by name; empty for a single scanner.
    pub backends: Vec<(String, Result<(), ScanError>)>,
}

impl SelfTest {
    /// That of a single scanner.
    pub fn single(outcome: Result<(), ScanError>) -> Self {
        Self { outcome, backends: Vec::new() }
    }

    /// That of a panel: what it came to as a whole, and each backend's own.
    pub fn panel(outcome: Result<(), ScanError>, backends: Vec<(String, Result<(), ScanError>)>) -> Self {
        Self { outcome, backends }
    }
}
