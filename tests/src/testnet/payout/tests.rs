//! The division of small pots, computed by hand. Fees: bounty 100, assertion 10.

use std::collections::HashSet;

use alloy_primitives::{Address, U256};
use uuid::Uuid;

use super::{Shares, shares};
use crate::testnet::{
    artifacts::Kind,
    contract::{Assertion, Bounty, Vote},
};

fn assertion(mask: u64, verdicts: Option<u64>, bid: &[u64]) -> Assertion {
    Assertion {
        author: Address::ZERO,
        fee: U256::from(10),
        bid: bid.iter().copied().map(U256::from).collect(),
        mask: U256::from(mask),
        commitment: U256::ZERO,
        nonce: U256::from(verdicts.is_some()),
        verdicts: U256::from(verdicts.unwrap_or_default()),
        metadata: String::new(),
    }
}

/// Two artifacts, 101 NCT wei, so a portion of 50.
fn pot(assertions: Vec<Assertion>, votes: &[u64]) -> Shares {
    let vote = |votes: &u64| Vote { voter: Address::ZERO, votes: U256::from(*votes), valid_bloom: true };
    let bounty = Bounty {
        guid: Uuid::nil(),
        kind: Kind::File,
        author: Address::ZERO,
        amount: U256::from(101),
        fee: U256::from(100),
        uri: String::new(),
        artifacts: 2,
        expiration: 0,
        metadata: String::new(),
        assertions,
        votes: votes.iter().map(vote).collect(),
        quorum: None,
        quorum_mask: U256::ZERO,
        assigned_arbiter: Address::ZERO,
        settled: HashSet::new(),
    };
    shares(&bounty)
}

fn split(refund: u64, experts: &[u64], arbiter: u64) -> Shares {
    let experts = experts.iter().copied().map(U256::from).collect();
    Shares { refund: U256::from(refund), experts, arbiter: U256::from(arbiter) }
}

#[test]
fn without_assertions_the_amount_goes_back() {
    assert_eq!(pot(vec![], &[]), split(201, &[], 0), "nobody voted: the fee too");
    assert_eq!(pot(vec![], &[1, 1]), split(101, &[], 100), "the fee is the arbiter's");
}

#[test]
fn without_votes_everybody_gets_the_stake_and_a_part() {
    let assertions = vec![assertion(3, Some(3), &[7, 9]), assertion(2, None, &[5])];
    // 10 + 7 + 9 + 2 * (50 / 2); 10 + 5 + 50 / 2; the fee back; 1 is lost by division and 25 to nobody's bid
    assert_eq!(pot(assertions, &[]), split(100, &[76, 40], 26));
}

#[test]
fn winners_share_losing_bids_and_the_portion_by_what_they_bid() {
    let assertions = vec![
        assertion(3, Some(0b01), &[30, 10]),
        assertion(1, Some(0b01), &[10]),
        assertion(1, Some(0), &[20]),
    ];
    // Artifact 0 is malicious: winners 30 + 10, loser 20.
    //   first  30 + 30 * 20 / 40 + 30 * 50 / 40 = 30 + 15 + 37 = 82
    //   second 10 + 10 * 20 / 40 + 10 * 50 / 40 = 10 + 5 + 12 = 27
    // Artifact 1 is benign: first alone, 10 + 0 + 50 = 60. In all 100 + 30 + 70 + 101 went in.
    assert_eq!(pot(assertions, &[1, 1, 1]), split(0, &[142, 27, 0], 301 - 142 - 27));
}

#[test]
fn what_was_not_revealed_is_wrong_whatever_was_promised() {
    let assertions = vec![assertion(1, None, &[20]), assertion(1, Some(0), &[20])];
    // Both are wrong on a benign or malicious artifact 0 except the second on benign; artifact 1 has no bid.
    assert_eq!(pot(assertions.clone(), &[0]), split(50, &[0, 20 + 20 + 50], 261 - 50 - 90));
    assert_eq!(pot(assertions, &[1]), split(50, &[0, 0], 261 - 50));
}

#[test]
fn a_tied_vote_is_malicious() {
    let assertions = vec![assertion(3, Some(3), &[20, 20])];
    assert_eq!(pot(assertions.clone(), &[3, 0]), split(0, &[140], 251 - 140));
    assert_eq!(pot(assertions, &[3, 0, 0]), split(0, &[0], 251));
}

#[test]
fn a_bid_past_the_bounty_is_lost_once_somebody_votes() {
    let assertions = vec![assertion(0b101, Some(0b101), &[20, 20])];
    assert_eq!(pot(assertions, &[1]), split(50, &[70], 251 - 50 - 70));
}
