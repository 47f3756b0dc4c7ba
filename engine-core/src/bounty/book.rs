//! All live bounties: routes what the market tells to the machines it concerns.

use std::collections::{BTreeMap, HashMap};

use super::{
    Bounty, BountyId, Parameters, Step,
    event::{Event, Heard},
    fate::{Fate, Terms},
    machine::{Input, Machine, Skipped, Stage},
    opinion::Policy,
    windows::Windows,
};
use crate::{
    artifact::ArtifactKind,
    fail_points::is_broken,
    units::{Chain, Tick},
};

/// Which bounties are taken, and how.
#[derive(Clone, Debug)]
pub struct Taking {
    /// Types of artifacts that are taken.
    pub kinds: Vec<ArtifactKind>,
    /// What is good enough to stake on.
    pub policy: Policy,
    /// How many ticks before a bounty's expiration its scans are cut off.
    pub assert_margin: u64,
}

/// A bounty that is alive.
#[derive(Debug)]
pub struct Entry {
    /// What was announced.
    pub bounty: Bounty,
    /// Where it stands.
    pub machine: Machine,
}

/// All live bounties and the market's clocks and parameters.
#[derive(Debug)]
pub struct Book {
    /// Ours, as the market writes it.
    account: String,
    terms: Terms,
    taking: Taking,
    live: BTreeMap<BountyId, Entry>,
    /// Bounties that were heard of and have not expired: a second announcement of one is no news.
    heard: HashMap<BountyId, Tick>,
    clocks: HashMap<Chain, Tick>,
    parameters: HashMap<Chain, Parameters>,
}

impl Book {
    /// An empty book of this account, written as the market writes it.
    pub fn new(account: String, terms: Terms, taking: Taking) -> Self {
        Self {
            account,
            terms,
            taking,
            live: BTreeMap::new(),
            heard: HashMap::new(),
            clocks: HashMap::new(),
            parameters: HashMap::new(),
        }
    }

    /// Takes a bounty back in on which something was staked before a restart.
    pub fn restore(&mut self, bounty: Bounty, stage: Stage, index: Option<u64>) {
        let machine = Machine::restore(self.windows(&bounty), self.terms, stage, index);
        self.heard.insert(bounty.id, bounty.expiration);
        self.live.insert(bounty.id, Entry { bounty, machine });
    }

    /// Takes in what the market told; returns the bounties that may have something to do now.
    pub fn hear(&mut self, Heard { chain, event }: Heard) -> Vec<BountyId> {
        match event {
            Event::Tick(tick) => {
                self.clocks.insert(chain, tick);
                self.heard.retain(|id, end| id.chain != chain || *end > tick || self.live.contains_key(id));
                self.tell_time(chain)
            }
            Event::Parameters(parameters) => {
                self.parameters.insert(chain, parameters);
                let Parameters { reveal_window: reveal, vote_window: vote, .. } = parameters;
                if !is_broken("windows are the market's") {
                    self.tell_all(chain, &Input::Windows { reveal, vote });
                }
                self.tell_time(chain)
            }
            _ if !self.parameters.contains_key(&chain) => {
                tracing::warn!(%chain, ?event, "heard before the market's parameters, dropped");
                Vec::new()
            }
            Event::Announced(bounty) => self.announce(*bounty),
            Event::Quorum(guid) => self.tell(BountyId { chain, guid }, Input::Quorum),
            // It counts only when our own settlement was sent and nobody said yet what came of it.
            Event::Settled { guid, by, payout } if by.eq_ignore_ascii_case(&self.account) => {
                self.tell(BountyId { chain, guid }, Input::Fate(Step::Settle, Fate::Done { payout }))
            }
            Event::Settled { .. } | Event::Deprecated => Vec::new(),
        }
    }

    /// A bounty that is alive.
    pub fn get_mut(&mut self, id: BountyId) -> Option<&mut Entry> {
        self.live.get_mut(&id)
    }

    /// Forgets a bounty that is over, but remembers having heard of it.
    pub fn remove(&mut self, id: BountyId) -> Option<Entry> {
        self.live.remove(&id)
    }

    /// The market's parameters on a chain, once it told them.
    pub fn parameters(&self, chain: Chain) -> Option<Parameters> {
        self.parameters.get(&chain).copied()
    }

    /// Whether no bounty is alive.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// All bounties that are alive.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.live.values()
    }

    /// The ids of all bounties that are alive, in order.
    pub fn ids(&self) -> Vec<BountyId> {
        self.live.keys().copied().collect()
    }

    fn announce(&mut self, bounty: Bounty) -> Vec<BountyId> {
        let (id, now) = (bounty.id, self.clocks.get(&bounty.id.chain).copied().unwrap_or_default());
        if self.heard.insert(id, bounty.expiration).is_some() {
            tracing::debug!(bounty = %id, "announced again");
            return Vec::new();
        }
        let mut machine = Machine::new(self.windows(&bounty), self.terms, self.taking.policy, now);
        if !self.taking.kinds.contains(&bounty.kind) {
            machine.handle(Input::Unwanted(Skipped::Type));
        }
        self.live.insert(id, Entry { bounty, machine });
        vec![id]
    }

    fn windows(&self, bounty: &Bounty) -> Windows {
        let parameters = self.parameters.get(&bounty.id.chain);
        Windows {
            expiration: bounty.expiration,
            reveal: parameters.map_or(0, |p| p.reveal_window),
            vote: parameters.map_or(0, |p| p.vote_window),
            assert_margin: self.taking.assert_margin,
        }
    }

    /// Without the lengths of the windows no machine can tell what is due, so the clock waits for them.
    fn tell_time(&mut self, chain: Chain) -> Vec<BountyId> {
        match self.clocks.get(&chain) {
            Some(tick) if self.parameters.contains_key(&chain) => self.tell_all(chain, &Input::Tick(*tick)),
            _ => Vec::new(),
        }
    }

    fn tell(&mut self, id: BountyId, input: Input) -> Vec<BountyId> {
        let known = self.live.get_mut(&id).map(|entry| entry.machine.handle(input));
        known.map(|()| id).into_iter().collect()
    }

    fn tell_all(&mut self, chain: Chain, input: &Input) -> Vec<BountyId> {
        let concerned = self.live.iter_mut().filter(|(id, _)| id.chain == chain);
        concerned
            .map(|(id, entry)| {
                entry.machine.handle(input.clone());
                *id
            })
            .collect()
    }
}
