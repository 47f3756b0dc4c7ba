//! The bounty registry: its rules, its money, and why it refuses. Pure: a call and a block number in, logs or
//! a revert out.

mod bounty;
mod revert;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use alloy_primitives::{Address, U256, keccak256};
use uuid::Uuid;

pub(crate) use self::{
    bounty::{Assertion, Bounty, Round, Vote},
    revert::Revert,
};
use super::{abi::REGISTRY, artifacts::Kind, event::Log, payout::shares, token::Token};

/// Fees, limits and windows, in force for every bounty.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) bounty_fee: U256,
    pub(crate) assertion_fee: U256,
    /// Least amount per artifact.
    pub(crate) amount_minimum: U256,
    pub(crate) bid_minimum: U256,
    pub(crate) bid_maximum: U256,
    pub(crate) max_duration: u64,
    pub(crate) reveal_window: u64,
    pub(crate) vote_window: u64,
}

/// A bounty to be posted.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) guid: Uuid,
    pub(crate) kind: Kind,
    pub(crate) amount: U256,
    pub(crate) uri: String,
    pub(crate) artifacts: usize,
    pub(crate) duration: u64,
    pub(crate) metadata: String,
}

/// The contract's state. A call that reverts leaves it and the token as they were.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) terms: Terms,
    arbiters: HashSet<Address>,
    bounties: Vec<Bounty>,
    /// Places in `bounties`.
    places: HashMap<Uuid, usize>,
    deprecated: bool,
}

impl Registry {
    pub(crate) fn new(terms: Terms, arbiters: impl IntoIterator<Item = Address>) -> Self {
        Self {
            terms,
            arbiters: arbiters.into_iter().collect(),
            bounties: Vec::new(),
            places: HashMap::new(),
            deprecated: false,
        }
    }

    /// All bounties in posting order.
    pub(crate) fn bounties(&self) -> &[Bounty] {
        &self.bounties
    }

    pub(crate) fn bounty(&self, guid: Uuid) -> Option<&Bounty> {
        self.bounties.get(*self.places.get(&guid)?)
    }

    fn bounty_mut(&mut self, guid: Uuid) -> Result<&mut Bounty, Revert> {
        let place = self.places.get(&guid).ok_or(Revert::NotInitialized)?;
        self.bounties.get_mut(*place).ok_or(Revert::NotInitialized)
    }

    /// Takes no more bounties; everything else goes on.
    pub(crate) fn deprecate(&mut self) {
        self.deprecated = true;
    }

    pub(crate) fn post_bounty(
        &mut self,
        token: &mut Token,
        sender: Address,
        block: u64,
        offer: Offer,
    ) -> Result<Vec<Log>, Revert> {
        let Offer { guid, kind, amount, uri, artifacts, duration, metadata } = offer;
        refuse_if(self.deprecated, Revert::Deprecated)?;
        refuse_if(self.bounty(guid).is_some(), Revert::GuidInUse)?;
        refuse_if(artifacts == 0, Revert::NoArtifacts)?;
        refuse_if(artifacts > 256, Revert::TooManyArtifacts)?;
        refuse_if(duration == 0 || duration > self.terms.max_duration, Revert::Duration)?;
        refuse_if(amount < self.terms.amount_minimum * U256::from(artifacts), Revert::Amount)?;
        let paid = amount.saturating_add(self.terms.bounty_fee);
        token.transfer_from(REGISTRY, sender, REGISTRY, paid)?;
        let bounty = Bounty {
            guid,
            kind,
            author: sender,
            amount,
            fee: self.terms.bounty_fee,
            uri,
            artifacts,
            expiration: block + duration,
            metadata,
            assertions: Vec::new(),
            votes: Vec::new(),
            quorum: None,
            quorum_mask: U256::ZERO,
            assigned_arbiter: Address::ZERO,
            settled: HashSet::new(),
        };
        let logs = vec![Log::transfer(sender, REGISTRY, paid), Log::bounty(&bounty)];
        self.places.insert(guid, self.bounties.len());
        self.bounties.push(bounty);
        Ok(logs)
    }

    pub(crate) fn post_assertion(
        &mut self,
        token: &mut Token,
        sender: Address,
        block: u64,
        (guid, bid, mask, commitment): (Uuid, Vec<U256>, U256, U256),
    ) -> Result<Vec<Log>, Revert> {
        let terms = self.terms.clone();
        let bounty = self.bounty_mut(guid)?;
        refuse_if(bounty.round(block, &terms) != Round::Assert, Revert::Inactive)?;
        refuse_if(bid.len() != mask.count_ones(), Revert::MaskCount)?;
        refuse_if(bounty.assertion_of(sender).is_some(), Revert::AlreadyAsserted)?;
        let range = terms.bid_minimum..=terms.bid_maximum;
        refuse_if(bid.iter().any(|bid| !range.contains(bid)), Revert::BidRange)?;
        let paid = bid.iter().sum::<U256>() + terms.assertion_fee;
        token.transfer_from(REGISTRY, sender, REGISTRY, paid)?;
        let assertion = Assertion {
            author: sender,
            fee: terms.assertion_fee,
            bid,
            mask,
            commitment,
            nonce: U256::ZERO,
            verdicts: U256::ZERO,
            metadata: String::new(),
        };
        let logs = vec![
            Log::transfer(sender, REGISTRY, paid),
            Log::assertion(bounty, bounty.assertions.len(), &assertion),
        ];
        bounty.assertions.push(assertion);
        Ok(logs)
    }

    /// An assertion of the fast variant: on the first artifact, without an allowance, and open from the start.
    pub(crate) fn post_open_assertion(
        &mut self,
        token: &mut Token,
        sender: Address,
        block: u64,
        (guid, bid, verdict, metadata): (Uuid, U256, bool, String),
    ) -> Result<Vec<Log>, Revert> {
        token.approve(sender, REGISTRY, bid.saturating_add(self.terms.assertion_fee));
        let first = U256::from(1);
        let posted = self.post_assertion(token, sender, block, (guid, vec![bid], first, U256::ZERO));
        token.approve(sender, REGISTRY, U256::ZERO);
        let logs = posted?;
        if let Some(assertion) = self.bounty_mut(guid)?.assertions.last_mut() {
            (assertion.nonce, assertion.verdicts) = (first, U256::from(verdict));
            assertion.metadata = metadata;
        }
        Ok(logs)
    }

    pub(crate) fn reveal_assertion(
        &mut self,
        sender: Address,
        block: u64,
        (guid, index, nonce, verdicts, metadata): (Uuid, U256, U256, U256, String),
    ) -> Result<Vec<Log>, Revert> {
        let terms = self.terms.clone();
        let bounty = self.bounty_mut(guid)?;
        refuse_if(bounty.round(block, &terms) != Round::Reveal, Revert::NotRevealWindow)?;
        refuse_if(nonce == U256::ZERO, Revert::Nonce)?;
        let index = usize::try_from(index).map_err(|_| Revert::AssertionId)?;
        let assertion = bounty.assertions.get_mut(index).ok_or(Revert::AssertionId)?;
        refuse_if(assertion.author != sender, Revert::Author)?;
        refuse_if(assertion.revealed(), Revert::AlreadyRevealed)?;
        refuse_if(commitment(sender, nonce, verdicts) != assertion.commitment, Revert::Commitment)?;
        assertion.nonce = nonce;
        assertion.verdicts = verdicts;
        assertion.metadata = metadata;
        let assertion = assertion.clone();
        Ok(vec![Log::reveal(bounty, index, &assertion)])
    }

    pub(crate) fn vote_on_bounty(
        &mut self,
        sender: Address,
        block: u64,
        (guid, votes, valid_bloom): (Uuid, U256, bool),
    ) -> Result<Vec<Log>, Revert> {
        let (terms, arbiters) = (self.terms.clone(), self.arbiters.len());
        refuse_if(!self.arbiters.contains(&sender), Revert::NotArbiter)?;
        let bounty = self.bounty_mut(guid)?;
        let round = bounty.round(block, &terms);
        refuse_if(!matches!(round, Round::Vote | Round::Quorum), Revert::NotVoteWindow)?;
        refuse_if(bounty.votes.iter().any(|vote| vote.voter == sender), Revert::AlreadyVoted)?;
        bounty.votes.push(Vote { voter: sender, votes, valid_bloom });
        // An artifact is decided when the votes still to come cannot turn it.
        for i in 0..bounty.artifacts {
            let malicious = bounty.malicious_votes(i);
            let benign = bounty.votes.len() - malicious;
            if malicious >= arbiters - malicious || benign > arbiters - benign {
                bounty.quorum_mask.set_bit(i, true);
            }
        }
        let mut logs = Vec::new();
        let decided = bounty.quorum_mask.count_ones() == bounty.artifacts;
        if bounty.quorum.is_none() && (decided || bounty.votes.len() == arbiters) {
            bounty.quorum = Some(block - bounty.expiration);
            logs.push(Log::Quorum { guid });
        }
        logs.push(Log::Vote { guid, voter: sender, votes, artifacts: bounty.artifacts });
        Ok(logs)
    }

    pub(crate) fn settle_bounty(
        &mut self,
        token: &mut Token,
        sender: Address,
        block: u64,
        guid: Uuid,
    ) -> Result<Vec<Log>, Revert> {
        let (terms, arbiter) = (self.terms.clone(), self.arbiters.contains(&sender));
        let bounty = self.bounty_mut(guid)?;
        refuse_if(bounty.settled.contains(&sender), Revert::AlreadySettled)?;
        let round = bounty.round(block, &terms);
        refuse_if(!matches!(round, Round::Quorum | Round::Over), Revert::NoQuorum)?;
        refuse_if(arbiter && round != Round::Over, Revert::VoteActive)?;
        if arbiter && bounty.assigned_arbiter == Address::ZERO {
            bounty.assigned_arbiter = bounty.votes.first().map_or(sender, |vote| vote.voter);
        }
        let shares = shares(bounty);
        let mut payout = U256::ZERO;
        if sender == bounty.author {
            payout += shares.refund;
        }
        for (assertion, share) in bounty.assertions.iter().zip(&shares.experts) {
            if assertion.author == sender {
                payout += *share;
            }
        }
        if sender == bounty.assigned_arbiter {
            payout += shares.arbiter;
        }
        token.transfer(REGISTRY, sender, payout)?;
        bounty.settled.insert(sender);
        let mut logs = Vec::new();
        if payout != U256::ZERO {
            logs.push(Log::transfer(REGISTRY, sender, payout));
        }
        logs.push(Log::Settled { guid, settler: sender, payout });
        Ok(logs)
    }
}

/// The hash that an assertion promises its verdicts with.
pub(crate) fn commitment(author: Address, nonce: U256, verdicts: U256) -> U256 {
    let hidden = U256::from_be_bytes(keccak256(nonce.to_be_bytes::<32>()).0);
    let account = U256::from_be_slice(author.as_slice());
    U256::from_be_bytes(keccak256((verdicts ^ hidden ^ account).to_be_bytes::<32>()).0)
}

fn refuse_if(condition: bool, why: Revert) -> Result<(), Revert> {
    if condition { Err(why) } else { Ok(()) }
}
