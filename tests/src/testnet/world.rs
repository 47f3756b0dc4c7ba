//! Everything the node knows, behind one lock: chain, contracts, artifacts and the judge's notes. Advances one block at a time.

use std::collections::{HashMap, HashSet};

use alloy_primitives::{Address, B256, U256};
use serde_json::json;
use uuid::Uuid;

use super::{
    Settings,
    abi::Call,
    artifacts::Deck,
    chain::{Chain, Receipt},
    contract::{Registry, Revert},
    event::{Log, block_frame},
    players,
    progress::{Change, What},
    record::{Kind, Record},
    report::{BountyReport, Rejected},
    store::Store,
    token::Token,
};

/// The state of the marketplace.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) chain: Chain,
    pub(crate) token: Token,
    pub(crate) registry: Registry,
    pub(crate) store: Store,
    pub(crate) deck: Deck,
    pub(crate) plan: Plan,
    /// In posting order, like the registry's bounties.
    pub(crate) records: Vec<Record>,
    pub(crate) rejected: Vec<Rejected>,
    numbers: HashMap<Uuid, usize>,
    met: HashSet<Address>,
    account: Option<Address>,
    /// Of the block in the making.
    mined: Mined,
}

/// The bounties to post.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Bounties that the timetable still has to post.
    pub(crate) left: usize,
    /// One each so many blocks, at least 1.
    pub(crate) every: u64,
    pub(crate) per_bounty: usize,
    /// Blocks from posting to expiration.
    pub(crate) duration: u64,
    /// Posted on command, in the next block.
    pub(crate) commanded: Vec<Uuid>,
}

/// What a block brought.
#[derive(Debug, Default)]
pub(crate) struct Mined {
    pub(crate) block: u64,
    /// Websocket frames, that of the block first.
    pub(crate) frames: Vec<String>,
    pub(crate) changes: Vec<Change>,
}

impl World {
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut token = Token::default();
        players::endow(&mut token);
        Self {
            chain: Chain::default(),
            token,
            registry: Registry::new(settings.terms(), players::ARBITERS),
            store: Store::default(),
            deck: Deck::new(settings.samples.clone(), settings.seed),
            plan: Plan {
                left: settings.bounties,
                every: settings.every.max(1),
                per_bounty: settings.per_bounty,
                duration: settings.expiration_blocks,
                commanded: Vec::new(),
            },
            records: Vec::new(),
            rejected: Vec::new(),
            numbers: HashMap::new(),
            met: HashSet::new(),
            account: settings.account,
            mined: Mined::default(),
        }
    }

    /// Gives an account its tokens at its first request.
    pub(crate) fn meet(&mut self, account: Address) {
        if self.met.insert(account) {
            self.token.mint(account, players::million());
        }
    }

    /// Mines the next block: what waits in the pool first, then what ambassador and arbiters do.
    pub(crate) fn mine(&mut self) -> Mined {
        let (block, transactions) = self.chain.next_block();
        self.mined = Mined { block, frames: vec![block_frame(block)], changes: Vec::new() };
        for tx in transactions {
            let call = Call::decode(tx.to, &tx.data);
            let outcome = match &call {
                Some(call) => self.execute(tx.sender, call.clone(), tx.hash),
                None => Err(Revert::NoSuchCall),
            };
            if let Err(why) = &outcome {
                let name = call.as_ref().map_or("unknown call", Call::name);
                let why = format!("{name} in transaction 0x{:x} reverted at block {block}: {why}", tx.hash);
                self.reject("/transactions", why);
            }
            self.chain.record(tx.hash, Receipt { block, outcome });
        }
        players::play(self, block);
        self.close(block);
        std::mem::take(&mut self.mined)
    }

    /// Runs one call in the block that is being made, and tells of it.
    pub(crate) fn execute(&mut self, sender: Address, call: Call, hash: B256) -> Result<Vec<Log>, Revert> {
        if let Some(record) = call.guid().and_then(|guid| self.record_mut(guid)) {
            record.note(sender, &call);
        }
        let (block, registry, token) = (self.mined.block, &mut self.registry, &mut self.token);
        let logs = match call {
            Call::Approve { spender, amount } => {
                token.approve(sender, spender, amount);
                Ok(Vec::new())
            }
            Call::Transfer { to, amount } => {
                token.transfer(sender, to, amount).map(|()| vec![Log::transfer(sender, to, amount)])
            }
            Call::PostAssertion { guid, bid, mask, commitment } => {
                registry.post_assertion(token, sender, block, (guid, bid, mask, commitment))
            }
            Call::RevealAssertion { guid, index, nonce, verdicts, metadata } => {
                registry.reveal_assertion(sender, block, (guid, index, nonce, verdicts, metadata))
            }
            Call::VoteOnBounty { guid, votes, valid_bloom } => {
                registry.vote_on_bounty(sender, block, (guid, votes, valid_bloom))
            }
            Call::SettleBounty { guid } => registry.settle_bounty(token, sender, block, guid),
        }?;
        self.publish(&logs, hash);
        Ok(logs)
    }

    /// Puts the logs of a transaction into the block's frames and changes.
    pub(crate) fn publish(&mut self, logs: &[Log], hash: B256) {
        let block = self.mined.block;
        for log in logs {
            self.mined.frames.extend(log.frame(block, hash, &self.store));
            let Some(number) = log.guid().and_then(|guid| self.numbers.get(&guid)).copied() else { continue };
            let Some(record) = self.records.get_mut(number - 1) else { continue };
            if let Log::Settled { settler, payout, .. } = log {
                record.payouts.insert(*settler, *payout);
            }
            let bounty = self.registry.bounty(record.guid);
            let assertor = |account| bounty.is_some_and(|bounty| bounty.assertion_of(account).is_some());
            self.mined.changes.extend(Change::of_log((block, number), log, &record.artifacts, assertor));
        }
    }

    /// Notes a new bounty; its logs are published afterwards.
    pub(crate) fn keep(&mut self, record: Record) {
        self.numbers.insert(record.guid, self.records.len() + 1);
        self.records.push(record);
    }

    /// Notes which bounties are over with this block.
    fn close(&mut self, block: u64) {
        let terms = &self.registry.terms;
        let windows = terms.reveal_window + terms.vote_window;
        let ended = |record: &Record| {
            let bounty = self.registry.bounty(record.guid)?;
            Record::end(bounty, block, bounty.expiration + windows)
        };
        let open = self.records.iter().enumerate().filter(|(_, record)| !record.over);
        let ends: Vec<_> = open.filter_map(|(i, record)| Some((i, ended(record)?))).collect();
        for (i, why) in ends {
            let account = self.reported_account();
            let Some(record) = self.records.get(i) else { continue };
            let score = BountyReport::of(self, record, account);
            let detail = json!({ "why": why, "asserted": score.asserted, "revealed": score.revealed,
                "settled": score.settled, "correct": score.correct });
            let change = Change { block, bounty: i + 1, guid: score.guid, event: What::Over, detail };
            self.mined.changes.push(change);
            if let Some(record) = self.records.get_mut(i) {
                record.over = true;
            }
        }
    }

    /// Everything was posted and is over.
    pub(crate) fn is_over(&self) -> bool {
        self.plan.left == 0 && self.plan.commanded.is_empty() && self.records.iter().all(|record| record.over)
    }

    /// The account that the report is about: the one asked for, else the first that asserted.
    pub(crate) fn reported_account(&self) -> Option<Address> {
        let tried = || self.records.iter().flat_map(|r| &r.sent).find(|sent| sent.kind == Kind::Assertion);
        let authors = || self.registry.bounties().iter().flat_map(|bounty| &bounty.assertions);
        self.account
            .or_else(|| authors().next().map(|first| first.author))
            .or_else(|| tried().map(|s| s.sender))
    }

    /// Notes a refusal for the report.
    pub(crate) fn reject(&mut self, path: &str, why: String) {
        tracing::debug!(path, why, "rejected");
        self.rejected.push(Rejected { path: path.into(), why });
    }

    /// An account's tokens.
    pub(crate) fn balance(&self, account: Address) -> U256 {
        self.token.balance(account)
    }

    fn record_mut(&mut self, guid: Uuid) -> Option<&mut Record> {
        let number = self.numbers.get(&guid)?;
        self.records.get_mut(number - 1)
    }
}
