//! A marketplace in one process: a polyswarmd node with its chain, an ambassador who posts bounties, and
//! arbiters who
//! know the truth.
//!
//! It is an independent judge: it shares no code with the engines. Signatures, account nonces, allowances,
//! commitments, windows and payouts are checked as the real chain checks them, and a [`Report`] says what an
//! account
//! did with each bounty. Blocks are mined on command ([`Testnet::mine`]) or by time ([`Testnet::run`]).

mod abi;
mod artifacts;
mod bits;
mod chain;
mod commands;
mod contract;
mod event;
mod fast;
pub mod faults;
mod gas;
mod line;
mod metadata;
mod net;
mod node;
mod payout;
mod players;
mod progress;
mod reactions;
mod record;
mod report;
mod rest;
mod settings;
mod socket;
mod store;
mod token;
mod transaction;
#[cfg(test)]
mod vectors;
mod world;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use alloy_primitives::{Address, U256};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time};

pub use self::{
    artifacts::{ArtifactsError, Sample, load},
    chain::ChainName,
    faults::{Faults, FaultsError, Lie},
    progress::{Change, What},
    report::{AccountReport, ArtifactReport, BountyReport, Rejected, Report, Totals},
    settings::{Endowment, Settings, SettingsError, Variant},
};
use self::{
    line::{Lines, Scissors},
    node::Node,
    world::World,
};

/// A running marketplace. Dropping it ends it.
#[derive(Debug)]
pub struct Testnet {
    node: Arc<Node>,
    address: SocketAddr,
    server: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

/// Why the marketplace does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestnetError {
    /// A setting is out of range.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: choose another with --listen")]
    Listen {
        /// As it was given.
        address: String,
        /// Why.
        source: io::Error,
    },
}

impl Testnet {
    /// Listens and answers, at block 0. Nothing is mined or posted before [`mine`](Self::mine) or
    /// [`run`](Self::run).
    ///
    /// # Errors
    /// [`TestnetError`] when a setting is out of range or the address cannot be listened on.
    pub async fn start(settings: Settings) -> Result<Self, TestnetError> {
        settings.check()?;
        let failed = |source| TestnetError::Listen { address: settings.listen.clone(), source };
        let listener = TcpListener::bind(&settings.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let node = Arc::new(Node::new(World::new(&settings), settings.receipt_wait));
        let (stop, stopped) = oneshot::channel();
        let app =
            rest::router(node.clone(), settings.variant).into_make_service_with_connect_info::<Scissors>();
        let server = tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            if let Err(e) = axum::serve(Lines(listener), app).with_graceful_shutdown(stopped).await {
                tracing::error!(error = %e, "the server ended");
            }
        });
        Ok(Self { node, address, server, stop })
    }

    /// Where it listens; the port is the real one when the setting had 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for `--polyswarmd-addr`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Mines the next block of each chain, sends its events, and tells what changed. In the fast variant: has
    /// a second pass.
    pub fn mine(&self) -> Vec<Change> {
        self.tick(None)
    }

    fn tick(&self, now: Option<u64>) -> Vec<Change> {
        let chains = self.node.world().nets.names();
        chains.into_iter().flat_map(|chain| self.node.mine(chain, now)).collect()
    }

    /// Mines the next block of one chain only. A chain that there is not stands for the first one, here and
    /// below.
    pub fn mine_on(&self, chain: ChainName) -> Vec<Change> {
        self.node.mine(chain, None)
    }

    /// The number of the first chain's newest block; 0 before the first.
    pub fn head(&self) -> u64 {
        self.head_on(self.first())
    }

    /// The number of a chain's newest block; 0 before the first.
    pub fn head_on(&self, chain: ChainName) -> u64 {
        self.node.world().nets.get(chain).chain.head()
    }

    fn first(&self) -> ChainName {
        self.node.world().nets.first()
    }

    /// The tokens of an account on the first chain in base units of 10⁻¹⁸ NCT.
    pub fn balance(&self, account: Address) -> U256 {
        self.balance_on(self.first(), account)
    }

    /// The same on any chain.
    pub fn balance_on(&self, chain: ChainName, account: Address) -> U256 {
        self.node.world().nets.get(chain).balance(account)
    }

    /// Wei of an account on a chain.
    pub fn ether_on(&self, chain: ChainName, account: Address) -> U256 {
        self.node.world().nets.get(chain).chain.ether(account)
    }

    /// The score so far.
    pub fn report(&self) -> Report {
        Report::of(&self.node.world())
    }

    /// The same about an account of choice.
    pub fn report_of(&self, account: Address) -> Report {
        Report::of_account(&self.node.world(), Some(account))
    }

    /// How long after its event each bounty's first assertion arrived at the node, valid or not: shortest
    /// first. Bounties on which nobody
    /// asserted are not among them.
    pub fn reaction_times(&self) -> Vec<Duration> {
        self.node.reactions.times()
    }

    /// All bounties were posted and are over.
    pub fn is_over(&self) -> bool {
        self.node.world().is_over()
    }

    /// Waits for a websocket client.
    pub async fn first_client(&self) {
        self.node.first_client().await;
    }

    /// Waits until the score is as wanted.
    pub async fn until(&self, wanted: impl Fn(&Report) -> bool) {
        self.node.until(|world| wanted(&Report::of(world)).then_some(())).await;
    }

    /// Waits until so many transactions of an account wait in the pools of all chains together.
    pub async fn until_pending(&self, account: Address, transactions: usize) {
        let waiting =
            |world: &World| world.nets.iter().map(|net| net.chain.pending(account).len()).sum::<usize>();
        self.node.until(|world| (waiting(world) >= transactions).then_some(())).await;
    }

    /// Mines a block each `block_time` (in the fast variant: looks at the clock) until all bounties are over,
    /// and two more: those who wait for the receipt of
    /// their last transaction get it. `watch` hears of each change.
    pub async fn run(&self, block_time: Duration, mut watch: impl FnMut(&Change)) {
        let mut clock = time::interval_at(time::Instant::now() + block_time, block_time);
        clock.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut more = 2;
        while more > 0 {
            clock.tick().await;
            if self.is_over() {
                more -= 1;
            }
            self.tick(Some(net::epoch_seconds())).iter().for_each(&mut watch);
        }
    }

    /// Mines a block each `block_time` for as long as `story` takes, and gives what it gives.
    pub async fn mine_while<T>(&self, block_time: Duration, story: impl Future<Output = T>) -> T {
        let blocks = async {
            let mut clock = time::interval(block_time);
            clock.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
            loop {
                clock.tick().await;
                self.mine();
            }
        };
        tokio::select! {
            told = story => told,
            never = blocks => never,
        }
    }

    /// Ends it: requests in flight have two seconds to finish.
    pub async fn close(self) {
        let Self { server, stop, .. } = self;
        let abort = server.abort_handle();
        if stop.send(()).is_ok() && time::timeout(Duration::from_secs(2), server).await.is_err() {
            abort.abort();
        }
    }
}
