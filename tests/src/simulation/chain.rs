//! An honest chain with one account on it: nonces, a pool, blocks, and what the bounty registry says to each step.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use engine_core::{
    bounty::{
        BountyId, Step,
        commitment::{Commitment, Secret},
        fate::Fate,
    },
    engine::journal::Signed,
    market::Sent,
    units::Nct,
};

/// What a transaction does when it is mined.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// Lets the registry take the bids: the first transaction of an assertion.
    Approve,
    Assert {
        commitment: Commitment,
        cost: Nct,
    },
    Reveal {
        index: u64,
        secret: Secret,
        verdicts: Vec<bool>,
    },
    Settle,
}

/// A signed transaction that is on the chain, with what came of it.
#[derive(Clone, Debug)]
pub(super) struct Mined {
    pub(super) block: u64,
    pub(super) outcome: Result<(), &'static str>,
}

/// A bounty, as the registry holds it.
#[derive(Clone, Debug)]
pub(super) struct Contract {
    pub(super) expiration: u64,
    /// From this block on arbiters have decided it.
    pub(super) quorum: u64,
    /// How many others assert before us.
    pub(super) others: u64,
    pub(super) stake: Option<Stake>,
}

/// What we have staked on it.
#[derive(Clone, Debug)]
pub(super) struct Stake {
    /// In which block it was mined.
    pub(super) block: u64,
    pub(super) commitment: Commitment,
    pub(super) is_revealed: bool,
    pub(super) is_settled: bool,
}

/// What gas costs on a usual day.
pub(super) const PRICE: u64 = 100;

/// All of it.
#[derive(Debug)]
pub(super) struct Chain {
    account: Address,
    /// The last block.
    pub(super) number: u64,
    pub(super) reveal: u64,
    pub(super) vote: u64,
    pub(super) balance: Nct,
    /// What a transaction has to offer for its gas to be mined.
    pub(super) price: u64,
    pub(super) contracts: BTreeMap<BountyId, Contract>,
    /// What each signed transaction means, by its bytes, and what it offers for its gas.
    meaning: BTreeMap<String, (BountyId, Deed, u64)>,
    next_nonce: u64,
    pool: BTreeMap<u64, String>,
    mined: BTreeMap<String, Mined>,
}

impl Chain {
    pub(super) fn new(account: Address, number: u64) -> Self {
        Self {
            account,
            number,
            reveal: 10,
            vote: 20,
            balance: Nct(1_000_000 * Nct::ONE.0),
            contracts: BTreeMap::new(),
            price: PRICE,
            meaning: BTreeMap::new(),
            next_nonce: 0,
            pool: BTreeMap::new(),
            mined: BTreeMap::new(),
        }
    }

    /// Somebody signed this.
    pub(super) fn signed(&mut self, raw: String, id: BountyId, deed: Deed, price: u64) {
        self.meaning.insert(raw, (id, deed, price));
    }

    /// What a signed transaction offers for its gas.
    pub(super) fn offered(&self, raw: &str) -> u64 {
        self.meaning.get(raw).map_or(0, |(_, _, price)| *price)
    }

    /// The next nonce that nothing uses, as far as nonces follow without a gap.
    pub(super) fn free_nonce(&self) -> u64 {
        let mut nonce = self.next_nonce;
        while self.pool.contains_key(&nonce) {
            nonce += 1;
        }
        nonce
    }

    /// The node was restarted.
    pub(super) fn forget_pool(&mut self) {
        self.pool.clear();
    }

    /// Whether these bytes wait in the pool and will be mined if nothing else happens.
    pub(super) fn is_pending(&self, raw: &str, nonce: u64) -> bool {
        nonce < self.free_nonce() && self.pool.get(&nonce).is_some_and(|waiting| waiting == raw)
    }

    pub(super) fn mined(&self, raw: &str) -> Option<&Mined> {
        self.mined.get(raw)
    }

    /// Takes the first `count` of some transactions into the pool.
    pub(super) fn take(&mut self, signed: &Signed, count: usize) -> Result<Sent, &'static str> {
        let (mut is_spent, mut refused) = (false, None);
        for transaction in signed.transactions.iter().take(count) {
            if self.mined.contains_key(&transaction.raw) || transaction.nonce < self.next_nonce {
                is_spent = true;
                continue;
            }
            match self.pool.get(&transaction.nonce) {
                Some(raw) if *raw != transaction.raw && !self.is_raise(raw, &transaction.raw) => {
                    refused = Some("replacement transaction underpriced");
                }
                _ => drop(self.pool.insert(transaction.nonce, transaction.raw.clone())),
            }
        }
        match refused {
            Some(reason) => Err(reason),
            None if is_spent => Ok(Sent::Spent),
            None => Ok(Sent::Pooled),
        }
    }

    /// Whether a pool takes the second in place of the first: an eighth more, at least.
    fn is_raise(&self, waiting: &str, raw: &str) -> bool {
        let (before, now) = (self.offered(waiting), self.offered(raw));
        now > before + before / 8
    }

    /// The next block, with all of the pool that follows without a gap and offers enough. Returns what was mined.
    pub(super) fn mine(&mut self) -> Vec<(BountyId, Deed, Mined)> {
        self.number += 1;
        let mut all = Vec::new();
        while let Some(raw) =
            self.pool.get(&self.next_nonce).filter(|raw| self.offered(raw) >= self.price).cloned()
        {
            self.pool.remove(&self.next_nonce);
            self.next_nonce += 1;
            let Some((id, deed, _)) = self.meaning.get(&raw).cloned() else { continue };
            let mined = Mined { block: self.number, outcome: self.execute(id, &deed) };
            self.mined.insert(raw, mined.clone());
            all.push((id, deed, mined));
        }
        all
    }

    fn execute(&mut self, id: BountyId, deed: &Deed) -> Result<(), &'static str> {
        let block = self.number;
        let contract = self.contracts.get_mut(&id).ok_or("Bounty not initialized")?;
        let (opens, ends) = (contract.expiration, contract.expiration + self.reveal);
        match deed {
            Deed::Approve => Ok(()),
            Deed::Assert { commitment, cost } => {
                refuse_if(block >= opens, "Bounty inactive")?;
                refuse_if(contract.stake.is_some(), "Sender has already asserted")?;
                refuse_if(*cost > self.balance, "no money")?;
                self.balance = self.balance.saturating_sub(*cost);
                let commitment = *commitment;
                contract.stake = Some(Stake { block, commitment, is_revealed: false, is_settled: false });
                Ok(())
            }
            Deed::Reveal { index, secret, verdicts } => {
                let stake = contract.stake.as_mut().ok_or("Invalid assertion ID")?;
                refuse_if(*index != contract.others, "Incorrect assertion ID")?;
                refuse_if(!(opens..ends).contains(&block), "Bounty not in reveal window")?;
                refuse_if(stake.is_revealed, "Bounty already revealed")?;
                let opened = Commitment::new(self.account, verdicts, *secret);
                refuse_if(opened != Ok(stake.commitment), "Commitment hash does not match")?;
                stake.is_revealed = true;
                Ok(())
            }
            Deed::Settle => {
                let stake = contract.stake.as_mut().ok_or("Invalid assertion ID")?;
                let is_decided = block >= ends && block >= contract.quorum;
                refuse_if(block < ends + self.vote && !is_decided, "No Quorum and vote active")?;
                refuse_if(stake.is_settled, "Sender already settled")?;
                stake.is_settled = true;
                Ok(())
            }
        }
    }

    /// What came of some transactions; it shows when one more block is on top.
    pub(super) fn fate(&self, id: BountyId, step: Step, signed: &Signed) -> Fate {
        let mined = signed.transactions.iter().map(|transaction| self.mined.get(&transaction.raw));
        let Some(mined) = mined.collect::<Option<Vec<_>>>() else { return Fate::Pending };
        if mined.iter().any(|mined| mined.block >= self.number) {
            return Fate::Pending;
        }
        match mined.last().map(|mined| mined.outcome) {
            None => Fate::Pending,
            Some(Err(reason)) => Fate::Reverted(reason.to_owned()),
            Some(Ok(())) if step == Step::Assert => {
                Fate::Placed(self.contracts.get(&id).map_or(0, |contract| contract.others))
            }
            Some(Ok(())) => Fate::Done { payout: None },
        }
    }
}

fn refuse_if(refused: bool, why: &'static str) -> Result<(), &'static str> {
    if refused { Err(why) } else { Ok(()) }
}
