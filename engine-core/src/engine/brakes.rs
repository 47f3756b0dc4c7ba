//! What keeps the engine from staking: its operator, or a limit that was passed.
//!
//! A limit that is passed once stops all staking until somebody has looked and [resumed](super::journal::Beside::resume), also after
//! a restart. Meanwhile bounties are scanned as before, what would have been staked is kept, and what is owed is revealed and settled.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    journal::{Journal, JournalError},
    shadow::Shadow,
};
use crate::units::Nct;

/// When to stop staking. By default never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caution {
    /// Stake nothing, by choice.
    pub shadow: bool,
    /// The most that may be staked at once, fees included, in all that is not over.
    pub max_at_risk: Option<Nct>,
    /// The most that may be lost in a day, fees included.
    pub max_loss_per_day: Option<Nct>,
    /// What has to be left on the account after a stake.
    pub min_balance: Option<Nct>,
    /// How often each backend has to find its test file.
    pub canary: Option<std::time::Duration>,
}

/// The brakes of a running engine.
#[derive(Debug)]
pub(super) struct Brakes {
    caution: Caution,
    journal: Journal,
    tripped: Mutex<Option<Tripped>>,
    /// Held from the look at what is at risk until the stake is sealed: two chains share the limits.
    turn: tokio::sync::Mutex<()>,
}

/// A limit was passed.
#[derive(Clone, Debug)]
struct Tripped {
    why: String,
    /// Whether the journal says so too: only there can somebody take it back.
    is_kept: bool,
}

/// What says whether anything is staked, and keeps what is not.
#[derive(Debug)]
pub(super) struct Guards<M> {
    pub(super) brakes: Arc<Brakes>,
    pub(super) shadow: Arc<Shadow<M>>,
}

impl<M> Clone for Guards<M> {
    fn clone(&self) -> Self {
        Self { brakes: Arc::clone(&self.brakes), shadow: Arc::clone(&self.shadow) }
    }
}

/// The right to seal one stake.
#[derive(Debug)]
pub(super) struct Turn<'a>(#[expect(dead_code, reason = "it is held")] tokio::sync::MutexGuard<'a, ()>);

impl Brakes {
    /// As they were left by an earlier run.
    pub(super) async fn new(caution: Caution, journal: Journal) -> Result<Self, JournalError> {
        let tripped = journal.tripped().await?;
        if let Some(why) = &tripped {
            tracing::error!(
                why,
                "a brake is on since an earlier run: nothing is staked until it is resumed (command `resume`)"
            );
        }
        Ok(Self {
            caution,
            journal,
            tripped: Mutex::new(tripped.map(|why| Tripped { why, is_kept: true })),
            turn: tokio::sync::Mutex::new(()),
        })
    }

    /// How often the scanner is tested.
    pub(super) fn canary(&self) -> Option<std::time::Duration> {
        self.caution.canary
    }

    /// Why nothing is staked, if that is so.
    pub(super) fn shadow(&self) -> Option<String> {
        let by_choice = || self.caution.shadow.then(|| "of --shadow".to_owned());
        self.tripped().as_ref().map(|tripped| tripped.why.clone()).or_else(by_choice)
    }

    /// Stops all staking. Should the journal not take it, it holds for as long as this process runs.
    pub(super) async fn trip(&self, why: String) {
        {
            let mut tripped = self.tripped();
            if tripped.is_some() {
                return;
            }
            *tripped = Some(Tripped { why: why.clone(), is_kept: false });
        }
        tracing::error!(
            why,
            "a brake is on: nothing is staked until it is resumed (command `resume`); what is owed is revealed and settled"
        );
        match self.journal.trip(why).await {
            Ok(()) => {
                if let Some(tripped) = self.tripped().as_mut() {
                    tripped.is_kept = true;
                }
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the brake is not in the journal: it is on until this engine ends"
            ),
        }
    }

    /// Looks whether somebody resumed.
    pub(super) async fn look(&self) {
        let is_kept = self.tripped().as_ref().is_some_and(|tripped| tripped.is_kept);
        if is_kept && matches!(self.journal.tripped().await, Ok(None)) {
            *self.tripped() = None;
            tracing::warn!("resumed: staking again");
        }
    }

    /// Whether a balance allows what is `needed`.
    pub(super) async fn balance(&self, balance: Nct, needed: Nct) {
        let left = balance.saturating_sub(needed);
        if let Some(least) = self.caution.min_balance.filter(|least| left < *least) {
            self.trip(format!("the balance would fall to {left}, under --min-balance {least}")).await;
        }
    }

    /// Waits for the turn to stake `cost`, fee included, and gives it if all limits allow.
    pub(super) async fn turn(&self, cost: Nct) -> Result<Turn<'_>, Stopped> {
        let turn = self.turn.lock().await;
        if let Some(most) = self.caution.max_at_risk {
            let risk = Nct(self.journal.at_risk().await?.0.saturating_add(cost.0));
            if risk > most {
                self.trip(format!("{risk} would be at risk, over --max-at-risk {most}")).await;
            }
        }
        if let Some(most) = self.caution.max_loss_per_day {
            let lost = self.journal.lost_today().await?;
            if lost > most {
                self.trip(format!("{lost} were lost within a day, over --max-loss-per-day {most}")).await;
            }
        }
        match self.shadow() {
            Some(why) => Err(Stopped::Shadow(why)),
            None => Ok(Turn(turn)),
        }
    }

    fn tripped(&self) -> MutexGuard<'_, Option<Tripped>> {
        self.tripped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no turn.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    /// Nothing is staked.
    #[error("nothing is staked because {0}")]
    Shadow(String),
    /// What is at risk is not known.
    #[error("the journal")]
    Journal(#[from] JournalError),
}
