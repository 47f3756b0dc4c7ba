//! From options to a running market: what is wrong with a node is said before the first bounty.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Polyswarmd, Shared,
    address::{Address, AddressError},
    keystore::Wallet,
    lookup,
    options::Options,
    rest::Rest,
    session::{self, Session},
    tls,
    variant::Variant,
};
use crate::{
    bounty::event::Heard,
    market::{MarketError, backoff::Backoff},
    units::Chain,
};

/// How many events wait for the engine before the sockets are read more slowly.
const QUEUE: usize = 256;
/// How often the node is asked at the start.
pub(super) const TRIES: u32 = 3;

/// Why there is no market. Each message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The key would go over the wire in clear.
    #[error(
        "an API key over plain http can be read by anybody on the way; use https, or allow it (--allow-key-over-http)"
    )]
    KeyOverHttp,
    /// No chain was chosen.
    #[error("there is no chain to work on; choose `side` or `home` (--chains)")]
    NoChain,
    /// Gas on the home chain costs money, so nothing is learned there.
    #[error(
        "on {0}, the chain id and the addresses of token and registry must be set (the settings' table [chains.{0}]): \
         otherwise the node decides where your money goes"
    )]
    Unpinned(Chain),
    /// No HTTP client can be made of this machine's TLS.
    #[error("the HTTPS client cannot be set up")]
    Client(#[source] crate::BoxError),
    /// Nobody is there, or somebody else.
    #[error("there is no polyswarmd node at {address}; check the address and that the node runs")]
    NoNode {
        /// Where it was looked for.
        address: Address,
        /// What was there instead.
        source: MarketError,
    },
    /// It wants a key, or another one.
    #[error("the node at {address} refuses us ({reason}); check the API key (API_KEY or --api-key-file)")]
    Unauthorized {
        /// Where it is.
        address: Address,
        /// In its own words.
        reason: String,
    },
    /// It answers, but not as a node.
    #[error(
        "the node at {address} did not say which variant it is: {reason}; check the address, path included"
    )]
    Unclear {
        /// Where it is.
        address: Address,
        /// What it said.
        reason: String,
    },
}

impl Polyswarmd {
    /// Looks at the node, takes each chain's parameters, and starts to listen. The events come through the receiver; that
    /// it closes while `cancel` is not cancelled is an error, of which the log has the cause.
    ///
    /// # Errors
    /// [`ConnectError`] when the options contradict themselves, or when the node is none that can be worked with. A node
    /// that does not answer is asked three times.
    pub async fn connect(
        options: Options,
        wallet: Wallet,
        cancel: CancellationToken,
    ) -> Result<(Self, mpsc::Receiver<Heard>), ConnectError> {
        let address = check(&options)?;
        let client = |error: crate::BoxError| ConnectError::Client(error);
        let tls = tls::client_config().map_err(|error| client(error.into()))?;
        let account = wallet.address().to_checksum(None);
        let rest =
            Rest::new(address.clone(), options.api_key.as_ref(), account, options.timeouts, tls.clone());
        let rest = rest.map_err(|error| client(error.into()))?;
        let tls = Arc::new(tls);
        let variant = Variant::of_node(&rest, &address).await?;
        let rest = Arc::new(if variant == Variant::Fast { rest.with_slashes() } else { rest });

        let (heard, events) = mpsc::channel(QUEUE);
        let (mut sessions, mut chains) = (Vec::new(), BTreeMap::new());
        for (chain, options) in options.chains {
            let now = patiently(&rest, || lookup::parameters(&rest, chain)).await;
            let now = now.map_err(|error| failed(&address, error))?;
            let (parameters, current) = watch::channel(now);
            chains.insert(chain, Shared::new(options, current));
            sessions.push(Session {
                chain,
                variant,
                url: address.events(chain),
                rest: Arc::clone(&rest),
                tls: Arc::clone(&tls),
                heard: heard.clone(),
                parameters,
                clock: watch::Sender::default(),
            });
        }
        let tasks = TaskTracker::new();
        tasks.spawn(session::run_all(sessions, cancel));
        tasks.close();
        Ok((Self { variant, rest, wallet, chains, tasks }, events))
    }
}

/// What can be known without the node.
fn check(options: &Options) -> Result<Address, ConnectError> {
    let address = Address::new(&options.address, options.insecure_transport)?;
    if options.api_key.is_some() && address.is_plain() && !options.allow_key_over_http {
        return Err(ConnectError::KeyOverHttp);
    }
    if options.chains.is_empty() {
        return Err(ConnectError::NoChain);
    }
    match options.chains.get(&Chain::Home) {
        Some(home) if !home.pins.are_complete() => Err(ConnectError::Unpinned(Chain::Home)),
        _ => Ok(address),
    }
}

/// What an answer of the wrong kind means before there is a market.
pub(super) fn failed(address: &Address, error: MarketError) -> ConnectError {
    match error {
        MarketError::Refused { reason, .. } => ConnectError::Unclear { address: address.clone(), reason },
        source => ConnectError::NoNode { address: address.clone(), source },
    }
}

/// Asks until there is an answer, a few times.
pub(super) async fn patiently<T, F>(rest: &Rest, ask: impl Fn() -> F) -> Result<T, MarketError>
where
    F: Future<Output = Result<T, MarketError>>,
{
    let timeouts = &rest.timeouts;
    let mut waits = Backoff::new(timeouts.first_wait, timeouts.longest_wait, timeouts.stable);
    for _ in 1..TRIES {
        match ask().await {
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "the node is asked again");
                tokio::time::sleep(waits.next(rand::random())).await;
            }
            other => return other,
        }
    }
    ask().await
}
