//! Counts what was printed.

use std::time::Duration;

use super::record::Record;
use crate::cli::{Exit, exit::FailOn};

/// How many files there were of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    files: u64,
    bytes: u64,
    /// Malicious and not allowed.
    malicious: u64,
    /// Malicious and allowed.
    suppressed: u64,
    /// Not scanned, or not by all backends that were asked.
    pub(super) failed: u64,
}

impl Tally {
    pub(super) fn count(&mut self, record: &Record) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(record.size());
        let malicious = record.verdict().is_malicious();
        self.malicious += u64::from(malicious && record.suppressed.is_none());
        self.suppressed += u64::from(malicious && record.suppressed.is_some());
        self.failed += u64::from(record.failed());
    }

    /// How a scan ends that came to its end.
    pub(super) fn exit(&self, fail_on: FailOn) -> Exit {
        Exit::of_scan(self.malicious, self.failed, fail_on)
    }

    /// One line on all of it.
    pub(super) fn summary(&self, elapsed: Duration) -> String {
        let Self { files, bytes, malicious, suppressed, failed } = self;
        let allowed = if *suppressed == 0 { String::new() } else { format!(", {suppressed} suppressed") };
        format!(
            "{files} files, {bytes} bytes in {:.1} s: {malicious} malicious{allowed}, {failed} failed",
            elapsed.as_secs_f64()
        )
    }
}
