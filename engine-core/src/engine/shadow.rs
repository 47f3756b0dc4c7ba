//! Bounties on which nothing was staked although there was an opinion: what would have been staked, and how they were decided.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::journal::{Journal, JournalError, Watched};
use crate::{
    bounty::{Assertion, Bounty, BountyId, evidence::Basis},
    market::Market,
    units::{Chain, Tick},
};

/// A bounty that may be decided is asked for again after so many ticks.
const AGAIN: u64 = 10;
/// So many ticks after its windows a bounty that nobody voted on is left.
const GIVE_UP: u64 = 500;

/// What is watched.
#[derive(Debug)]
pub(super) struct Shadow<M> {
    market: Arc<M>,
    journal: Journal,
    waiting: Mutex<BTreeMap<BountyId, Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    assertion: Assertion,
    expiration: Tick,
    not_before: Tick,
}

/// A question whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    id: BountyId,
    is_last: bool,
}

impl<M: Market> Shadow<M> {
    /// With what an earlier run watched.
    pub(super) async fn new(market: Arc<M>, journal: Journal) -> Result<Self, JournalError> {
        let watched = journal.watched().await?;
        let shadow = Self { market, journal, waiting: Mutex::default() };
        watched.into_iter().for_each(|watched| shadow.watch(watched));
        Ok(shadow)
    }

    /// Keeps what would have been staked, and why it was not.
    pub(super) async fn keep(&self, bounty: &Bounty, assertion: Assertion, basis: &Basis, because: &str) {
        let id = bounty.id;
        tracing::info!(bounty = %id, because, verdicts = ?assertion.verdicts, mask = ?assertion.mask, "not staked, only watched");
        if let Err(error) = self.journal.watch(bounty, &assertion, basis, because).await {
            tracing::error!(bounty = %id, error = &error as &dyn std::error::Error, "cannot write the journal");
        }
        self.watch(Watched { id, expiration: bounty.expiration, assertion });
    }

    fn watch(&self, Watched { id, expiration, assertion }: Watched) {
        self.waiting().insert(id, Waiting { assertion, expiration, not_before: Tick(0) });
    }

    /// What is to be asked for now. A bounty is decided `windows` ticks after its expiration.
    pub(super) fn due(&self, chain: Chain, now: Tick, windows: u64) -> Vec<Due> {
        let mut waiting = self.waiting();
        let here = waiting.iter_mut().filter(|(id, _)| id.chain == chain);
        here.filter_map(|(id, waiting)| {
            let decided = waiting.expiration.after(windows);
            if now < decided || now < waiting.not_before {
                return None;
            }
            waiting.not_before = now.after(AGAIN);
            Some(Due { id: *id, is_last: now > decided.after(GIVE_UP) })
        })
        .collect()
    }

    /// Asks what was decided, and keeps it.
    pub(super) async fn ask(&self, Due { id, is_last }: Due) {
        let truth = match self.market.truth(id).await {
            Ok(None) if !is_last => return,
            Ok(truth) => truth,
            Err(_) if is_last => None,
            Err(error) => {
                tracing::debug!(bounty = %id, %error, "how it was decided is asked for again");
                return;
            }
        };
        let Some(Waiting { assertion, .. }) = self.waiting().remove(&id) else { return };
        match &truth {
            Some(truth) => {
                let (right, wrong) = score(&assertion, truth);
                tracing::info!(bounty = %id, right, wrong, "decided; nothing was staked on it");
            }
            None => tracing::info!(bounty = %id, "nobody decided it; nothing was staked on it"),
        }
        if let Err(error) = self.journal.decide(id, truth).await {
            tracing::error!(bounty = %id, error = &error as &dyn std::error::Error, "cannot write the journal");
        }
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<BountyId, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of the verdicts in an assertion, how many are right and how many wrong.
pub(super) fn score(assertion: &Assertion, truth: &[bool]) -> (u64, u64) {
    let all = assertion.mask.iter().zip(&assertion.verdicts).zip(truth);
    let asserted = all.filter(|((mask, _), _)| **mask);
    asserted.fold(
        (0, 0),
        |(right, wrong), ((_, verdict), truth)| {
            if verdict == truth { (right + 1, wrong) } else { (right, wrong + 1) }
        },
    )
}
