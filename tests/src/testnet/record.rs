//! What the judge notes of each bounty beside the chain: its truth, who sent what for it, and whether it is
//! over.

use std::collections::HashMap;

use alloy_primitives::{Address, U256};
use uuid::Uuid;

use super::{
    abi::Call,
    artifacts::Sample,
    bits,
    chain::ChainName,
    contract::{Assertion, Bounty},
};

/// The notes on one bounty.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) chain: ChainName,
    pub(crate) guid: Uuid,
    /// Names of the artifacts with their truth, in bounty order.
    pub(crate) artifacts: Vec<(String, bool)>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) payouts: HashMap<Address, U256>,
    pub(crate) over: bool,
}

/// A mined transaction about the bounty, reverted ones too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) sender: Address,
    pub(crate) kind: Kind,
}

/// What a transaction was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Assertion,
    Reveal,
    Other,
}

impl Record {
    pub(crate) fn new(chain: ChainName, guid: Uuid, samples: &[Sample]) -> Self {
        let artifacts = samples.iter().map(|sample| (sample.name.clone(), sample.truth)).collect();
        Self { chain, guid, artifacts, sent: Vec::new(), payouts: HashMap::new(), over: false }
    }

    /// The truth as a bit field, as arbiters vote it.
    pub(crate) fn truth(&self) -> U256 {
        bits::from_bools(&self.artifacts.iter().map(|(_, truth)| *truth).collect::<Vec<_>>())
    }

    pub(crate) fn note(&mut self, sender: Address, call: &Call) {
        let kind = match call {
            Call::PostAssertion { .. } => Kind::Assertion,
            Call::RevealAssertion { .. } => Kind::Reveal,
            _ => Kind::Other,
        };
        self.sent.push(Sent { sender, kind });
    }

    /// How many transactions of a kind an account has mined for the bounty.
    pub(crate) fn count(&self, sender: Address, kind: Kind) -> usize {
        self.sent.iter().filter(|sent| **sent == Sent { sender, kind }).count()
    }

    /// Every masked verdict is the truth, and the mask is neither empty nor wider than the bounty.
    pub(crate) fn is_correct(&self, assertion: &Assertion) -> bool {
        let wrong = (assertion.verdicts ^ self.truth()) & assertion.mask;
        let inside = assertion.mask.bit_len() <= self.artifacts.len();
        assertion.revealed() && assertion.mask != U256::ZERO && wrong == U256::ZERO && inside
    }

    /// Why nothing more is expected at block `block`, if so. `end` is the first block after all windows.
    pub(crate) fn end(bounty: &Bounty, block: u64, end: u64) -> Option<&'static str> {
        let settled = |assertion: &Assertion| bounty.settled.contains(&assertion.author);
        if bounty.assertions.is_empty() {
            (block >= bounty.expiration).then_some("nobody asserted")
        } else if bounty.assertions.iter().all(settled) {
            Some("settled")
        } else {
            (block >= end + SETTLE_GRACE).then_some("not settled in time")
        }
    }
}

/// Blocks after the last window in which a bounty waits for its assertors to settle.
const SETTLE_GRACE: u64 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correct_is_the_whole_truth_inside_the_bounty() {
        let sample = |truth| Sample { name: String::new(), truth, content: "x".into() };
        let record = Record::new(ChainName::Side, Uuid::nil(), &[sample(true), sample(false)]);
        let correct = |mask: u64, verdicts: u64, nonce: u64| {
            record.is_correct(&Assertion {
                author: Address::ZERO,
                fee: U256::ZERO,
                bid: Vec::new(),
                mask: U256::from(mask),
                commitment: U256::ZERO,
                nonce: U256::from(nonce),
                verdicts: U256::from(verdicts),
                metadata: String::new(),
            })
        };
        assert!(correct(0b11, 0b01, 1) && correct(0b01, 0b01, 1) && correct(0b10, 0b01, 1));
        assert!(correct(0b01, 0b11, 1), "what is not masked does not count");
        assert!(!correct(0b11, 0b11, 1) && !correct(0b11, 0b00, 1));
        assert!(!correct(0, 0b01, 1), "empty mask");
        assert!(!correct(0b11, 0b01, 0), "not revealed");
        assert!(!correct(0b111, 0b001, 1), "an artifact that is not there");
    }
}
