//! All that outlives a process, but for its disk: chain, weather, and who is to be told what.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use engine_core::{
    bounty::{
        Bounty, BountyId, Parameters,
        event::{Event, Heard},
    },
    units::{Chain as ChainName, Nct, Tick},
};

use super::{
    chain::{Chain, Contract, PRICE},
    dice::Dice,
    log::Log,
    month::Posting,
    rules::Rules,
    weather::{Trouble, Weather},
};

/// What an assertion costs beside its bids.
pub(super) const FEE: Nct = Nct(Nct::ONE.0 / 32);

/// The world of one life.
#[derive(Debug)]
pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) log: Log,
    pub(super) chain: Chain,
    pub(super) weather: Weather,
    pub(super) rules: Rules,
    /// What is still to be posted, the next at the end.
    pub(super) month: Vec<Posting>,
    pub(super) posted: BTreeMap<BountyId, Posting>,
    /// What happened in this block.
    news: Vec<Event>,
    /// What a flaky node has not told yet.
    late: Vec<Event>,
    /// Whether the engine has to be told everything from the start.
    is_new: bool,
}

impl World {
    pub(super) fn new(seed: u64, account: Address, month: Vec<Posting>, keep_log: bool) -> Self {
        let mut dice = Dice::new(seed, 0);
        let weather = Weather::new(&mut dice);
        let mut chain = Chain::new(account, 1000);
        if dice.in_thousand(300) {
            chain.balance = Nct(u128::from(dice.number(2..=12)) * Nct::ONE.0);
        }
        Self {
            dice,
            log: Log::new(keep_log),
            chain,
            weather,
            rules: Rules::default(),
            month,
            posted: BTreeMap::new(),
            news: Vec::new(),
            late: Vec::new(),
            is_new: true,
        }
    }

    /// A process starts, or a socket opens.
    pub(super) fn connect(&mut self) {
        self.is_new = true;
        self.late.clear();
    }

    /// The next block.
    pub(super) fn mine(&mut self) {
        self.news.clear();
        for (id, deed, mined) in self.chain.mine() {
            self.log.line(self.chain.number, format_args!("mined {id} {deed:?}: {:?}", mined.outcome));
            self.rules.mined(self.chain.number, id, mined.outcome);
        }
        let block = self.chain.number;
        let was_away = self.weather.is_away();
        if self.weather.turn(block, &mut self.dice) {
            self.log.line(block, format_args!("the node is {:?}", self.weather.trouble));
            if self.weather.trouble == Trouble::Restarted {
                self.chain.forget_pool();
            }
        }
        self.chain.price = PRICE * self.weather.dearness();
        if was_away && !self.weather.is_away() {
            self.connect();
        }
        if self.dice.in_thousand(6) {
            self.rules.windows_changed();
            self.chain.reveal = self.dice.number(4..=40);
            self.chain.vote = self.dice.number(3..=40);
            let (reveal, vote) = (self.chain.reveal, self.chain.vote);
            self.log.line(block, format_args!("windows: reveal {reveal}, vote {vote}"));
            self.news.push(self.parameters());
        }
        while self.month.last().is_some_and(|posting| posting.block <= block) {
            self.month.pop().into_iter().for_each(|posting| self.post(posting));
        }
        let decided = self.chain.contracts.iter().filter(|(_, contract)| contract.quorum == block);
        self.news.extend(decided.map(|(id, _)| Event::Quorum(id.guid)));
    }

    fn post(&mut self, mut posting: Posting) {
        let block = self.chain.number;
        posting.bounty.expiration = Tick(block + posting.lasts);
        let id = posting.bounty.id;
        self.log.line(block, format_args!("posted {id} until {}", posting.bounty.expiration));
        self.news.push(Event::Announced(Box::new(posting.bounty.clone())));
        let expiration = posting.bounty.expiration.0;
        let quorum = expiration + posting.decided_after;
        let contract = Contract { expiration, quorum, others: posting.others, stake: None };
        self.chain.contracts.insert(id, contract);
        self.posted.insert(id, posting);
    }

    /// What the engine hears in this block, in order.
    pub(super) fn hear(&mut self) -> Vec<Heard> {
        let tick = Event::Tick(Tick(self.chain.number.saturating_sub(self.weather.behind())));
        let events = if self.weather.is_away() {
            Vec::new()
        } else if std::mem::take(&mut self.is_new) {
            let mut events = vec![self.parameters(), tick];
            events.extend(self.open_bounties().map(|bounty| Event::Announced(Box::new(bounty.clone()))));
            events
        } else if self.weather.trouble == Trouble::Flaky {
            let mut events = std::mem::take(&mut self.late);
            events.push(tick);
            events.append(&mut self.news);
            self.jumble(events)
        } else {
            let mut events = vec![tick];
            events.append(&mut self.late);
            events.append(&mut self.news);
            events
        };
        for event in &events {
            self.log.line(self.chain.number, format_args!("told {}", in_short(event)));
        }
        events.into_iter().map(|event| Heard { chain: ChainName::Side, event }).collect()
    }

    /// What a flaky node makes of its events. Parameters come late at most: a client asks for them until it has them.
    fn jumble(&mut self, events: Vec<Event>) -> Vec<Event> {
        let mut jumbled: Vec<Event> = Vec::new();
        for event in events {
            let at = usize::try_from(self.dice.number(0..=64)).unwrap_or(0).min(jumbled.len());
            match self.dice.number(0..=9) {
                0 if !matches!(event, Event::Parameters(_)) => {}
                0 | 1 => self.late.push(event),
                2 => {
                    jumbled.insert(at, event.clone());
                    jumbled.push(event);
                }
                3 => jumbled.insert(at, event),
                _ => jumbled.push(event),
            }
        }
        let any = self.dice.in_thousand(50).then(|| self.posted.keys().next_back().copied()).flatten();
        jumbled.extend(any.map(|id| Event::Quorum(id.guid)));
        jumbled
    }

    fn open_bounties(&self) -> impl Iterator<Item = &Bounty> {
        let now = Tick(self.chain.number);
        self.posted.values().map(|posting| &posting.bounty).filter(move |bounty| bounty.expiration > now)
    }

    fn parameters(&self) -> Event {
        Event::Parameters(Parameters {
            assertion_fee: FEE,
            bid_minimum: Nct(Nct::ONE.0 / 16),
            bid_maximum: Nct::ONE,
            reveal_window: self.chain.reveal,
            vote_window: self.chain.vote,
        })
    }

    /// Whether something is going on, so that the next block matters.
    pub(super) fn is_busy(&self) -> bool {
        let (now, windows) = (self.chain.number, self.chain.reveal + self.chain.vote);
        self.chain.contracts.values().any(|contract| {
            let ends = contract.expiration + windows;
            let is_owed = contract.stake.as_ref().is_some_and(|stake| !stake.is_settled);
            now <= ends + if is_owed { 100 } else { 4 }
        })
    }

    /// Nothing is going on: the blocks up to the next posting are as one.
    pub(super) fn skip(&mut self) {
        if let Some(next) = self.month.last() {
            self.chain.number = self.chain.number.max(next.block.saturating_sub(1));
        }
    }
}

fn in_short(event: &Event) -> String {
    match event {
        Event::Announced(bounty) => format!("Announced {}", bounty.id),
        other => format!("{other:?}"),
    }
}
