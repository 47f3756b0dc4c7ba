//! The simulated scanner: takes as long as the artifact says, and says what the artifact says.

use std::time::Duration;

use engine_core::{Artifact, Confidence, ScanContext, ScanError, ScanResult, Scanner, Verdict};
use tokio::time;

#[derive(Debug)]
pub(super) struct Scripted;

impl Scanner for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    async fn scan(&self, artifact: &Artifact, _cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let text = String::from_utf8_lossy(artifact.bytes());
        let (kind, takes) = text.split_once(' ').unwrap_or_default();
        time::sleep(Duration::from_millis(takes.parse().unwrap_or(0))).await;
        match kind {
            "m" => Ok(ScanResult::new(Verdict::Malicious, Confidence::ONE)),
            "b" => Ok(ScanResult::new(Verdict::Benign, Confidence::HALF)),
            _ => Err(ScanError::crashed("so it was drawn")),
        }
    }
}
