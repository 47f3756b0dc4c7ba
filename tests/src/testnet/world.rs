//! Everything the node knows, behind one lock: chains, artifacts and the judge's notes. Advances one block at
//! a time.

use std::collections::{HashMap, HashSet};

use alloy_primitives::{Address, B256, U256, keccak256};
use serde_json::json;
use uuid::Uuid;

use super::{
    Settings, Variant,
    abi::Call,
    artifacts::Deck,
    chain::{ChainName, Receipt},
    contract::Revert,
    event::{Frame, Log, address, block_frame},
    fast,
    faults::{Armed, BlockFault, Sent as Push},
    gas,
    net::Nets,
    players,
    progress::{Change, What},
    record::{Kind, Record, Sent},
    report::{BountyReport, Rejected},
    store::Store,
};

/// The state of the marketplace.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) nets: Nets,
    pub(crate) store: Store,
    pub(crate) deck: Deck,
    /// What bounties on URLs draw from.
    pub(crate) urls: Deck,
    /// In posting order, those of all chains.
    pub(crate) records: Vec<Record>,
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) faults: Armed,
    /// Numbers of the bounties in `records`, from 1.
    numbers: HashMap<(ChainName, Uuid), usize>,
    account: Option<Address>,
    /// Of the block in the making.
    mined: Mined,
}

/// What a block brought.
#[derive(Debug, Default)]
pub(crate) struct Mined {
    pub(crate) chain: ChainName,
    pub(crate) block: u64,
    /// The number that the node tells for the block.
    pub(crate) told: u64,
    /// For the websockets, that of the block first.
    frames: Vec<Frame>,
    /// The same with the faults that befell them.
    pub(crate) sent: Vec<Push>,
    pub(crate) changes: Vec<Change>,
}

impl World {
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut faults = Armed::default();
        faults.add(settings.faults.clone());
        Self {
            nets: Nets::new(settings),
            store: Store::default(),
            deck: Deck::new(settings.samples.clone(), settings.seed),
            urls: Deck::new(settings.urls.clone(), settings.seed),
            records: Vec::new(),
            rejected: Vec::new(),
            faults,
            numbers: HashMap::new(),
            account: settings.account,
            mined: Mined::default(),
        }
    }

    /// Gives an account its tokens on each chain at its first request.
    pub(crate) fn meet(&mut self, account: Address) {
        self.nets.iter_mut().for_each(|net| net.meet(account));
    }

    /// Mines the next block of a chain: what waits in the pool first, then what ambassador and arbiters do.
    /// The fast variant has no transactions and tells of no blocks; its block is the second `now`, or else the
    /// next.
    pub(crate) fn mine(&mut self, chain: ChainName, now: Option<u64>) -> Mined {
        let faults = self.faults.block(chain);
        let net = self.nets.get_mut(chain);
        faults.iter().for_each(|fault| net.suffer(*fault));
        let block = net.begin_block(now);
        self.open(chain, block);
        if self.nets.get(chain).variant == Variant::Ethereum {
            self.mined.frames.push(block_frame(self.mined.told));
        }
        while let Some(tx) = self.nets.get_mut(chain).chain.next_transaction() {
            let call = Call::decode(tx.to, &tx.data);
            let gas = gas::used(call.as_ref());
            let outcome = match &call {
                _ if gas > tx.gas => Err(Revert::OutOfGas),
                // The contracts take no ether.
                Some(call) if tx.value == U256::ZERO => self.execute(tx.sender, call.clone(), tx.hash),
                _ => Err(Revert::NoSuchCall),
            };
            self.nets.get_mut(chain).chain.charge(&tx, gas);
            if let Err(why) = &outcome {
                let name = call.as_ref().map_or("unknown call", Call::name);
                let why = format!("{name} in transaction 0x{:x} reverted at block {block}: {why}", tx.hash);
                self.reject("/transactions", Some(tx.sender), why);
            }
            self.nets.get_mut(chain).chain.record(tx.hash, Receipt { block, outcome });
        }
        players::play(self, chain, block);
        self.close();
        let mut mined = self.seal();
        if faults.contains(&BlockFault::DropSockets) {
            mined.sent.insert(0, Push::Drop);
        }
        mined
    }

    /// What happens between two ticks of the fast variant's clock, and what it brought.
    pub(crate) fn at_once<T>(&mut self, chain: ChainName, act: impl FnOnce(&mut Self) -> T) -> (T, Mined) {
        self.open(chain, self.nets.get(chain).chain.head());
        let done = act(self);
        (done, self.seal())
    }

    fn open(&mut self, chain: ChainName, block: u64) {
        let told = self.nets.get(chain).told(block);
        self.mined = Mined { chain, block, told, ..Mined::default() };
    }

    fn seal(&mut self) -> Mined {
        let mut mined = std::mem::take(&mut self.mined);
        mined.sent = self.faults.pass(mined.chain, mined.block, std::mem::take(&mut mined.frames));
        mined
    }

    /// Takes an assertion of the fast variant; its index.
    pub(crate) fn assert_openly(
        &mut self,
        signed: &fast::Assertion,
        metadata: String,
    ) -> Result<usize, Revert> {
        let Mined { chain, block, .. } = self.mined;
        let (sender, guid) = (signed.author, signed.guid);
        if let Some(record) = self.record_mut(chain, guid) {
            record.sent.push(Sent { sender, kind: Kind::Assertion });
        }
        let metadata = self.store.add_text(metadata);
        let net = self.nets.get_mut(chain);
        let assertion = (guid, signed.bid, signed.verdict, metadata);
        let logs = net.registry.post_open_assertion(&mut net.token, sender, block, assertion)?;
        self.publish(&logs, keccak256(format!("{guid} {sender}")));
        let bounty = self.nets.get(chain).registry.bounty(guid);
        Ok(bounty.map_or(0, |bounty| bounty.assertions.len().saturating_sub(1)))
    }

    /// Runs one call in the block that is being made, and tells of it.
    pub(crate) fn execute(&mut self, sender: Address, call: Call, hash: B256) -> Result<Vec<Log>, Revert> {
        let Mined { chain, block, .. } = self.mined;
        if let Some(record) = call.guid().and_then(|guid| self.record_mut(chain, guid)) {
            record.note(sender, &call);
        }
        let net = self.nets.get_mut(chain);
        let (registry, token) = (&mut net.registry, &mut net.token);
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
        let Mined { chain, block, told, .. } = self.mined;
        for log in logs {
            self.mined.frames.extend(log.frame(told, hash, &self.store));
            let Some(number) = log.guid().and_then(|guid| self.numbers.get(&(chain, guid))).copied() else {
                continue;
            };
            let Some(record) = self.records.get_mut(number - 1) else { continue };
            if let Log::Settled { settler, payout, .. } = log {
                record.payouts.insert(*settler, *payout);
            }
            let bounty = self.nets.get(chain).registry.bounty(record.guid);
            let assertor = |account| bounty.is_some_and(|bounty| bounty.assertion_of(account).is_some());
            let change = Change::of_log((chain, block, number), log, &record.artifacts, assertor);
            self.mined.changes.extend(change);
        }
    }

    /// Notes a new bounty; its logs are published afterwards.
    pub(crate) fn keep(&mut self, record: Record) {
        self.numbers.insert((record.chain, record.guid), self.records.len() + 1);
        self.records.push(record);
    }

    /// Notes which bounties of the chain are over with this block.
    fn close(&mut self) {
        let Mined { chain, block, .. } = self.mined;
        let registry = &self.nets.get(chain).registry;
        let windows = registry.terms.reveal_window + registry.terms.vote_window;
        let ended = |record: &Record| {
            let bounty = registry.bounty(record.guid)?;
            Record::end(bounty, block, bounty.expiration + windows)
        };
        let open =
            self.records.iter().enumerate().filter(|(_, record)| !record.over && record.chain == chain);
        let ends: Vec<_> = open.filter_map(|(i, record)| Some((i, ended(record)?))).collect();
        for (i, why) in ends {
            let account = self.reported_account();
            let Some(record) = self.records.get(i) else { continue };
            let score = BountyReport::of(self, record, account);
            let detail = json!({ "why": why, "asserted": score.asserted, "revealed": score.revealed,
                "settled": score.settled, "correct": score.correct });
            let change = Change { chain, block, bounty: i + 1, guid: score.guid, event: What::Over, detail };
            self.mined.changes.push(change);
            if let Some(record) = self.records.get_mut(i) {
                record.over = true;
            }
        }
    }

    /// Everything was posted and is over.
    pub(crate) fn is_over(&self) -> bool {
        self.nets.iter().all(|net| net.plan.is_done()) && self.records.iter().all(|record| record.over)
    }

    /// The account that the report is about: the one asked for, else the first that asserted.
    pub(crate) fn reported_account(&self) -> Option<Address> {
        let tried = || self.records.iter().flat_map(|r| &r.sent).find(|sent| sent.kind == Kind::Assertion);
        let bounty = |record: &Record| self.nets.get(record.chain).registry.bounty(record.guid);
        let authors = || self.records.iter().filter_map(bounty).flat_map(|bounty| &bounty.assertions);
        self.account
            .or_else(|| authors().next().map(|first| first.author))
            .or_else(|| tried().map(|s| s.sender))
    }

    /// The accounts that sent transactions about bounties, in the order of their first; without those of the
    /// node.
    pub(crate) fn players(&self) -> Vec<Address> {
        let senders = self.records.iter().flat_map(|record| &record.sent).map(|sent| sent.sender);
        let mut seen = HashSet::new();
        senders.filter(|sender| !players::is_ours(*sender) && seen.insert(*sender)).collect()
    }

    /// Notes a refusal for the report.
    pub(crate) fn reject(&mut self, path: &str, account: Option<Address>, why: String) {
        tracing::debug!(path, why, "rejected");
        let account = account.map(address);
        self.rejected.push(Rejected { path: path.into(), account, why });
    }

    fn record_mut(&mut self, chain: ChainName, guid: Uuid) -> Option<&mut Record> {
        let number = self.numbers.get(&(chain, guid))?;
        self.records.get_mut(number - 1)
    }
}
