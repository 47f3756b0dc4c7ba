//! A polyswarmd node as a market: in its ethereum variant contracts, signed transactions, commit and reveal; in its fast variant signed
//! JSON and nothing after the assertion.
//!
//! ```text
//! socket ─► wire ─► session ─► Heard            what the node tells
//! missed ─────────────┘                         what it told while nobody listened
//! lookup · download · find ─► rest              what it is asked
//! draft ─► verify ─► sign ─► transactions       what it is made to do
//! gas                                           what that may cost
//! variant · fast                                what differs on a fast node
//! ```
//!
//! Each file holds one of these; [`connect`](Polyswarmd::connect) puts them together. No file here decides about a bounty.

pub mod address;
pub mod calldata;
mod connect;
mod download;
mod draft;
mod envelope;
pub mod fast;
mod find;
mod gas;
pub mod keystore;
mod lanes;
mod lookup;
mod missed;
mod options;
mod pause;
mod pins;
mod rest;
mod reveal;
mod session;
pub mod sign;
mod socket;
mod tls;
mod transactions;
mod uri;
mod variant;
pub mod verify;
mod wire;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use self::{address::Address, keystore::Wallet, rest::Rest, verify::Pins};
pub use self::{
    connect::ConnectError,
    draft::Draft,
    options::{ChainOptions, Options, Timeouts},
    variant::Variant,
};
use crate::{
    bounty::{
        Assertion, Bounty, BountyId, Parameters,
        commitment::{Commitment, Secret},
        fate::{Fate, Placed, Terms},
    },
    engine::journal::{Sealed, Signed},
    market::{Action, Listed, Market, MarketError, Sent},
    units::{Chain, Nct},
};

/// A node, one account on it, and the chains that are worked on.
#[derive(Debug)]
pub struct Polyswarmd {
    variant: Variant,
    rest: Arc<Rest>,
    wallet: Wallet,
    chains: BTreeMap<Chain, Shared>,
    tasks: TaskTracker,
}

/// What is known of a chain.
#[derive(Debug)]
struct Shared {
    options: ChainOptions,
    /// What transactions must hold; what is unset is learned from the first assertion.
    pins: Mutex<Pins>,
    /// What the market asks for now, kept up to date by the chain's session.
    parameters: watch::Receiver<Parameters>,
}

impl Shared {
    fn new(options: ChainOptions, parameters: watch::Receiver<Parameters>) -> Self {
        Self { options, pins: Mutex::new(options.pins), parameters }
    }

    fn pins(&self) -> MutexGuard<'_, Pins> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Polyswarmd {
    /// Which kind of node it is.
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// Where the node is.
    pub fn address(&self) -> &Address {
        self.rest.address()
    }

    /// What the transactions of `chain` must hold, as set at the start or learned since.
    pub fn pins(&self, chain: Chain) -> Option<Pins> {
        Some(*self.chains.get(&chain)?.pins())
    }

    /// Waits until nothing of it runs any more, after the token given to [`connect`](Self::connect) was cancelled.
    pub async fn closed(&self) {
        self.tasks.wait().await;
    }

    /// What the market asks for now.
    fn parameters(&self, chain: Chain) -> Result<Parameters, MarketError> {
        Ok(*self.shared(chain)?.parameters.borrow())
    }

    fn shared(&self, chain: Chain) -> Result<&Shared, MarketError> {
        self.chains.get(&chain).ok_or_else(|| MarketError::Refused {
            request: format!("work on {chain}"),
            reason: "this chain was not chosen at the start".to_owned(),
        })
    }
}

impl Market for Polyswarmd {
    type Draft = Draft;

    fn terms(&self) -> Terms {
        self.variant.terms()
    }

    fn account(&self) -> String {
        self.rest.account().to_owned()
    }

    fn commit(&self, verdicts: &[bool], secret: Secret) -> Result<Commitment, MarketError> {
        Commitment::new(self.wallet.address(), verdicts, secret).map_err(|error| MarketError::Refused {
            request: "to commit to verdicts".to_owned(),
            reason: error.to_string(),
        })
    }

    async fn artifacts(&self, bounty: &Bounty) -> Result<Vec<Listed>, MarketError> {
        lookup::artifacts(&self.rest, bounty).await
    }

    async fn artifact(&self, bounty: &Bounty, index: usize, max_size: u64) -> Result<Bytes, MarketError> {
        let path = format!("{}{index}/", lookup::artifacts_path(bounty)?);
        download::artifact(&self.rest, &path, max_size).await
    }

    async fn artifact_count(&self, id: BountyId) -> Result<u64, MarketError> {
        match self.variant {
            Variant::Ethereum => lookup::artifact_count(&self.rest, id).await,
            Variant::Fast => Ok(u64::MAX),
        }
    }

    async fn balance(&self, chain: Chain) -> Result<Nct, MarketError> {
        match self.variant {
            Variant::Ethereum => lookup::balance(&self.rest, chain).await,
            Variant::Fast => fast::balance(&self.rest, chain).await,
        }
    }

    async fn draft(&self, id: BountyId, action: Action<'_>) -> Result<Draft, MarketError> {
        match self.variant {
            Variant::Ethereum => draft::draft(self, id, action).await,
            Variant::Fast => fast::draft(self.rest.account(), id, action),
        }
    }

    async fn nonce(&self, chain: Chain) -> Result<u64, MarketError> {
        match self.variant {
            Variant::Ethereum => lookup::nonce(&self.rest, chain).await,
            Variant::Fast => Ok(0),
        }
    }

    async fn reserve(&self, chain: Chain, draft: &Draft, staked: u64) -> Result<(), MarketError> {
        gas::reserve(self, chain, draft, staked).await
    }

    async fn dearer(&self, sealed: &Sealed, action: Action<'_>) -> Result<Option<Draft>, MarketError> {
        gas::dearer(self, sealed, action).await
    }

    fn sign(&self, draft: Draft, nonce: u64) -> Result<Signed, MarketError> {
        match draft {
            Draft::Transactions(verified) => sign::sign(&self.wallet, &verified, nonce),
            Draft::Message(message) => message.sign(&self.wallet),
        }
    }

    async fn send(&self, sealed: &Sealed) -> Result<Sent, MarketError> {
        match self.variant {
            Variant::Ethereum => transactions::send(&self.rest, sealed).await,
            Variant::Fast => fast::send(&self.rest, sealed).await,
        }
    }

    async fn fate(&self, sealed: &Sealed) -> Result<Fate, MarketError> {
        match self.variant {
            Variant::Ethereum => transactions::fate(&self.rest, sealed).await,
            Variant::Fast => fast::fate(&self.rest, sealed).await,
        }
    }

    fn learned(&self, chain: Chain) -> Option<String> {
        let pins = self.pins(chain)?;
        serde_json::to_string(&pins).ok().filter(|_| pins != Pins::default())
    }

    fn recall(&self, chain: Chain, learned: &str) -> Result<(), MarketError> {
        pins::recall(&mut self.shared(chain)?.pins(), learned)
    }

    async fn truth(&self, id: BountyId) -> Result<Option<Vec<bool>>, MarketError> {
        match self.variant {
            Variant::Ethereum => lookup::truth(&self.rest, id).await,
            Variant::Fast => fast::truth(&self.rest, id).await,
        }
    }

    async fn find(&self, id: BountyId, assertion: &Assertion) -> Result<Option<Placed>, MarketError> {
        match self.variant {
            Variant::Ethereum => find::assertion(&self.rest, id, assertion).await,
            Variant::Fast => fast::find(&self.rest, id).await,
        }
    }
}
