//! One chain's events, for ever: connect, take the parameters, read frames, find what was missed, and come back after every loss.
//!
//! The clock of a chain with contracts are its blocks; a fast node's is the time of day, and goes on without a connection.

use std::{convert::Infallible, error::Error as _, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::{
    fast, lookup,
    missed::{Known, List},
    rest::Rest,
    socket::{Limits, Socket, SocketError},
    variant::Variant,
    wire::{self, Frame},
};
use crate::{
    bounty::{
        Parameters,
        event::{Event, Heard},
    },
    market::{MarketError, backoff::Backoff},
    units::{Chain, Tick},
};

/// Listens on one chain.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) chain: Chain,
    pub(super) variant: Variant,
    pub(super) url: String,
    pub(super) rest: Arc<Rest>,
    pub(super) tls: Arc<rustls::ClientConfig>,
    pub(super) heard: mpsc::Sender<Heard>,
    /// What the market asks for now; the session keeps it up to date.
    pub(super) parameters: watch::Sender<Parameters>,
    /// The last tick; 0 until there is one.
    pub(super) clock: watch::Sender<Tick>,
}

/// Runs all sessions until `cancel`. Should one end by itself all of them do, and with them the channel of events: an
/// engine that no longer hears one chain must know.
pub(super) async fn run_all(sessions: Vec<Session>, cancel: CancellationToken) {
    let mut tasks = JoinSet::new();
    for session in sessions {
        let (chain, cancel) = (session.chain, cancel.clone());
        tasks
            .spawn(async move { cancel.run_until_cancelled(session.run()).await.map(|NobodyListens| chain) });
    }
    match tasks.join_next().await {
        Some(Ok(None)) => {}
        Some(Ok(Some(chain))) => tracing::debug!(%chain, "nobody wants the market's events any more"),
        Some(Err(error)) => tracing::error!(%error, "a listener ended; no more events come from any chain"),
        None => tracing::error!("there is no chain to listen on"),
    }
    // With one of them gone the others are of no use; dropping the set ends them.
}

/// The receiver of events is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NobodyListens;

/// Why a connection came to its end.
enum End {
    NobodyListens,
    Socket(SocketError),
    Parameters(MarketError),
}

impl Session {
    /// Ends only when nobody listens.
    async fn run(self) -> NobodyListens {
        tokio::select! {
            biased;
            ended = self.connections() => ended,
            ended = self.seconds(), if self.variant == Variant::Fast => ended,
        }
    }

    /// Ticks each second.
    async fn seconds(&self) -> NobodyListens {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            seconds.tick().await;
            let now = fast::now();
            if self.tell(Event::Tick(now)).await.is_err() {
                return NobodyListens;
            }
            self.clock.send_replace(now);
        }
    }

    async fn connections(&self) -> NobodyListens {
        let timeouts = &self.rest.timeouts;
        let mut backoff = Backoff::new(timeouts.first_wait, timeouts.longest_wait, timeouts.stable);
        let mut known = Known::default();
        let mut told = String::new();
        loop {
            let mut opened = None;
            let end = match self.connection(&mut opened, &mut known).await {
                Err(End::NobodyListens) => return NobodyListens,
                Err(end) => end,
                Ok(never) => match never {},
            };
            backoff.held(opened.map_or(Duration::ZERO, |at: Instant| at.elapsed()));
            let wait = backoff.next(rand::random());
            let why = end.to_string();
            // Tries come often: each new reason is told once.
            if opened.is_some() || why != told {
                tracing::warn!(chain = %self.chain, why, "not connected to the market; trying until it is back");
            } else {
                tracing::debug!(chain = %self.chain, why, ?wait, "still not connected to the market");
            }
            told = why;
            tokio::time::sleep(wait).await;
        }
    }

    /// One connection, from its handshake to its end. It notes when it was `opened`.
    async fn connection(&self, opened: &mut Option<Instant>, known: &mut Known) -> Result<Infallible, End> {
        let timeouts = &self.rest.timeouts;
        let limits = Limits {
            connect: timeouts.connect,
            ping: timeouts.ping,
            silence: timeouts.silence(self.chain),
            // Nothing else comes from a fast node while there is no bounty.
            pongs_count: self.variant == Variant::Fast,
        };
        let socket = Socket::open(&self.url, Arc::clone(&self.tls), limits).await.map_err(End::Socket)?;
        // Only now: a change between the look-up and the first frame would be missed otherwise.
        let parameters = lookup::parameters(&self.rest, self.chain).await.map_err(End::Parameters)?;
        *opened = Some(Instant::now());
        tracing::info!(chain = %self.chain, url = %self.url, "connected to the market");
        self.tell_parameters(parameters).await?;
        // The walk begins when the socket is open, so nothing is missed between the two.
        if self.variant == Variant::Ethereum {
            self.clock.send_replace(Tick(0));
        }
        let now = self.clock.subscribe();
        let list = List { rest: &self.rest, chain: self.chain, heard: &self.heard };
        let walk = async {
            list.walk(known, now).await;
            Ok(())
        };
        let (never, ()) = tokio::try_join!(self.listen(socket), walk)?;
        Ok(never)
    }

    /// Reads frames until the connection ends, and sets the clock by the blocks.
    async fn listen(&self, mut socket: Socket) -> Result<Infallible, End> {
        loop {
            let text = socket.text().await.map_err(End::Socket)?;
            match wire::read(&text, self.chain) {
                Ok(Frame::Event(Event::Tick(block))) if self.variant == Variant::Fast => {
                    tracing::trace!(chain = %self.chain, %block, "a fast node's clock is the time of day");
                }
                Ok(Frame::Event(event)) => {
                    let tick = if let Event::Tick(tick) = event { Some(tick) } else { None };
                    self.tell(event).await?;
                    // Told first: who hears of a bounty has to know what time it is.
                    tick.map(|tick| self.clock.send_replace(tick));
                }
                Ok(Frame::Change(change)) => {
                    let parameters = change.apply(*self.parameters.borrow());
                    self.tell_parameters(parameters).await?;
                }
                Ok(Frame::Ignored(event)) => tracing::trace!(chain = %self.chain, event, "of no use"),
                Err(error) => tracing::warn!(chain = %self.chain, %error, "a frame was dropped"),
            }
        }
    }

    async fn tell_parameters(&self, parameters: Parameters) -> Result<(), End> {
        self.parameters.send_replace(parameters);
        self.tell(Event::Parameters(parameters)).await
    }

    async fn tell(&self, event: Event) -> Result<(), End> {
        self.heard.send(Heard { chain: self.chain, event }).await.map_err(|_| End::NobodyListens)
    }
}

impl std::fmt::Display for End {
    /// With the cause: it goes into one log line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (text, mut cause): (String, Option<&dyn std::error::Error>) = match self {
            Self::NobodyListens => ("nobody listens".to_owned(), None),
            Self::Socket(error) => (error.to_string(), error.source()),
            Self::Parameters(error) => (error.to_string(), error.source()),
        };
        f.write_str(&wire::bounded(&text, 300))?;
        while let Some(error) = cause {
            write!(f, ": {}", wire::bounded(&error.to_string(), 300))?;
            cause = error.source();
        }
        Ok(())
    }
}
