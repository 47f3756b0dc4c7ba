//! The node around the world: the one lock, the frames that go to all clients, and waiting for a state.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::{broadcast, watch};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{progress::Change, reactions::Reactions, world::World};

/// Frames that a slow client may be behind; further behind, it is disconnected.
const BACKLOG: usize = 8192;

/// What requests, sockets and the clock share. The lock is never held across an await.
#[derive(Debug)]
pub(crate) struct Node {
    world: Mutex<World>,
    frames: broadcast::Sender<Utf8Bytes>,
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
            frames: broadcast::Sender::new(BACKLOG),
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

    /// Mines a block and sends its frames, in order even when two mine at once.
    pub(crate) fn mine(&self) -> Vec<Change> {
        let mut world = self.world();
        let mined = world.mine();
        tracing::debug!(block = mined.block, events = mined.frames.len() - 1, "mined");
        self.reactions.announced(&mined.changes);
        for frame in mined.frames {
            // Nobody listening is no fault.
            let _ = self.frames.send(frame.into());
        }
        drop(world);
        self.changed();
        mined.changes
    }

    /// All frames from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Utf8Bytes> {
        self.frames.subscribe()
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
