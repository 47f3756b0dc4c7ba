//! Takes one step of one bounty: what is asked, built, sealed, sent and waited for, in that order.
//!
//! Each step ends with exactly one input for the bounty's machine that says what came of it.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{
    brakes::Guards,
    journal::{Journal, Record, Sealed},
    outbox::{DropReason, Outbox, Parcel, Posted},
    trial::Trial,
};
use crate::{
    bounty::{
        Assertion, Bounty, BountyId, Step, commitment::Secret, evidence::Basis, fate::Fate, machine::Input,
    },
    fail_points::{is_broken, reached},
    market::{Action, Market, MarketError, Sent},
    units::{Nct, Tick},
};

/// Everything a step needs.
#[derive(Debug)]
pub(super) struct Steps<M: Market> {
    pub(super) market: Arc<M>,
    pub(super) journal: Journal,
    pub(super) outbox: Outbox<M>,
    pub(super) guards: Guards<M>,
    pub(super) tell: mpsc::Sender<(BountyId, Input)>,
    pub(super) trial: Trial,
}

/// What the account has to have for one more assertion.
#[derive(Clone, Copy, Debug)]
pub(super) struct Means {
    /// What it costs, and all others that are sealed and not yet charged.
    pub(super) needed: Nct,
    /// How many bounties will have to be revealed and settled, this one among them.
    pub(super) staked: u64,
}

impl<M: Market> Clone for Steps<M> {
    fn clone(&self) -> Self {
        let (market, journal) = (Arc::clone(&self.market), self.journal.clone());
        let (outbox, guards) = (self.outbox.clone(), self.guards.clone());
        Self { market, journal, outbox, guards, tell: self.tell.clone(), trial: self.trial.clone() }
    }
}

impl<M: Market> Steps<M> {
    /// Stakes: nothing before the money is known to be there, and nothing at all while a brake is on.
    pub(super) async fn assert(
        self,
        bounty: Bounty,
        assertion: Assertion,
        basis: Basis,
        last_call: Tick,
        means: Means,
    ) {
        let (id, step, needed) = (bounty.id, Step::Assert, means.needed);
        if let Some(why) = self.guards.brakes.shadow() {
            self.guards.shadow.keep(&bounty, assertion, &basis, &why).await;
            return self.tell(id, Input::Withheld).await;
        }
        match self.market.balance(id.chain).await {
            // Should that put the brake on, the stake gets no turn to be sealed.
            Ok(balance) if balance >= needed => self.guards.brakes.balance(balance, needed).await,
            Ok(balance) => {
                tracing::warn!(bounty = %id, %balance, %needed, "the balance is too low, nothing is staked: add NCT to the account, or stake less (--bid-strategy)");
                self.trial.fail(|| format!("the balance is {balance}, the assertion on {id} needs {needed}"));
                return self.dropped(id, step, false).await;
            }
            Err(error) => {
                tracing::warn!(bounty = %id, error = &error as &dyn std::error::Error, "the balance is not known");
                self.failed(id, step, &error, error.is_transient());
                return self.dropped(id, step, error.is_transient()).await;
            }
        }
        let draft = self.market.draft(id, Action::Assert(&assertion)).await;
        let paid = match &draft {
            Ok(draft) => self.market.reserve(id.chain, draft, means.staked).await,
            Err(_) => Ok(()),
        };
        match draft.and_then(|draft| paid.map(|()| draft)) {
            Ok(draft) => {
                reached(step, "drafted");
                self.post(id, step, Parcel::Assertion { bounty, assertion, basis, draft, last_call }).await;
            }
            Err(error) => {
                tracing::warn!(bounty = %id, error = &error as &dyn std::error::Error, "the assertion could not be built");
                self.failed(id, step, &error, error.is_transient());
                self.dropped(id, step, error.is_transient()).await;
            }
        }
    }

    /// Takes a later step of a bounty that is in the journal.
    pub(super) async fn later(self, id: BountyId, step: Step, index: Option<u64>) {
        let Some(mut record) = self.record(id).await else {
            return self.dropped(id, step, true).await;
        };
        if is_broken("revealed with its own secret") {
            record.assertion.secret = Secret::random(&mut rand::rng());
        }
        // Should it not have been noted, it is sealed with the step.
        record.index = record.index.or(index);
        let Some(action) = action(&record, step).filter(|_| step != Step::Assert) else {
            return self.dropped(id, step, false).await;
        };
        match self.market.draft(id, action).await {
            Ok(draft) => {
                reached(step, "drafted");
                self.post(id, step, Parcel::Step { record: Box::new(record), step, draft }).await;
            }
            Err(error) => {
                tracing::warn!(bounty = %id, %step, error = &error as &dyn std::error::Error, "the step could not be built");
                self.failed(id, step, &error, error.is_transient());
                self.dropped(id, step, true).await;
            }
        }
    }

    /// Hands the very same bytes in again; if they wait because the market has become dearer, the same step for the same account nonces
    /// at a higher price, so that one of the two at most can be mined.
    pub(super) async fn again(self, id: BountyId, step: Step, index: Option<u64>) {
        let Some(mut record) = self.record(id).await else { return self.tell(id, Input::Lost(step)).await };
        record.index = record.index.or(index);
        // Sealed while the journal could not be written: to be built anew.
        let Some(sealed) = record.signed(step).filter(|_| !is_broken("the same bytes again")) else {
            return self.tell(id, Input::Spent(step)).await;
        };
        let dearer = match action(&record, step) {
            Some(action) => self.market.dearer(&sealed, action).await,
            None => Ok(None),
        };
        let dearer = dearer.unwrap_or_else(|error| {
            tracing::warn!(bounty = %id, %step, error = &error as &dyn std::error::Error, "what it would cost now is not known");
            None
        });
        let nonce = sealed.signed().transactions.first().map(|first| first.nonce);
        // What was mined in the meantime is not to be replaced, or nobody would ask for it any more: the same bytes find that out.
        match (dearer, nonce, self.outbox.post(Parcel::Again(sealed)).await) {
            (_, _, mined @ Posted::Sealed(_, Ok(Sent::Spent))) => self.posted(id, step, mined).await,
            (Some(draft), Some(nonce), _) => {
                let dearer = Parcel::Dearer { record: Box::new(record), step, draft, nonce };
                self.post(id, step, dearer).await;
            }
            (_, _, posted) => self.posted(id, step, posted).await,
        }
    }

    /// Asks the market what it holds of ours.
    pub(super) async fn ask(self, id: BountyId) {
        let Some(record) = self.record(id).await else {
            return self.tell(id, Input::Unanswered).await;
        };
        match self.market.find(id, &record.assertion).await {
            Ok(placed) => self.tell(id, Input::Found(placed)).await,
            Err(error) => {
                tracing::warn!(bounty = %id, error = &error as &dyn std::error::Error, "cannot look for our assertion");
                self.tell(id, Input::Unanswered).await;
            }
        }
    }

    async fn post(&self, id: BountyId, step: Step, parcel: Parcel<M>) {
        let posted = self.outbox.post(parcel).await;
        self.posted(id, step, posted).await;
    }

    async fn posted(&self, id: BountyId, step: Step, posted: Posted) {
        match posted {
            Posted::Unknown => self.crashed(id, Some(step)).await,
            Posted::Dropped(DropReason::Shadow(_)) => self.tell(id, Input::Withheld).await,
            Posted::Dropped(reason) => {
                tracing::warn!(bounty = %id, %step, reason = &reason as &dyn std::error::Error, "not sent");
                self.failed(
                    id,
                    step,
                    &reason,
                    reason.is_transient() || matches!(reason, DropReason::Closing),
                );
                self.dropped(id, step, reason.is_transient()).await;
            }
            Posted::Sealed(sealed, sent) => {
                self.tell(id, Input::Sealed(step)).await;
                let input = self.outcome(&sealed, sent).await;
                self.tell(id, input).await;
            }
        }
    }

    /// What came of sealed bytes. If nobody knows, they may wait behind a gap in the account's nonces, where they are never mined.
    async fn outcome(&self, sealed: &Sealed, sent: Result<Sent, MarketError>) -> Input {
        let input = self.answer(sealed, sent).await;
        reached(sealed.step(), "answered");
        if !matches!(input, Input::Lost(_)) {
            return input;
        }
        self.outbox.doubt();
        let ours = sealed.signed().transactions.first().map(|transaction| transaction.nonce);
        match self.market.nonce(sealed.id().chain).await {
            Ok(next) if ours.is_some_and(|ours| next < ours) => {
                tracing::warn!(bounty = %sealed.id(), step = %sealed.step(), ?ours, next, "its account nonce is behind a gap");
                Input::Spent(sealed.step())
            }
            _ => input,
        }
    }

    /// What the market says of sealed bytes.
    async fn answer(&self, sealed: &Sealed, sent: Result<Sent, MarketError>) -> Input {
        let (id, step) = (sealed.id(), sealed.step());
        let sent = match sent {
            Ok(Sent::Decided(fate)) => return self.fate(id, step, fate),
            Ok(sent) => sent,
            Err(error) => {
                tracing::warn!(bounty = %id, %step, error = &error as &dyn std::error::Error, "what came of it is not known");
                self.failed(id, step, &error, error.is_transient());
                return Input::Lost(step);
            }
        };
        if step == Step::Reveal && sent == Sent::Spent {
            return self.spent_reveal(sealed).await;
        }
        match (self.market.fate(sealed).await, sent) {
            (Ok(Fate::Pending), Sent::Spent) => Input::Spent(step),
            (Ok(Fate::Pending), _) => Input::Lost(step),
            (Ok(fate), _) => self.fate(id, step, fate),
            (Err(error), _) => {
                tracing::warn!(bounty = %id, %step, error = &error as &dyn std::error::Error, "what came of it is not known");
                Input::Lost(step)
            }
        }
    }

    fn fate(&self, id: BountyId, step: Step, fate: Fate) -> Input {
        if let Fate::Reverted(reason) = &fate {
            tracing::warn!(bounty = %id, %step, reason, "the market refused it");
            self.trial.fail(|| format!("the market refused the {step} of {id}: {reason}"));
        }
        Input::Fate(step, fate)
    }

    /// A reveal's account nonce is used up: by these bytes, by the same reveal at another price, or by something else. Asked for bytes
    /// that may never be mined the node would wait for them, and the window closes; its state tells at once.
    async fn spent_reveal(&self, sealed: &Sealed) -> Input {
        match self.market.find(sealed.id(), sealed.assertion()).await {
            Ok(Some(placed)) if placed.revealed => Input::Fate(Step::Reveal, Fate::Done { payout: None }),
            Ok(Some(_)) => Input::Spent(Step::Reveal),
            // A node that does not have the assertion yet is behind: its word on the reveal is worth nothing.
            Ok(None) | Err(_) => Input::Lost(Step::Reveal),
        }
    }

    /// A step (`None`: a question) ended without a word of how. The journal knows whether anything was sealed for it.
    pub(super) async fn crashed(&self, id: BountyId, step: Option<Step>) {
        let Some(step) = step else { return self.tell(id, Input::Unanswered).await };
        if self.record(id).await.and_then(|record| record.signed(step)).is_some() {
            self.tell(id, Input::Sealed(step)).await;
        } else {
            self.dropped(id, step, true).await;
        }
        // Of use only if the machine knew that the step was sealed.
        self.tell(id, Input::Lost(step)).await;
    }

    async fn record(&self, id: BountyId) -> Option<Record> {
        self.journal.record(id).await.unwrap_or_else(|error| {
            tracing::error!(bounty = %id, error = &error as &dyn std::error::Error, "the journal cannot be read");
            None
        })
    }

    /// A step failed; in a trial that is the end, unless another try can help.
    fn failed(&self, id: BountyId, step: Step, error: &dyn std::error::Error, is_transient: bool) {
        if !is_transient {
            self.trial.fail(|| format!("the {step} of {id}: {}", crate::chain_of(error)));
        }
    }

    async fn dropped(&self, id: BountyId, step: Step, again: bool) {
        self.tell(id, Input::Dropped { step, again }).await;
    }

    async fn tell(&self, id: BountyId, input: Input) {
        // The driver is gone only when the engine has stopped.
        let _ = self.tell.send((id, input)).await;
    }
}

/// What the market is to draft for a step; `None` if its index would be needed and is not known.
fn action(record: &Record, step: Step) -> Option<Action<'_>> {
    let assertion = &record.assertion;
    match step {
        Step::Assert => Some(Action::Assert(assertion)),
        Step::Reveal => record.index.map(|index| Action::Reveal { assertion, index }),
        Step::Settle => Some(Action::Settle(assertion)),
    }
}
