//! Which bounties are worked on when there are more than can be: those that expire first.

use std::collections::{BTreeMap, BTreeSet};

use crate::{bounty::BountyId, units::Tick};

/// Bounties between their announcement and their assertion. A bounty keeps its place until it is staked on or over, so that no more are
/// fetched than can be asserted.
#[derive(Debug)]
pub(super) struct Queue {
    places: usize,
    busy: BTreeSet<BountyId>,
    waiting: BTreeSet<(Tick, BountyId)>,
    expirations: BTreeMap<BountyId, Tick>,
}

impl Queue {
    /// With so many places, one at least.
    pub(super) fn new(places: usize) -> Self {
        let (busy, waiting, expirations) = Default::default();
        Self { places: places.max(1), busy, waiting, expirations }
    }

    /// A bounty waits for a place.
    pub(super) fn add(&mut self, id: BountyId, expiration: Tick) {
        self.waiting.insert((expiration, id));
        self.expirations.insert(id, expiration);
    }

    /// A bounty needs its place no more, or never will.
    pub(super) fn remove(&mut self, id: BountyId) {
        self.busy.remove(&id);
        if let Some(expiration) = self.expirations.remove(&id) {
            self.waiting.remove(&(expiration, id));
        }
    }

    /// The next bounty to begin with, if there is one and a place for it.
    pub(super) fn next(&mut self) -> Option<BountyId> {
        if self.busy.len() >= self.places {
            return None;
        }
        let (_, id) = self.waiting.pop_first()?;
        self.busy.insert(id);
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Chain, Guid};

    fn id(n: u128) -> BountyId {
        BountyId { chain: Chain::Side, guid: Guid(uuid::Uuid::from_u128(n)) }
    }

    #[test]
    fn the_first_to_expire_goes_first_as_far_as_there_are_places() {
        let mut queue = Queue::new(2);
        for (n, expiration) in [(1, 30), (2, 10), (3, 20), (4, 5)] {
            queue.add(id(n), Tick(expiration));
        }
        assert_eq!([queue.next(), queue.next(), queue.next()], [Some(id(4)), Some(id(2)), None]);
        queue.remove(id(3));
        assert_eq!(queue.next(), None, "it had no place");
        queue.remove(id(4));
        assert_eq!([queue.next(), queue.next()], [Some(id(1)), None]);
        queue.remove(id(1));
        queue.remove(id(2));
        assert_eq!(queue.next(), None);
        assert!(queue.expirations.is_empty());
    }
}
