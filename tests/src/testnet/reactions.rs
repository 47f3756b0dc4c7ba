//! How long after its event a bounty's first assertion arrived: what an engine's speed looks like from outside.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::{
    abi::Call,
    progress::{Change, What},
    transaction::Transaction,
};

/// The clock of each bounty.
#[derive(Debug, Default)]
pub(crate) struct Reactions {
    bounties: Mutex<HashMap<Uuid, Reaction>>,
}

#[derive(Debug)]
struct Reaction {
    announced: Instant,
    took: Option<Duration>,
}

impl Reactions {
    /// Starts the clock of each bounty among these changes; to be called when their frames go out.
    pub(crate) fn announced(&self, changes: &[Change]) {
        let announced = Instant::now();
        let posted = changes.iter().filter(|change| change.event == What::Posted);
        let posted = posted.filter_map(|change| Uuid::parse_str(&change.guid).ok());
        self.bounties().extend(posted.map(|guid| (guid, Reaction { announced, took: None })));
    }

    /// Stops the clock of the bounty that a transaction asserts on, whoever sent it. Only the first counts.
    pub(crate) fn arrived(&self, tx: &Transaction) {
        let Some(Call::PostAssertion { guid, .. }) = Call::decode(tx.to, &tx.data) else { return };
        self.asserted(guid);
    }

    /// Stops the clock of a bounty.
    pub(crate) fn asserted(&self, guid: Uuid) {
        if let Some(reaction) = self.bounties().get_mut(&guid) {
            reaction.took.get_or_insert_with(|| reaction.announced.elapsed());
        }
    }

    /// Shortest first; bounties without an assertion are not among them.
    pub(crate) fn times(&self) -> Vec<Duration> {
        let mut times: Vec<_> = self.bounties().values().filter_map(|reaction| reaction.took).collect();
        times.sort_unstable();
        times
    }

    fn bounties(&self) -> MutexGuard<'_, HashMap<Uuid, Reaction>> {
        self.bounties.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
