//! Scanning in this process: a pool of libyara scanners over one rule set.

mod worker;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use engine_core::{Artifact, Confidence, ScanContext, ScanError, ScanResult, SyncScanner};

use self::worker::Worker;
use crate::{NAME, VERSION, canary, opinion::opinion, rules::Rules};

/// Scans with a rule set in the calling process, on threads of its own, as many at once as there are callers.
///
/// libyara is C code that reads what strangers wrote, and it overruns its own time limit on some regular expressions. At the
/// deadline `scan` returns all the same; the thread stays busy until libyara is done. [`YaraScanner`](crate::YaraScanner) has
/// neither weakness, since it scans in child processes.
#[derive(Debug)]
pub struct SyncYara {
    rules: Arc<Rules>,
    benign: Confidence,
    /// Workers that wait for work. The lock is held to push and pop only.
    idle: Mutex<Vec<Worker>>,
}

impl SyncYara {
    /// A scanner over these rules that is half sure of "benign".
    pub fn new(rules: Rules) -> Self {
        Self { rules: Arc::new(rules), benign: Confidence::HALF, idle: Mutex::default() }
    }

    /// Sets how sure "benign" is, which it says when no rule matches: from 0 to 1, 0.5 by default.
    #[must_use]
    pub fn benign_confidence(mut self, confidence: Confidence) -> Self {
        self.benign = confidence;
        self
    }

    /// The rule set.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// A scan, waited for at most for `patience`, and whether the canary rule matched.
    fn examine(
        &self,
        artifact: &Artifact,
        cx: &ScanContext,
        patience: Option<Duration>,
    ) -> Result<(ScanResult, bool), ScanError> {
        let worker = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let worker = worker.map_or_else(|| Worker::start(Arc::clone(&self.rules)), Ok)?;
        // A worker that gave no answer in time, or died, does not come back.
        let answer = worker.scan(artifact, cx, patience)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        let hits = answer?;
        let known = hits.iter().filter_map(|hit| self.rules.catalog().get(&hit.namespace, &hit.rule));
        let result = opinion(known, self.benign).by(VERSION, &self.rules.report().digest);
        Ok((result, hits.iter().any(|hit| hit.namespace == canary::NAMESPACE)))
    }
}

impl SyncScanner for SyncYara {
    fn name(&self) -> &str {
        NAME
    }

    /// Scans EICAR with a rule of our own that sits beside the set.
    fn ready(&self) -> Result<(), ScanError> {
        let cx = ScanContext::within(canary::TIME);
        let (_, found) = self.examine(&canary::artifact(), &cx, Some(cx.remaining()))?;
        if found { Ok(()) } else { Err(canary::missed()) }
    }

    fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        Ok(self.examine(artifact, cx, Some(cx.remaining()))?.0)
    }
}

/// The same scanner as it works behind a [`YaraScanner`](crate::YaraScanner): its metadata tells whether the canary matched, and it
/// waits for libyara. A child that answered at its deadline by itself would live on with a thread that still scans; killed, it
/// does not. Without children, the place of a scan is free again when the scan has really ended.
#[derive(Debug)]
pub(crate) struct WithCanary(pub(crate) SyncYara);

impl SyncScanner for WithCanary {
    fn name(&self) -> &str {
        NAME
    }

    fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let (mut result, found) = self.0.examine(artifact, cx, None)?;
        if found {
            result.metadata.insert(canary::KEY.to_owned(), true.into());
        }
        Ok(result)
    }
}
