//! What is noted of a bounty as it goes on, and what is done when it is over.

use std::time::Duration;

use tokio::time::Instant;

use super::driver::Driver;
use crate::{
    bounty::{
        BountyId, Step,
        machine::{Outcome, Stage},
    },
    fail_points::reached,
    market::Market,
    scanner::Scanner,
};

/// How long a pruned journal is left alone.
const PRUNED_EVERY: Duration = Duration::from_secs(86_400);

impl<M: Market, S: Scanner> Driver<M, S> {
    /// Keeps on disk how far a staked bounty has come. If that fails the market is asked again after a restart: nothing is lost.
    pub(super) async fn note(&mut self, id: BountyId) {
        let Some(entry) = self.book.get_mut(id) else { return };
        let (stage, index) = (entry.machine.stage(), entry.machine.index());
        let worth_it =
            !matches!(stage, Stage::Open | Stage::Signed(_)) && self.noted.get(&id) != Some(&stage);
        if worth_it {
            let done = match stage {
                Stage::Done(step) => Some(step),
                Stage::Over(Outcome::Settled { .. }) => Some(Step::Settle),
                _ => None,
            };
            done.inspect(|step| reached(*step, "told"));
            if let Stage::Done(step) = stage {
                tracing::info!(bounty = %id, %step, index, "done");
            }
            match self.journal.note(id, stage, index).await {
                Ok(()) => {
                    self.noted.insert(id, stage);
                    done.inspect(|step| reached(*step, "noted"));
                }
                Err(error) => {
                    tracing::error!(bounty = %id, error = &error as &dyn std::error::Error, "cannot write the journal");
                    if matches!(stage, Stage::Over(_)) {
                        self.unnoted.insert(id, (stage, index));
                    }
                }
            }
        }
    }

    /// What is over is out of the book, whether the journal could be written or not: it is told when it can be written again.
    pub(super) async fn note_what_is_over(&mut self) {
        while let Some((&id, &(stage, index))) = self.unnoted.first_key_value() {
            if self.journal.note(id, stage, index).await.is_err() {
                return;
            }
            self.unnoted.remove(&id);
        }
    }

    /// Forgets what was over long ago: a part in each tick, until there is no more of it, and again a day later.
    pub(super) async fn prune(&mut self) {
        if Instant::now() < self.prune_at {
            return;
        }
        match self.journal.prune(self.plan.keep).await {
            Ok(true) => {}
            Ok(false) => self.prune_at = Instant::now() + PRUNED_EVERY,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what is over stays in the journal for now"
                );
                self.prune_at = Instant::now() + PRUNED_EVERY;
            }
        }
    }

    pub(super) fn over(&mut self, id: BountyId, outcome: Outcome) {
        match outcome {
            Outcome::Settled { payout } => {
                tracing::info!(bounty = %id, payout = payout.map(|p| p.to_string()), "settled")
            }
            Outcome::Skipped(why) => tracing::info!(bounty = %id, ?why, "skipped"),
            Outcome::Missed(Step::Assert) => {
                tracing::warn!(bounty = %id, "not asserted, nothing is staked")
            }
            Outcome::Missed(Step::Reveal) => {
                tracing::error!(bounty = %id, "not revealed in time, its bids may be lost: was the node out of reach, or the engine off?");
            }
            Outcome::Missed(Step::Settle) => {
                tracing::error!(bounty = %id, "given up, its payout was not taken: settle it by hand");
            }
        }
        self.trial.ended(id, outcome);
        self.forget(id);
    }

    pub(super) fn forget(&mut self, id: BountyId) {
        self.stop_scan(id);
        self.queue.remove(id);
        self.book.remove(id);
        self.uncharged.remove(id);
        self.noted.remove(&id);
    }

    pub(super) fn stop_scan(&mut self, id: BountyId) {
        if let Some(scan) = self.scans.remove(&id) {
            scan.abort();
        }
    }
}
