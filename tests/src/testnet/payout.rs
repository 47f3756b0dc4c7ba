//! Who gets what of a bounty: the contract's integer rules. Pure.

use alloy_primitives::U256;

use super::contract::{Assertion, Bounty};

/// The division of everything that was paid into a bounty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shares {
    /// Back to the author.
    pub(crate) refund: U256,
    /// To each assertion, by index.
    pub(crate) experts: Vec<U256>,
    /// What is left, to the assigned arbiter.
    pub(crate) arbiter: U256,
}

/// The shares as they stand now.
pub(crate) fn shares(bounty: &Bounty) -> Shares {
    let (refund, experts) = match (bounty.assertions.is_empty(), bounty.votes.is_empty()) {
        (true, true) => (bounty.amount + bounty.fee, Vec::new()),
        (true, false) => (bounty.amount, Vec::new()),
        (false, true) => (bounty.fee, unjudged(bounty)),
        (false, false) => judged(bounty),
    };
    let fees: U256 = bounty.fee + bounty.assertions.iter().map(|assertion| assertion.fee).sum::<U256>();
    let bids: U256 = bounty.assertions.iter().flat_map(|a| &a.bid).sum();
    let paid: U256 = refund + experts.iter().sum::<U256>();
    Shares { refund, experts, arbiter: (fees + bids + bounty.amount).saturating_sub(paid) }
}

/// Nobody voted: everybody gets the stake back and a part of the amount for each bid.
fn unjudged(bounty: &Bounty) -> Vec<U256> {
    let part = portion(bounty) / U256::from(bounty.assertions.len());
    let share = |a: &Assertion| a.bid.iter().map(|bid| *bid + part).sum::<U256>() + a.fee;
    bounty.assertions.iter().map(share).collect()
}

/// Artifact by artifact, the winners share the losers' bids and the artifact's portion by what they bid.
fn judged(bounty: &Bounty) -> (U256, Vec<U256>) {
    let mut refund = U256::ZERO;
    let mut experts = vec![U256::ZERO; bounty.assertions.len()];
    let portion = portion(bounty);
    for i in 0..bounty.artifacts {
        let malicious = bounty.malicious_votes(i) * 2 >= bounty.votes.len();
        let stakes: Vec<Option<(U256, bool)>> = bounty
            .assertions
            .iter()
            .map(|a| a.bid_on(i).map(|bid| (bid, a.revealed() && a.verdicts.bit(i) == malicious)))
            .collect();
        let pool = |won: bool| {
            stakes.iter().flatten().filter(|(_, right)| *right == won).map(|(bid, _)| *bid).sum::<U256>()
        };
        if stakes.iter().all(Option::is_none) {
            refund += portion;
            continue;
        }
        let (winners, losers) = (pool(true), pool(false));
        for (expert, stake) in experts.iter_mut().zip(&stakes) {
            if let Some((bid, true)) = *stake {
                *expert += bid + bid * losers / winners + bid * portion / winners;
            }
        }
    }
    (refund, experts)
}

/// The part of the amount that is for one artifact.
fn portion(bounty: &Bounty) -> U256 {
    bounty.amount / U256::from(bounty.artifacts.max(1))
}

#[cfg(test)]
mod tests;
