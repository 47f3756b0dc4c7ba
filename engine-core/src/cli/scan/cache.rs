//! Results kept from one scan to the next.
//!
//! A result is found again only where all that it rests on is the same: the artifact's bytes and name (rules may ask for names), the
//! program's version, the engine's settings, and version and signatures of every backend. Failures and results that lack a
//! backend are never kept.

mod key;
mod store;

use std::{
    io,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use self::store::Store;
pub(super) use self::{key::Basis, store::CacheError};
use super::record::Record;
use crate::{
    artifact::Artifact,
    verdict::{Ballot, ScanResult},
};

/// Results of one engine with one set of settings and signatures.
#[derive(Debug)]
pub(super) struct Cache {
    store: Store,
    basis: Basis,
    /// Whether it was told that results cannot be kept.
    told: AtomicBool,
}

/// What is kept of a scan.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The artifact's digest once more: a file in a wrong place is none of ours.
    sha256: String,
    result: ScanResult,
    ballots: Vec<Ballot>,
    elapsed_us: u64,
}

impl Cache {
    /// Opens the folder, and makes it if it is not there; entries that nobody has asked for in a month are removed.
    pub(super) fn open(folder: &Path, basis: Basis) -> Result<Self, CacheError> {
        Ok(Self { store: Store::open(folder)?, basis, told: AtomicBool::new(false) })
    }

    /// What an artifact came to the last time, under the same circumstances. Blocks.
    pub(super) fn get(&self, artifact: &Artifact) -> Option<Kept> {
        let bytes = self.store.get(&self.basis.key(artifact))?;
        serde_json::from_slice(&bytes).ok().filter(|kept: &Kept| kept.sha256 == artifact.sha256())
    }

    /// Keeps what an artifact came to, if it can be relied on another time. Blocks.
    pub(super) fn put(&self, artifact: &Artifact, record: &Record) {
        let (false, Ok(result)) = (record.failed(), &record.outcome) else { return };
        // Signatures may have been renewed since the scan began.
        if !record.ballots.iter().all(|ballot| self.basis.is_of(ballot)) {
            return;
        }
        let kept = Kept {
            sha256: artifact.sha256().to_owned(),
            result: result.clone(),
            ballots: record.ballots.clone(),
            elapsed_us: record.elapsed_us().unwrap_or_default(),
        };
        let put = serde_json::to_vec(&kept)
            .map_err(io::Error::from)
            .and_then(|bytes| self.store.put(&self.basis.key(artifact), &bytes));
        if let Err(error) = put
            && !self.told.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(%error, "results are not kept: the folder of --cache cannot be written");
        }
    }
}

impl Kept {
    /// As it was printed then.
    pub(super) fn into_record(self, path: std::path::PathBuf, artifact: &Artifact) -> Record {
        let elapsed = Duration::from_micros(self.elapsed_us);
        Record::new(path, artifact, Ok(self.result), self.ballots, elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Confidence, Verdict, scanner::About};

    fn record(artifact: &Artifact, confidence: f64, signatures: &str) -> Record {
        let confidence = Confidence::new(confidence).unwrap();
        let result = ScanResult::new(Verdict::Benign, confidence).by("4.5", signatures);
        let elapsed = Duration::from_micros(7);
        let ballot = Ballot { backend: "yara".into(), outcome: Ok(result.clone()), elapsed };
        Record::new("a".into(), artifact, Ok(result), vec![ballot], elapsed)
    }

    #[test]
    fn a_result_comes_back_exactly_and_only_if_it_was_made_by_what_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let about = About::new("yara").by("4.5", "sha256:00");
        let basis = Basis::new("engine", "1", String::new(), &about).unwrap();
        let cache = Cache::open(&folder.path().join("cache"), basis).unwrap();
        for (content, confidence) in [("a", 0.1 + 0.2), ("b", 1.0 / 3.0), ("c", 0.766_666_666_666_666_7)] {
            let artifact = Artifact::file(content);
            let made = record(&artifact, confidence, "sha256:00");
            cache.put(&artifact, &made);
            let kept = cache.get(&artifact).unwrap().into_record("a".into(), &artifact);
            let line = |record| serde_json::to_string(record).unwrap();
            assert_eq!(line(&kept), line(&made));
        }
        // Reloaded meanwhile: not what the key stands for.
        let artifact = Artifact::file("d");
        cache.put(&artifact, &record(&artifact, 0.5, "sha256:01"));
        assert!(cache.get(&artifact).is_none());
    }
}
