//! Gets a bounty's artifacts and has them scanned: one task a bounty, one result an artifact.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::{FutureExt, StreamExt, stream};
use serde_json::{Map, Value};
use tokio::{
    sync::{Semaphore, mpsc},
    time::{self, Instant},
};

use crate::{
    artifact::{Artifact, ArtifactKind},
    bounty::{
        Bounty, BountyId,
        filter::Filters,
        machine::{Input, Skipped},
    },
    market::{Listed, Market, MarketError},
    scanner::{ErrorKind, ScanContext, ScanError, Scanner},
    units::Confidence,
    verdict::{ScanResult, Verdict},
};

/// How often a request is tried that only asks.
const TRIES: u32 = 4;
/// How long past its deadline a scanner may take to say that it timed out.
const OVERTIME: Duration = Duration::from_secs(1);
/// Artifacts of up to so many bytes are hashed at once, in less time than it takes to hand them to another thread and back.
const HASHED_HERE: usize = 16 * 1024;

/// Limits on what is fetched and scanned.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest artifact that is fetched, in bytes.
    pub max_size: u64,
    /// How long one artifact may take, download and scan together.
    pub timeout: Duration,
    /// How many artifacts are in memory at once, over all bounties.
    pub at_once: usize,
}

/// Fetches and scans for all bounties.
#[derive(Debug)]
pub(super) struct Fetcher<M, S> {
    market: Arc<M>,
    scanner: Arc<S>,
    limits: Limits,
    filters: Filters,
    places: Semaphore,
}

impl<M: Market, S: Scanner> Fetcher<M, S> {
    pub(super) fn new(market: Arc<M>, scanner: Arc<S>, limits: Limits, filters: Filters) -> Self {
        let places = Semaphore::new(limits.at_once.clamp(1, Semaphore::MAX_PERMITS));
        Self { market, scanner, limits, filters, places }
    }

    /// What it scans with.
    pub(super) fn scanner(&self) -> Arc<S> {
        Arc::clone(&self.scanner)
    }

    /// Lists a bounty's artifacts, then fetches and scans each. Tells what comes of it as it comes.
    pub(super) async fn run(&self, bounty: &Bounty, tell: &mpsc::Sender<(BountyId, Input)>) {
        let tell = |input| async { tell.send((bounty.id, input)).await.is_ok() };
        let listed = match self.list(bounty).await {
            Ok(listed) => listed,
            Err(error) => {
                tracing::warn!(bounty = %bounty.id, error = &error as &dyn std::error::Error, "cannot list the artifacts");
                tell(Input::Unwanted(Skipped::Unlisted)).await;
                return;
            }
        };
        let is_wanted = |listed: &Listed| self.filters.bounties.is_allowed(&listed.metadata);
        if !listed.is_empty() && !self.market.terms().answer_unknown && !listed.iter().any(is_wanted) {
            tell(Input::Unwanted(Skipped::Filtered)).await;
            return;
        }
        if !tell(Input::Listed(listed.len())).await {
            return;
        }
        let all = stream::iter(listed.into_iter().enumerate());
        all.for_each_concurrent(self.limits.at_once, |(index, listed)| async move {
            let outcome = if is_wanted(&listed) {
                self.judge(bounty, index, listed).await
            } else {
                tracing::debug!(bounty = %bounty.id, index, "filtered: neither fetched nor scanned");
                Ok(ScanResult::new(Verdict::Unknown, Confidence::ZERO))
            };
            if let Err(error) = &outcome {
                tracing::warn!(bounty = %bounty.id, index, kind = %error.kind, %error, "no result for an artifact");
            }
            tell(Input::Scanned { index, outcome }).await;
        })
        .await;
    }

    /// The artifacts that the market pays for: the contract's count may be smaller than the listing.
    async fn list(&self, bounty: &Bounty) -> Result<Vec<Listed>, MarketError> {
        let listed = retry(|| self.market.artifacts(bounty));
        let count = retry(|| self.market.artifact_count(bounty.id));
        let (mut listed, count) = tokio::try_join!(listed, count)?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count != listed.len() && count != usize::MAX {
            tracing::warn!(bounty = %bounty.id, count, listed = listed.len(), "the contract counts other artifacts than are listed");
            listed.truncate(count);
        }
        Ok(listed)
    }

    async fn judge(&self, bounty: &Bounty, index: usize, listed: Listed) -> Result<ScanResult, ScanError> {
        let _place =
            self.places.acquire().await.map_err(|_| ScanError::new(ErrorKind::Cancelled, "shutting down"))?;
        let cx = ScanContext::within(self.limits.timeout);
        let artifact = self.fetch(bounty, index, listed, cx.deadline).await?;
        let mut result = self.scan(&artifact, &cx).await?;
        if result.verdict.has_opinion() {
            result.confidence = self.filters.confidence.modify(result.confidence, artifact.metadata());
        }
        tracing::info!(
            bounty = %bounty.id, index, sha256 = artifact.sha256(), verdict = %result.verdict,
            confidence = result.confidence.get(), family = result.family, complete = result.complete, "scanned"
        );
        Ok(result)
    }

    /// Should a scanner crash or not keep to its deadline, that costs this artifact and no other.
    async fn scan(&self, artifact: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let scan = AssertUnwindSafe(self.scanner.scan(artifact, cx)).catch_unwind();
        match time::timeout_at(cx.deadline + OVERTIME, scan).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(ScanError::crashed("the scanner panicked: this is a bug, report it")),
            Err(_) => Err(ScanError::timed_out("the scanner did not keep to its deadline")),
        }
    }

    async fn fetch(
        &self,
        bounty: &Bounty,
        index: usize,
        listed: Listed,
        deadline: Instant,
    ) -> Result<Artifact, ScanError> {
        let download = retry(|| self.market.artifact(bounty, index, self.limits.max_size));
        let bytes = match time::timeout_at(deadline, download).await {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(error @ MarketError::TooLarge { .. })) => {
                return Err(ScanError::new(ErrorKind::TooLarge, error.to_string()));
            }
            Ok(Err(error)) => return Err(ScanError::new(ErrorKind::Unreadable, crate::chain_of(&error))),
            Err(_) => return Err(ScanError::timed_out("the download took too long")),
        };
        if bounty.kind == ArtifactKind::Url && std::str::from_utf8(&bytes).is_err() {
            return Err(ScanError::new(ErrorKind::Corrupt, "the URL is not UTF-8"));
        }
        let announced = digest_announced(&listed.metadata).map(str::to_ascii_lowercase);
        let kind = bounty.kind;
        let artifact = if bytes.len() <= HASHED_HERE {
            Artifact::new(kind, bytes)
        } else {
            let hashed = tokio::task::spawn_blocking(move || Artifact::new(kind, bytes)).await;
            hashed.map_err(|_| ScanError::new(ErrorKind::Cancelled, "shutting down"))?
        };
        if announced.is_some_and(|announced| announced != artifact.sha256()) {
            // The market takes verdicts on what it serves, so this is told and scanned all the same.
            tracing::warn!(bounty = %bounty.id, index, sha256 = artifact.sha256(), "other bytes than the poster described");
        }
        Ok(artifact.with_name(listed.name).with_metadata(listed.metadata))
    }
}

fn digest_announced(metadata: &Map<String, Value>) -> Option<&str> {
    metadata.get("sha256").and_then(Value::as_str)
}

/// Tries a request that only asks again while that can help.
async fn retry<T, F: Future<Output = Result<T, MarketError>>>(ask: impl Fn() -> F) -> Result<T, MarketError> {
    let mut tried = 0;
    loop {
        tried += 1;
        match ask().await {
            Err(error) if error.is_transient() && tried < TRIES => {
                let pause = match error {
                    MarketError::Busy { retry_after, .. } => retry_after,
                    _ => Duration::from_millis(250) * tried,
                };
                time::sleep(pause).await;
            }
            answer => return answer,
        }
    }
}
