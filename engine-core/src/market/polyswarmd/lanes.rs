//! How many requests are under way at once: a burst of bounties must not take all of the node, nor all of our file descriptors.
//!
//! What looks something up, what has something done, and what waits for blocks do not wait for each other.

use tokio::sync::{Semaphore, SemaphorePermit};

/// How many look-ups and downloads.
const LOOK_UPS: usize = 64;
/// How many requests that have something done.
const ORDERS: usize = 64;
/// How many questions that the node answers blocks later.
const WAITS: usize = 512;

/// Which lane a request takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    LookUp,
    Order,
    Wait,
}

/// The lanes of one client.
#[derive(Debug)]
pub(super) struct Lanes {
    look_ups: Semaphore,
    orders: Semaphore,
    waits: Semaphore,
}

impl Default for Lanes {
    fn default() -> Self {
        let [look_ups, orders, waits] = [LOOK_UPS, ORDERS, WAITS].map(Semaphore::new);
        Self { look_ups, orders, waits }
    }
}

impl Lanes {
    /// Waits for room in a lane, and holds it. First come, first served.
    pub(super) async fn enter(&self, lane: Lane) -> Option<SemaphorePermit<'_>> {
        let lane = match lane {
            Lane::LookUp => &self.look_ups,
            Lane::Order => &self.orders,
            Lane::Wait => &self.waits,
        };
        // None of them is ever closed.
        lane.acquire().await.ok()
    }
}
