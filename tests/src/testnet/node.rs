//! The node around the world: the one lock, the frames that go to all clients, and waiting for a state.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::{broadcast, watch};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{chain::ChainName, faults::Sent, progress::Change, reactions::Reactions, world::World};

/// Frames that a slow client may be behind; further behind, it is disconnected.
const BACKLOG: usize = 8192;

/// What goes to the websockets of a chain.
#[derive(Clone, Debug)]
pub(crate) enum Push {
    /// A frame.
    Text(Utf8Bytes),
    /// The connection ends without a word.
    Drop,
}

/// What requests, sockets and the clock share. The lock is never held across an await.
#[derive(Debug)]
pub(crate) struct Node {
    world: Mutex<World>,
    /// What goes to the websockets of the home chain.
    home: broadcast::Sender<Push>,
    /// What goes to the websockets of the side chain.
    side: broadcast::Sender<Push>,
    /// Sent after each change; the number of websocket clients so far.
    changed: watch::Sender<usize>,
    pub(crate) reactions: Reactions,
    /// Seconds since 1970 with a fraction.
    pub(crate) started: String,
    pub(crate) receipt_wait: Duration,
}

impl Node {
    pub(crate) fn new(world: World, receipt_wait: Duration) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            world: Mutex::new(world),
            home: broadcast::Sender::new(BACKLOG),
            side: broadcast::Sender::new(BACKLOG),
            changed: watch::Sender::new(0),
            reactions: Reactions::default(),
            started: format!("{}.{:06}", now.as_secs(), now.subsec_micros()),
            receipt_wait,
        }
    }

    /// The state. Who changes it calls [`Self::changed`] afterwards.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes those who wait for a state.
    pub(crate) fn changed(&self) {
        self.changed.send_modify(|_| {});
    }

    /// Mines a block of a chain and sends its frames, in order even when two mine at once.
    pub(crate) fn mine(&self, chain: ChainName) -> Vec<Change> {
        let mut world = self.world();
        let chain = world.nets.get(chain).name;
        let mined = world.mine(chain);
        tracing::debug!(%chain, block = mined.block, events = mined.sent.len(), "mined");
        self.reactions.announced(&mined.changes);
        for sent in mined.sent {
            let push = match sent {
                Sent::Frame(frame) => Push::Text(frame.text.into()),
                Sent::Drop => Push::Drop,
            };
            // Nobody listening is no fault.
            let _ = self.frames(chain).send(push);
        }
        drop(world);
        self.changed();
        mined.changes
    }

    fn frames(&self, chain: ChainName) -> &broadcast::Sender<Push> {
        match chain {
            ChainName::Home => &self.home,
            ChainName::Side => &self.side,
        }
    }

    /// Drops the websockets of all chains.
    pub(crate) fn drop_sockets(&self) {
        for chain in [&self.home, &self.side] {
            // Nobody listening is no fault.
            let _ = chain.send(Push::Drop);
        }
    }

    /// All frames of a chain from now on.
    pub(crate) fn subscribe(&self, chain: ChainName) -> broadcast::Receiver<Push> {
        self.frames(chain).subscribe()
    }

    /// Counts a websocket client that was greeted.
    pub(crate) fn client_arrived(&self) {
        self.changed.send_modify(|clients| *clients += 1);
    }

    pub(crate) async fn first_client(&self) {
        // The sender lives in self, so waiting cannot fail.
        let _ = self.changed.subscribe().wait_for(|clients| *clients > 0).await;
    }

    /// Waits until the state is as wanted.
    pub(crate) async fn until<T>(&self, wanted: impl Fn(&World) -> Option<T>) -> T {
        let mut changes = self.changed.subscribe();
        loop {
            if let Some(value) = wanted(&self.world()) {
                return value;
            }
            // The sender lives in self, so waiting cannot fail.
            let _ = changes.changed().await;
        }
    }
}
