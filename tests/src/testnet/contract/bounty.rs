//! What the registry keeps of a bounty.

use std::collections::HashSet;

use alloy_primitives::{Address, U256};
use uuid::Uuid;

use super::Terms;
use crate::testnet::artifacts::Kind;

/// The windows of a bounty's life, numbered as the contract numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// 0: before the expiration.
    Assert,
    /// 1: the reveal window.
    Reveal,
    /// 2: the vote window without a quorum.
    Vote,
    /// 3: the vote window with a quorum.
    Quorum,
    /// 4: after everything.
    Over,
}

/// A bounty with all that was said about it.
#[derive(Clone, Debug)]
pub(crate) struct Bounty {
    pub(crate) guid: Uuid,
    pub(crate) kind: Kind,
    pub(crate) author: Address,
    pub(crate) amount: U256,
    /// What its author paid for posting.
    pub(crate) fee: U256,
    pub(crate) uri: String,
    pub(crate) artifacts: usize,
    pub(crate) expiration: u64,
    pub(crate) metadata: String,
    pub(crate) assertions: Vec<Assertion>,
    pub(crate) votes: Vec<Vote>,
    /// The block of the quorum, counted from the expiration.
    pub(crate) quorum: Option<u64>,
    pub(crate) quorum_mask: U256,
    pub(crate) assigned_arbiter: Address,
    pub(crate) settled: HashSet<Address>,
}

/// A stake on verdicts that only their hash is known of, until the reveal.
#[derive(Clone, Debug)]
pub(crate) struct Assertion {
    pub(crate) author: Address,
    /// What its author paid for asserting.
    pub(crate) fee: U256,
    /// One amount for each set bit of the mask, in order.
    pub(crate) bid: Vec<U256>,
    pub(crate) mask: U256,
    pub(crate) commitment: U256,
    /// Zero until the reveal.
    pub(crate) nonce: U256,
    pub(crate) verdicts: U256,
    pub(crate) metadata: String,
}

/// What an arbiter holds to be true.
#[derive(Clone, Debug)]
pub(crate) struct Vote {
    pub(crate) voter: Address,
    pub(crate) votes: U256,
    pub(crate) valid_bloom: bool,
}

impl Bounty {
    /// The round that block `block` falls into.
    pub(crate) fn round(&self, block: u64, terms: &Terms) -> Round {
        if block < self.expiration {
            Round::Assert
        } else if block < self.expiration + terms.reveal_window {
            Round::Reveal
        } else if block >= self.expiration + terms.reveal_window + terms.vote_window {
            Round::Over
        } else if self.quorum.is_some() {
            Round::Quorum
        } else {
            Round::Vote
        }
    }

    /// How many voted that artifact `i` is malicious.
    pub(crate) fn malicious_votes(&self, i: usize) -> usize {
        self.votes.iter().filter(|vote| vote.votes.bit(i)).count()
    }

    /// The assertion of an account.
    pub(crate) fn assertion_of(&self, account: Address) -> Option<&Assertion> {
        self.assertions.iter().find(|assertion| assertion.author == account)
    }
}

impl Assertion {
    pub(crate) fn revealed(&self) -> bool {
        self.nonce != U256::ZERO
    }

    /// What was bid on artifact `i`; `None` when the mask leaves it out.
    pub(crate) fn bid_on(&self, i: usize) -> Option<U256> {
        let position = (0..i).filter(|k| self.mask.bit(*k)).count();
        self.mask.bit(i).then(|| self.bid.get(position).copied()).flatten()
    }
}
