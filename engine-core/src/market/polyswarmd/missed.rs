//! Bounties that were posted while nobody listened: the node's list of all bounties, walked back from its end.
//!
//! The list grows at its end, in the order of posting, and is read in pages. So the end is searched from the page that was the last
//! one before, and the walk back stops at that page, or where nothing can be open any more.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::{
    sync::{mpsc, watch},
    time,
};

use super::{lookup, rest::Rest};
use crate::{
    bounty::{
        Bounty, BountyId,
        event::{Event, Heard},
        windows::Windows,
    },
    market::{MarketError, backoff::Backoff},
    units::{Chain, Guid, Tick},
};

/// How many GUIDs a page has: the contract's own page size, of which the node wants a multiple.
const PAGE: u64 = 25;
/// How many bounties of a page are asked for at once.
const AT_ONCE: usize = 4;
/// How often a bounty is asked for before it is left out.
const TRIES: u32 = 3;

/// How far the list of one chain is known; it outlives connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// The last page that had something in it.
    page: u64,
}

/// The list of one chain's bounties.
#[derive(Clone, Copy, Debug)]
pub(super) struct List<'a> {
    pub(super) rest: &'a Rest,
    pub(super) chain: Chain,
    /// Who is to hear of the bounties.
    pub(super) heard: &'a mpsc::Sender<Heard>,
}

impl List<'_> {
    /// Waits for the chain's clock, then announces every bounty that can still be asserted, those of the newest page first. They may
    /// be known already. It asks until the node answers; a node that refuses to list ends it with a warning.
    pub(super) async fn walk(self, known: &mut Known, mut now: watch::Receiver<Tick>) {
        if now.wait_for(|tick| *tick > Tick(0)).await.is_err() {
            return;
        }
        let timeouts = &self.rest.timeouts;
        let mut waits = Backoff::new(timeouts.first_wait, timeouts.longest_wait, Duration::MAX);
        while let Err(error) = self.walk_once(known, &now).await {
            if !error.is_transient() {
                tracing::warn!(chain = %self.chain, error = &error as &dyn std::error::Error, "bounties that were posted before this connection are not found");
                return;
            }
            tracing::debug!(chain = %self.chain, %error, "the list of bounties is asked for again");
            time::sleep(waits.next(rand::random())).await;
        }
    }

    async fn walk_once(self, known: &mut Known, now: &watch::Receiver<Tick>) -> Result<(), MarketError> {
        let longest = lookup::max_duration(self.rest, self.chain).await?;
        let Some(end) = self.end(known.page).await? else {
            *known = Known::default();
            return Ok(());
        };
        // A list that is shorter than before is another chain's.
        let first = if end < known.page { 0 } else { known.page };
        for page in (first..=end).rev() {
            let ids = self.page(page).await?.into_iter().map(|guid| BountyId { chain: self.chain, guid });
            let mut bounties = stream::iter(ids).map(|id| self.bounty(id)).buffered(AT_ONCE);
            let mut oldest = None;
            while let Some(bounty) = bounties.next().await {
                let Some(bounty) = bounty else { continue };
                oldest = oldest.or(Some(bounty.expiration));
                let tick = *now.borrow();
                self.announce(bounty, tick).await;
            }
            // Whatever was posted before it expires at most the longest duration after it.
            if oldest.is_some_and(|oldest| oldest.after(longest) <= *now.borrow()) {
                break;
            }
        }
        *known = Known { page: end };
        Ok(())
    }

    async fn announce(self, bounty: Bounty, now: Tick) {
        if now.after(Windows::LEAST_MARGIN) <= bounty.expiration {
            tracing::debug!(bounty = %bounty.id, "put up before this connection, perhaps");
            // Should nobody listen any more, the connection ends with its next frame.
            let _ =
                self.heard.send(Heard { chain: self.chain, event: Event::Announced(Box::new(bounty)) }).await;
        }
    }

    /// The last page with something in it, searched from one that is likely to have something.
    async fn end(self, from: u64) -> Result<Option<u64>, MarketError> {
        let (mut full, mut step) = (from, 1_u64);
        if self.page(from).await?.is_empty() {
            if from == 0 || self.page(0).await?.is_empty() {
                return Ok(None);
            }
            full = 0;
        }
        let mut empty = loop {
            let next = full.saturating_add(step);
            if next == full || self.page(next).await?.is_empty() {
                break next;
            }
            (full, step) = (next, step.saturating_mul(2));
        };
        while full.saturating_add(1) < empty {
            let middle = full.midpoint(empty);
            if self.page(middle).await?.is_empty() { empty = middle } else { full = middle }
        }
        Ok(Some(full))
    }

    async fn page(self, page: u64) -> Result<Vec<Guid>, MarketError> {
        let call = self.rest.get("/bounties").chain(self.chain);
        call.query("page", page).query("count", PAGE).result().await
    }

    /// A bounty, unless the node cannot tell of it (one with an odd URI makes some nodes fail) or it is nothing for us.
    async fn bounty(self, id: BountyId) -> Option<Bounty> {
        let timeouts = &self.rest.timeouts;
        let mut waits = Backoff::new(timeouts.first_wait, timeouts.longest_wait, Duration::MAX);
        let mut tried = 0;
        loop {
            tried += 1;
            match lookup::bounty(self.rest, id).await {
                Ok(bounty) => return Some(bounty),
                Err(error) if error.is_transient() && tried < TRIES => {
                    time::sleep(waits.next(rand::random())).await;
                }
                Err(error) => {
                    tracing::warn!(bounty = %id, %error, "left out: the node lists it and does not tell what it is");
                    return None;
                }
            }
        }
    }
}
