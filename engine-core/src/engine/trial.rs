//! A trial run (`--testing N`): so many bounties, then the end. Whatever goes wrong with the stake ends it at once.
//!
//! It counts bounties that were taken up in this run. One on which nothing is staked in the end (filtered, no opinion, too late) gives its
//! place to another; one that is only watched (`--shadow`) counts as settled. What was owed before is brought to an end beside them, and is
//! not counted.

use std::{
    collections::HashSet,
    num::NonZeroU64,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use crate::bounty::{
    BountyId,
    machine::{Outcome, Skipped},
};

/// What ended a trial before its last settlement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the trial failed (--testing): {reason}")]
pub struct TrialFailed {
    /// What went wrong first.
    pub reason: String,
}

/// A trial run; without a number it has no end. A clone is another handle to the same one.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    bounties: Option<NonZeroU64>,
    places: Arc<Mutex<Places>>,
    over: CancellationToken,
}

#[derive(Debug, Default)]
struct Places {
    /// Those that are under way.
    taken: HashSet<BountyId>,
    settled: u64,
    failed: Option<String>,
}

impl Trial {
    /// A run of so many bounties; 0: without an end.
    pub fn new(bounties: u64) -> Self {
        Self { bounties: NonZeroU64::new(bounties), ..Self::default() }
    }

    /// How it ended.
    ///
    /// # Errors
    /// What went wrong first, if anything did.
    pub fn outcome(&self) -> Result<(), TrialFailed> {
        let failed = self.places().failed.clone();
        failed.map_or(Ok(()), |reason| Err(TrialFailed { reason }))
    }

    /// Waits until the last settlement, or until something goes wrong.
    pub(super) async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Whether there is a place for one more bounty.
    pub(super) fn has_place(&self) -> bool {
        let places = self.places();
        let held = u64::try_from(places.taken.len()).unwrap_or(u64::MAX).saturating_add(places.settled);
        self.bounties.is_none_or(|bounties| held < bounties.get() && !self.over.is_cancelled())
    }

    /// A bounty is taken up.
    pub(super) fn take(&self, id: BountyId) {
        if self.bounties.is_some() {
            self.places().taken.insert(id);
        }
    }

    /// A bounty came to this end.
    pub(super) fn ended(&self, id: BountyId, outcome: Outcome) {
        let mut places = self.places();
        if !places.taken.remove(&id) {
            return;
        }
        match outcome {
            Outcome::Settled { .. } | Outcome::Skipped(Skipped::Shadow) => {
                places.settled = places.settled.saturating_add(1)
            }
            Outcome::Skipped(Skipped::Refused) => {
                drop(places);
                return self.fail(|| format!("nothing could be staked on {id}, see the log for the cause"));
            }
            Outcome::Missed(step) => {
                drop(places);
                return self.fail(|| format!("the {step} of {id} was missed, see the log for the cause"));
            }
            Outcome::Skipped(_) => {}
        }
        if self.bounties.is_some_and(|bounties| places.settled >= bounties.get()) {
            tracing::info!(settled = places.settled, "the trial is over");
            self.over.cancel();
        }
    }

    /// Something went wrong: the first reason is the one that is told, and after the last settlement none is. Without a number of
    /// bounties, going on is right.
    pub(super) fn fail(&self, reason: impl FnOnce() -> String) {
        if self.bounties.is_some() && !self.over.is_cancelled() {
            self.places().failed.get_or_insert_with(reason);
            self.over.cancel();
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
