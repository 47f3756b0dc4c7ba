//! A marketplace: events in; assert, reveal and settle out.

mod backoff;
#[cfg(feature = "polyswarmd")]
pub mod polyswarmd;

use std::time::Duration;

use serde_json::{Map, Value};

use crate::{
    bounty::{
        Assertion, Bounty, BountyId, Step,
        commitment::{Commitment, Secret},
        fate::{Fate, Placed, Terms},
    },
    engine::journal::{Sealed, Signed},
    units::{Chain, Nct},
};

/// One artifact of a bounty, before its bytes are fetched.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// What its poster called it; may be empty.
    pub name: String,
    /// What its poster said of it; may be empty.
    pub metadata: Map<String, Value>,
}

/// What is to be drafted for a bounty.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// Post the commitment and the bids.
    Assert(&'a Assertion),
    /// Open the commitment of the assertion with this index.
    Reveal {
        /// What was asserted.
        assertion: &'a Assertion,
        /// The assertion's index within its bounty.
        index: u64,
    },
    /// Take the payout of what was asserted.
    Settle(&'a Assertion),
}

impl Action<'_> {
    /// The step that it is.
    pub fn step(&self) -> Step {
        match self {
            Self::Assert(_) => Step::Assert,
            Self::Reveal { .. } => Step::Reveal,
            Self::Settle(_) => Step::Settle,
        }
    }
}

/// How the market took signed bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// All of it is in the pool, now or already before.
    Pooled,
    /// An account nonce of it is used up: it was mined before, or something else was. Ask which.
    Spent,
    /// The market decides at once, and there is nothing to wait for: this came of it.
    Decided(Fate),
}

/// A marketplace, seen from the engine. Its events come through the channel that its constructor returns.
///
/// Calls may run at once from many tasks. None of them retries by itself unless it says so; each ends within a time of the
/// market's own choosing. `sign` and `send` are called by one task a chain, in the order of account nonces.
pub trait Market: Send + Sync + 'static {
    /// Something the node built and that was compared, field by field, with what we asked for.
    type Draft: Send + 'static;

    /// What this market has.
    fn terms(&self) -> Terms;

    /// Our account, as the market writes it.
    fn account(&self) -> String;

    /// Binds our account to verdicts that only `secret` opens. No I/O.
    fn commit(&self, verdicts: &[bool], secret: Secret) -> Result<Commitment, MarketError>;

    /// The artifacts of a bounty, in order.
    fn artifacts(&self, bounty: &Bounty) -> impl Future<Output = Result<Vec<Listed>, MarketError>> + Send;

    /// The bytes of one artifact, at most `max_size` of them.
    fn artifact(
        &self,
        bounty: &Bounty,
        index: usize,
        max_size: u64,
    ) -> impl Future<Output = Result<bytes::Bytes, MarketError>> + Send;

    /// How many artifacts the market will pay for; verdicts past that are lost bids. `u64::MAX`: all that are listed.
    fn artifact_count(&self, id: BountyId) -> impl Future<Output = Result<u64, MarketError>> + Send;

    /// What our account holds.
    fn balance(&self, chain: Chain) -> impl Future<Output = Result<Nct, MarketError>> + Send;

    /// Has the node build a step, and compares each field of what it built.
    fn draft(
        &self,
        id: BountyId,
        action: Action<'_>,
    ) -> impl Future<Output = Result<Self::Draft, MarketError>> + Send;

    /// Whether our account can pay for a draft and, at twice its price, for a reveal and a settlement of each of `staked` bounties.
    /// Asked before an assertion is sealed. A market whose steps cost nothing has nothing to say.
    ///
    /// # Errors
    /// [`MarketError::Refused`] when it cannot pay: nothing is staked.
    fn reserve(
        &self,
        chain: Chain,
        draft: &Self::Draft,
        staked: u64,
    ) -> impl Future<Output = Result<(), MarketError>> + Send {
        let _ = (chain, draft, staked);
        std::future::ready(Ok(()))
    }
    /// The step of sealed bytes at a higher price, where the market has become dearer since: to be signed with the same account
    /// nonces and sealed in their place. `None`, the default: the same bytes are as good as any.
    fn dearer(
        &self,
        sealed: &Sealed,
        action: Action<'_>,
    ) -> impl Future<Output = Result<Option<Self::Draft>, MarketError>> + Send {
        let _ = (sealed, action);
        std::future::ready(Ok(None))
    }
    /// The account's next free nonce, what waits in the node's pool counted in.
    fn nonce(&self, chain: Chain) -> impl Future<Output = Result<u64, MarketError>> + Send;

    /// Signs a draft with account nonces from `nonce` on. No I/O.
    fn sign(&self, draft: Self::Draft, nonce: u64) -> Result<Signed, MarketError>;

    /// Hands in signed bytes. It takes what only the journal can make, so nothing leaves that is not on disk.
    fn send(&self, sealed: &Sealed) -> impl Future<Output = Result<Sent, MarketError>> + Send;

    /// Waits for what came of signed bytes, as long as the market lets one wait.
    fn fate(&self, sealed: &Sealed) -> impl Future<Output = Result<Fate, MarketError>> + Send;

    /// What was learned of a chain and has to hold from now on (pinned contract addresses), as text for
    /// [`recall`](Self::recall). It is kept in the journal before the first assertion on the chain leaves.
    fn learned(&self, chain: Chain) -> Option<String> {
        let _ = chain;
        None
    }

    /// Takes back what was learned before a restart. An error if it contradicts the settings.
    fn recall(&self, chain: Chain, learned: &str) -> Result<(), MarketError> {
        let _ = (chain, learned);
        Ok(())
    }

    /// How a bounty was decided: for each artifact whether it is malicious; `None` as long as nobody voted. A market that does not tell
    /// has nothing to say.
    fn truth(&self, id: BountyId) -> impl Future<Output = Result<Option<Vec<bool>>, MarketError>> + Send {
        let _ = id;
        std::future::ready(Ok(None))
    }
    /// Looks for our assertion of this commitment.
    fn find(
        &self,
        id: BountyId,
        assertion: &Assertion,
    ) -> impl Future<Output = Result<Option<Placed>, MarketError>> + Send;
}

/// Why the market did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MarketError {
    /// No answer, or none that can be read: whether the request was carried out is not known.
    #[error("no answer to {request}")]
    Lost {
        /// Which request.
        request: String,
        /// What happened to it.
        source: crate::BoxError,
    },
    /// The market wants to be left alone for a while; nothing was carried out.
    #[error("asked to wait {retry_after:?} before {request}")]
    Busy {
        /// Which request.
        request: String,
        /// For how long.
        retry_after: Duration,
    },
    /// The market said no.
    #[error("{request} was refused: {reason}")]
    Refused {
        /// Which request.
        request: String,
        /// In the market's own words, shortened.
        reason: String,
    },
    /// What the node wants signed is not what we asked for: nothing is signed.
    #[error("the node built something else than was asked for: {what}")]
    Mismatch {
        /// Which field, what was expected and what was there.
        what: String,
    },
    /// The artifact has more bytes than are allowed.
    #[error("more than {max_size} bytes")]
    TooLarge {
        /// How many are allowed.
        max_size: u64,
    },
}

impl MarketError {
    /// Whether asking again later can help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Lost { .. } | Self::Busy { .. })
    }
}
