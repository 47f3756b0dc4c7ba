//! The chain behind the scripted market: account nonces, a pool, windows, and what the contract says to each step.

use std::collections::HashMap;

use engine_core::{
    bounty::{Bounty, BountyId, Step, commitment::Commitment, fate::Fate},
    engine::journal::Sealed,
    market::Sent,
    units::Nct,
};

use super::{
    FEE, INDEX, REVEAL, VOTE,
    market::{Call, DEARER, Pool},
};

/// What is staked on a bounty.
#[derive(Clone, Debug)]
pub(crate) struct Stake {
    pub(crate) commitment: Commitment,
    pub(crate) revealed: bool,
    pub(crate) settled: bool,
}

/// All there is.
#[derive(Debug)]
pub(crate) struct World {
    /// The last block.
    pub(crate) tick: u64,
    /// What our account holds.
    pub(crate) balance: Nct,
    /// The artifacts of every bounty.
    pub(crate) artifacts: Vec<Vec<u8>>,
    /// How many of them the contract counts, if not all.
    pub(crate) count: Option<u64>,
    /// Whether the arbiters agree before the vote is over.
    pub(crate) quorum: bool,
    /// Whether what is in the pool is mined at once.
    pub(crate) mines: bool,
    /// Whether only what is offered at a higher price is mined.
    pub(crate) is_dear: bool,
    /// Whether the scanner no longer finds its test file.
    pub(crate) is_blind: bool,
    /// What the arbiters voted, on every bounty.
    pub(crate) truth: Option<Vec<bool>>,
    /// Every call, in order.
    pub(crate) calls: Vec<(Call, Option<BountyId>)>,
    /// Everything that was handed in, in order, whether it got through or not.
    pub(crate) handed_in: Vec<Sealed>,
    /// What is staked.
    pub(crate) stakes: HashMap<BountyId, Stake>,
    expirations: HashMap<BountyId, u64>,
    /// The account's next nonce.
    next: u64,
    pool: Pool,
    /// What was mined, and what came of it.
    mined: HashMap<String, Result<(), &'static str>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            tick: 50,
            balance: Nct(1000 * Nct::ONE.0),
            artifacts: vec![b"malicious".to_vec()],
            count: None,
            quorum: false,
            mines: true,
            is_dear: false,
            is_blind: false,
            truth: None,
            calls: Vec::new(),
            handed_in: Vec::new(),
            stakes: HashMap::new(),
            expirations: HashMap::new(),
            next: 0,
            pool: Pool::new(),
            mined: HashMap::new(),
        }
    }

    /// A bounty is up.
    pub(crate) fn post(&mut self, bounty: &Bounty) {
        self.expirations.insert(bounty.id, bounty.expiration.0);
    }

    /// How often something was asked.
    pub(crate) fn count_of(&self, call: Call) -> usize {
        self.calls.iter().filter(|(called, _)| *called == call).count()
    }

    /// What was handed in for a step of a bounty: the raw bytes of each time.
    pub(crate) fn bytes_of(&self, id: BountyId, step: Step) -> Vec<Vec<String>> {
        let of = self.handed_in.iter().filter(|sealed| sealed.id() == id && sealed.step() == step);
        of.map(|sealed| sealed.signed().transactions.iter().map(|t| t.raw.clone()).collect()).collect()
    }

    /// How many assertions were mined for a bounty, reverted ones too.
    pub(crate) fn assertions_mined(&self, id: BountyId) -> usize {
        // Each takes two transactions, of which the first is an approval.
        self.mined.keys().filter(|raw| raw.starts_with(&format!("{id} assert"))).count() / 2
    }

    /// The nonces of what waits in the pool.
    pub(crate) fn pooled(&self) -> Vec<u64> {
        self.pool.keys().copied().collect()
    }

    /// The node was restarted: what waited in its pool is gone.
    pub(crate) fn forget_pool(&mut self) {
        self.pool.clear();
    }

    /// Another program used the account.
    pub(crate) fn use_up_nonces(&mut self, count: u64) {
        self.next += count;
    }

    /// The next nonce that nothing uses, as far as nonces follow without a gap.
    pub(crate) fn free_nonce(&self) -> u64 {
        (self.next..).find(|nonce| !self.pool.contains_key(nonce)).unwrap()
    }

    /// Takes signed bytes into the pool.
    pub(crate) fn take(&mut self, sealed: &Sealed) -> Result<Sent, String> {
        let (mut spent, mut refused) = (false, None);
        for transaction in &sealed.signed().transactions {
            if self.mined.contains_key(&transaction.raw) {
                continue;
            }
            match self.pool.get(&transaction.nonce) {
                _ if transaction.nonce < self.next => spent = true,
                Some((raw, _)) if *raw != transaction.raw && !transaction.raw.contains(DEARER) => {
                    refused = Some("replacement transaction underpriced")
                }
                _ => drop(self.pool.insert(transaction.nonce, (transaction.raw.clone(), sealed.clone()))),
            }
        }
        if self.mines {
            self.mine();
        }
        match refused {
            Some(reason) => Err(reason.to_owned()),
            None if spent => Ok(Sent::Spent),
            None => Ok(Sent::Pooled),
        }
    }

    /// Mines what can be mined.
    pub(crate) fn mine(&mut self) {
        while let Some((raw, _)) = self.pool.get(&self.next)
            && (!self.is_dear || raw.contains(DEARER))
            && let Some((raw, sealed)) = self.pool.remove(&self.next)
        {
            let is_last = sealed.signed().transactions.last().unwrap().nonce == self.next;
            let outcome = if is_last { self.execute(&sealed) } else { Ok(()) };
            self.mined.insert(raw, outcome);
            self.next += 1;
        }
    }

    fn execute(&mut self, sealed: &Sealed) -> Result<(), &'static str> {
        let (id, block) = (sealed.id(), self.tick + 1);
        let expiration = self.expirations.get(&id).copied().ok_or("Bounty not initialized")?;
        if sealed.step() == Step::Assert {
            let cost = Nct::checked_sum(sealed.assertion().bids.iter().copied().chain([FEE])).unwrap();
            refuse_if(block >= expiration, "Bounty inactive")?;
            refuse_if(self.stakes.contains_key(&id), "Sender has already asserted")?;
            refuse_if(cost > self.balance, "no money")?;
            self.balance = self.balance.saturating_sub(cost);
            let commitment = sealed.assertion().commitment;
            self.stakes.insert(id, Stake { commitment, revealed: false, settled: false });
            return Ok(());
        }
        let stake = self.stakes.get_mut(&id).ok_or("Invalid assertion ID")?;
        if sealed.step() == Step::Reveal {
            let inside = (expiration..expiration + REVEAL).contains(&block);
            refuse_if(!inside, "Bounty not in reveal window")?;
            refuse_if(stake.revealed, "Bounty already revealed")?;
            stake.revealed = true;
        } else {
            let vote = if self.quorum { 0 } else { VOTE };
            refuse_if(block < expiration + REVEAL + vote, "No Quorum and vote active")?;
            refuse_if(stake.settled, "Sender already settled")?;
            stake.settled = true;
        }
        Ok(())
    }

    /// What came of signed bytes.
    pub(crate) fn fate(&self, sealed: &Sealed) -> Fate {
        let outcomes: Vec<_> =
            sealed.signed().transactions.iter().filter_map(|t| self.mined.get(&t.raw)).collect();
        if outcomes.len() < sealed.signed().transactions.len() {
            return Fate::Pending;
        }
        match outcomes.last().unwrap() {
            Err(reason) => Fate::Reverted((*reason).to_owned()),
            Ok(()) if sealed.step() == Step::Assert => Fate::Placed(INDEX),
            Ok(()) => Fate::Done { payout: None },
        }
    }
}

fn refuse_if(refused: bool, why: &'static str) -> Result<(), &'static str> {
    if refused { Err(why) } else { Ok(()) }
}
