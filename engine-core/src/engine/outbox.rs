//! The one task that owns an account's nonces on a chain: it signs, seals and sends, one step after the other.
//!
//! Steps leave in the order of their account nonces, and a step that needs several transactions takes adjacent ones.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time,
};
use tokio_util::sync::CancellationToken;

use super::{
    brakes::{Guards, Stopped},
    journal::{Journal, JournalError, Record, Sealed, Signed},
};
use crate::{
    bounty::{Assertion, Bounty, Step, evidence::Basis},
    fail_points::{is_broken, reached},
    market::{Market, MarketError, Sent},
    units::{Chain, Tick},
};

/// How often the same bytes are handed in again right away when no answer comes.
const TRIES: u32 = 3;
/// How many steps may wait.
const WAITING: usize = 64;

/// What is to leave.
pub(super) enum Parcel<M: Market> {
    /// An assertion: sealed with its secret, sent only up to `last_call`, and not at all when the engine is closing.
    Assertion { bounty: Bounty, assertion: Assertion, basis: Basis, draft: M::Draft, last_call: Tick },
    /// A later step of a sealed bounty.
    Step { record: Box<Record>, step: Step, draft: M::Draft },
    /// Bytes that are sealed already.
    Again(Sealed),
    /// A step that is sealed already, at a higher price, in the place of what took the account nonces from `nonce` on.
    Dearer { record: Box<Record>, step: Step, draft: M::Draft, nonce: u64 },
}

/// What became of a parcel.
#[derive(Debug)]
pub(super) enum Posted {
    /// Nothing was signed, or what was signed was not sealed and is forgotten.
    Dropped(DropReason),
    /// The task crashed over it: ask the journal whether it is sealed.
    Unknown,
    /// It is sealed; how the market took it.
    Sealed(Sealed, Result<Sent, MarketError>),
}

/// Why nothing left.
#[derive(Debug, thiserror::Error)]
pub(super) enum DropReason {
    #[error("it is too late")]
    Late,
    #[error("the engine is shutting down")]
    Closing,
    #[error("nothing is staked because {0}")]
    Shadow(String),
    #[error("it could not be sealed")]
    Journal(#[from] JournalError),
    #[error("the market did not help")]
    Market(#[from] MarketError),
}

impl DropReason {
    /// Whether trying again can help.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Late | Self::Closing | Self::Shadow(_) => false,
            Self::Journal(_) => true,
            Self::Market(error) => error.is_transient(),
        }
    }
}

/// Where parcels are handed in for one chain. A clone is another handle to the same task.
pub(super) struct Outbox<M: Market> {
    parcels: mpsc::Sender<(Parcel<M>, oneshot::Sender<Posted>)>,
    doubted: Arc<AtomicBool>,
}

impl<M: Market> std::fmt::Debug for Outbox<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}

impl<M: Market> Clone for Outbox<M> {
    fn clone(&self) -> Self {
        Self { parcels: self.parcels.clone(), doubted: Arc::clone(&self.doubted) }
    }
}

impl<M: Market> Outbox<M> {
    /// Starts the task. It ends when all handles are gone.
    pub(super) fn start(
        chain: Chain,
        market: Arc<M>,
        journal: Journal,
        guards: Guards<M>,
        clock: watch::Receiver<Tick>,
        closing: CancellationToken,
    ) -> Self {
        let (parcels, mut inbox) = mpsc::channel::<(Parcel<M>, oneshot::Sender<Posted>)>(WAITING);
        let doubted = Arc::new(AtomicBool::new(false));
        let mut clerk = Clerk {
            chain,
            market,
            journal,
            guards,
            clock,
            closing,
            next_nonce: None,
            doubted: Arc::clone(&doubted),
            kept: None,
        };
        tokio::spawn(async move {
            while let Some((parcel, answer)) = inbox.recv().await {
                // A crash costs one parcel: all later reveals leave through here.
                let posted =
                    AssertUnwindSafe(clerk.post(parcel)).catch_unwind().await.unwrap_or(Posted::Unknown);
                if matches!(posted, Posted::Unknown) {
                    clerk.next_nonce = None;
                }
                // Whoever asked may be gone; the journal knows.
                let _ = answer.send(posted);
            }
        });
        Self { parcels, doubted }
    }

    /// What was sent does not show on the chain: the node may have lost it, and with it the count of nonces. A gap in them would
    /// block every later step, so the node is asked before the next signature.
    pub(super) fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
    }

    /// Has a parcel signed, sealed and sent.
    pub(super) async fn post(&self, parcel: Parcel<M>) -> Posted {
        let (answer, posted) = oneshot::channel();
        // Either fails only when the runtime ends, and the task with it.
        let _ = self.parcels.send((parcel, answer)).await;
        posted.await.unwrap_or(Posted::Unknown)
    }
}

struct Clerk<M: Market> {
    chain: Chain,
    market: Arc<M>,
    journal: Journal,
    guards: Guards<M>,
    clock: watch::Receiver<Tick>,
    closing: CancellationToken,
    /// The next free account nonce, as far as we know; `None`: ask the node.
    next_nonce: Option<u64>,
    /// Whether `next_nonce` is to be asked for again.
    doubted: Arc<AtomicBool>,
    /// What the journal keeps of what the market learned, as far as this task wrote it.
    kept: Option<String>,
}

impl<M: Market> Clerk<M> {
    async fn post(&mut self, parcel: Parcel<M>) -> Posted {
        let sealed = match self.seal(parcel).await {
            Ok(sealed) => sealed,
            Err(reason) => return Posted::Dropped(reason),
        };
        reached(sealed.step(), "sealed");
        let sent = self.send(&sealed).await;
        reached(sealed.step(), "sent");
        let after = sealed.signed().transactions.last().map(|t| t.nonce.saturating_add(1));
        self.next_nonce = match &sent {
            // Bytes from before a restart say nothing of what else waits in the pool: then the node is asked.
            Ok(Sent::Pooled | Sent::Decided(_)) => {
                self.next_nonce.map(|next| after.map_or(next, |after| next.max(after)))
            }
            Ok(Sent::Spent) | Err(_) if is_broken("no gap in the nonces") => after,
            Ok(Sent::Spent) | Err(_) => None,
        };
        Posted::Sealed(sealed, sent)
    }

    async fn seal(&mut self, parcel: Parcel<M>) -> Result<Sealed, DropReason> {
        match parcel {
            Parcel::Assertion { bounty, assertion, basis, draft, last_call } => {
                if self.closing.is_cancelled() {
                    return Err(DropReason::Closing);
                }
                if *self.clock.borrow() > last_call {
                    return Err(DropReason::Late);
                }
                // Held until the stake is sealed: what is at risk must not grow in between.
                let brakes = Arc::clone(&self.guards.brakes);
                let _turn = match brakes.turn(assertion.cost(basis.fee)).await {
                    Ok(turn) => turn,
                    Err(Stopped::Shadow(why)) => {
                        self.guards.shadow.keep(&bounty, assertion, &basis, &why).await;
                        return Err(DropReason::Shadow(why));
                    }
                    Err(Stopped::Journal(error)) => return Err(error.into()),
                };
                self.keep_learned().await?;
                let signed = self.sign(draft).await?;
                reached(Step::Assert, "signed");
                Ok(self.journal.seal(&bounty, &assertion, &basis, signed).await?)
            }
            Parcel::Step { record, step, draft } => {
                let signed = self.sign(draft).await?;
                reached(step, "signed");
                Ok(self.journal.seal_step(&record, step, signed).await)
            }
            Parcel::Again(sealed) => Ok(sealed),
            Parcel::Dearer { record, step, draft, nonce } => {
                let signed = self.market.sign(draft, nonce)?;
                Ok(self.journal.seal_step(&record, step, signed).await)
            }
        }
    }

    /// The draft may have taught the market something that has to hold from now on.
    async fn keep_learned(&mut self) -> Result<(), JournalError> {
        let learned = self.market.learned(self.chain);
        if let Some(text) = learned.as_ref()
            && learned != self.kept
        {
            self.journal.set_learned(self.chain, text.clone()).await?;
            self.kept = learned;
        }
        Ok(())
    }

    /// Signs with the next account nonces. They are taken only when the bytes are sent: if sealing fails, the next step gets them.
    async fn sign(&mut self, draft: M::Draft) -> Result<Signed, MarketError> {
        if self.doubted.swap(false, Ordering::Relaxed) && !is_broken("no gap in the nonces") {
            self.next_nonce = None;
        }
        let nonce = match self.next_nonce {
            Some(nonce) => nonce,
            None => *self.next_nonce.insert(self.market.nonce(self.chain).await?),
        };
        self.market.sign(draft, nonce)
    }

    async fn send(&self, sealed: &Sealed) -> Result<Sent, MarketError> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.market.send(sealed).await {
                Err(error) if error.is_transient() && tried < TRIES => {
                    let pause = match &error {
                        MarketError::Busy { retry_after, .. } => *retry_after,
                        _ => Duration::from_millis(200) * tried,
                    };
                    tracing::warn!(bounty = %sealed.id(), step = %sealed.step(), %error, "sending the same bytes again");
                    time::sleep(pause).await;
                }
                sent => return sent,
            }
        }
    }
}
