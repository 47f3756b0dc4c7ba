//! Every reason to revert, window by window, and what goes through.

use alloy_primitives::{Address, U256, address};
use uuid::Uuid;

use super::{Offer, Registry, Revert, commitment};
use crate::testnet::{
    Settings,
    abi::REGISTRY,
    artifacts::Kind,
    event::Log,
    players::{ARBITERS, ONE},
    token::Token,
};

const AUTHOR: Address = address!("00000000000000000000000000000000000000a0");
const EXPERT: Address = address!("00000000000000000000000000000000000000e1");
const OTHER: Address = address!("00000000000000000000000000000000000000e2");
const GUID: Uuid = Uuid::from_u128(7);
const NONCE: U256 = U256::from_limbs([99, 0, 0, 0]);

/// Expiration 20, reveal until 30, vote until 40.
struct Stage {
    registry: Registry,
    token: Token,
}

impl Stage {
    fn new() -> Self {
        let registry = Registry::new(Settings::default().terms(), ARBITERS);
        let mut token = Token::default();
        for account in [AUTHOR, EXPERT, OTHER] {
            token.mint(account, ONE * U256::from(1000));
            token.approve(account, REGISTRY, U256::MAX);
        }
        let mut stage = Self { registry, token };
        stage.post(offer()).unwrap();
        stage
    }

    fn post(&mut self, offer: Offer) -> Result<Vec<Log>, Revert> {
        self.registry.post_bounty(&mut self.token, AUTHOR, 0, offer)
    }

    /// Bids one NCT on each artifact of the mask, and promises that all are malicious.
    fn assert(&mut self, who: Address, block: u64, mask: u64) -> Result<Vec<Log>, Revert> {
        let mask = U256::from(mask);
        let bid = vec![ONE; mask.count_ones()];
        let promise = commitment(who, NONCE, U256::from(3));
        self.registry.post_assertion(&mut self.token, who, block, (GUID, bid, mask, promise))
    }

    fn reveal(&mut self, who: Address, block: u64, index: u64, verdicts: u64) -> Result<Vec<Log>, Revert> {
        let (index, verdicts) = (U256::from(index), U256::from(verdicts));
        self.registry.reveal_assertion(who, block, (GUID, index, NONCE, verdicts, String::new()))
    }

    fn vote(&mut self, who: Address, block: u64, votes: u64) -> Result<Vec<Log>, Revert> {
        self.registry.vote_on_bounty(who, block, (GUID, U256::from(votes), true))
    }

    fn settle(&mut self, who: Address, block: u64) -> Result<Vec<Log>, Revert> {
        self.registry.settle_bounty(&mut self.token, who, block, GUID)
    }
}

fn offer() -> Offer {
    let amount = ONE * U256::from(4);
    Offer {
        guid: GUID,
        kind: Kind::File,
        amount,
        uri: "QmX".into(),
        artifacts: 2,
        duration: 20,
        metadata: String::new(),
    }
}

#[test]
fn a_bounty_is_posted_once_and_within_limits() {
    let mut stage = Stage::new();
    let new = || Offer { guid: Uuid::from_u128(8), ..offer() };
    assert_eq!(stage.post(offer()), Err(Revert::GuidInUse));
    assert_eq!(stage.post(Offer { artifacts: 0, ..new() }), Err(Revert::NoArtifacts));
    assert_eq!(stage.post(Offer { artifacts: 257, ..new() }), Err(Revert::TooManyArtifacts));
    assert_eq!(stage.post(Offer { duration: 0, ..new() }), Err(Revert::Duration));
    assert_eq!(stage.post(Offer { duration: 101, ..new() }), Err(Revert::Duration));
    assert_eq!(stage.post(Offer { artifacts: 3, ..new() }), Err(Revert::Amount));
    stage.token.approve(AUTHOR, REGISTRY, ONE * U256::from(4));
    assert_eq!(stage.post(new()), Err(Revert::Allowance), "the fee comes on top");
    assert_eq!(stage.registry.bounties().len(), 1);
    stage.token.approve(AUTHOR, REGISTRY, U256::MAX);
    stage.registry.deprecate();
    assert_eq!(stage.post(new()), Err(Revert::Deprecated));
    stage.assert(EXPERT, 0, 3).unwrap();
}

#[test]
fn an_assertion_is_refused_for_each_reason() {
    let mut stage = Stage::new();
    let unknown = (Uuid::from_u128(1), vec![ONE], U256::from(1), U256::from(1));
    let post = |stage: &mut Stage, call| stage.registry.post_assertion(&mut stage.token, EXPERT, 19, call);
    assert_eq!(post(&mut stage, unknown), Err(Revert::NotInitialized));
    assert_eq!(stage.assert(EXPERT, 20, 3), Err(Revert::Inactive));
    for (bid, why) in [
        (vec![ONE, ONE], Revert::MaskCount),
        (vec![], Revert::MaskCount),
        (vec![ONE + U256::from(1)], Revert::BidRange),
        (vec![U256::from(62_499_999_999_999_999u64)], Revert::BidRange),
    ] {
        assert_eq!(post(&mut stage, (GUID, bid, U256::from(2), U256::from(1))), Err(why));
    }
    stage.token.approve(EXPERT, REGISTRY, ONE * U256::from(2));
    assert_eq!(stage.assert(EXPERT, 19, 3), Err(Revert::Allowance), "the fee comes on top");
    stage.token.approve(EXPERT, REGISTRY, U256::MAX);
    stage.token.transfer(EXPERT, AUTHOR, ONE * U256::from(999)).unwrap();
    assert_eq!(stage.assert(EXPERT, 19, 3), Err(Revert::Balance));
    stage.token.mint(EXPERT, ONE * U256::from(2));
    assert_eq!(stage.registry.bounty(GUID).unwrap().assertions.len(), 0, "a revert leaves nothing");
    let logs = stage.assert(EXPERT, 19, 3).unwrap();
    assert!(matches!(logs[..], [Log::Transfer { .. }, Log::Assertion { index: 0, .. }]), "{logs:?}");
    assert_eq!(stage.assert(EXPERT, 19, 3), Err(Revert::AlreadyAsserted));
    assert_eq!(stage.token.balance(EXPERT), ONE - U256::from(31_250_000_000_000_000u64));
}

#[test]
fn an_allowance_is_used_up() {
    let mut stage = Stage::new();
    let paid = ONE * U256::from(2) + U256::from(31_250_000_000_000_000u64);
    stage.token.approve(EXPERT, REGISTRY, paid);
    stage.assert(EXPERT, 0, 3).unwrap();
    let spend = stage.token.transfer_from(REGISTRY, EXPERT, REGISTRY, U256::from(1));
    assert_eq!(spend, Err(Revert::Allowance));
}

#[test]
fn a_reveal_is_refused_for_each_reason() {
    let mut stage = Stage::new();
    stage.assert(OTHER, 0, 1).unwrap();
    stage.assert(EXPERT, 0, 3).unwrap();
    assert_eq!(stage.reveal(EXPERT, 19, 1, 3), Err(Revert::NotRevealWindow));
    assert_eq!(stage.reveal(EXPERT, 30, 1, 3), Err(Revert::NotRevealWindow));
    let zero = (GUID, U256::from(1), U256::ZERO, U256::from(3), String::new());
    assert_eq!(stage.registry.reveal_assertion(EXPERT, 20, zero), Err(Revert::Nonce));
    assert_eq!(stage.reveal(EXPERT, 20, 2, 3), Err(Revert::AssertionId));
    assert_eq!(stage.reveal(EXPERT, 20, 0, 3), Err(Revert::Author));
    assert_eq!(stage.reveal(EXPERT, 20, 1, 1), Err(Revert::Commitment));
    assert!(matches!(stage.reveal(EXPERT, 20, 1, 3).unwrap()[..], [Log::Reveal { index: 1, .. }]));
    assert_eq!(stage.reveal(EXPERT, 29, 1, 3), Err(Revert::AlreadyRevealed));
    stage.reveal(OTHER, 29, 0, 3).unwrap();
}

#[test]
fn a_vote_is_refused_for_each_reason_and_makes_the_quorum() {
    let mut stage = Stage::new();
    let [first, second, third] = ARBITERS;
    assert_eq!(stage.vote(EXPERT, 30, 3), Err(Revert::NotArbiter));
    assert_eq!(stage.vote(first, 29, 3), Err(Revert::NotVoteWindow));
    assert_eq!(stage.vote(first, 40, 3), Err(Revert::NotVoteWindow));
    assert!(matches!(stage.vote(first, 30, 1).unwrap()[..], [Log::Vote { .. }]));
    assert_eq!(stage.vote(first, 30, 1), Err(Revert::AlreadyVoted));
    let logs = stage.vote(second, 31, 1).unwrap();
    assert!(
        matches!(logs[..], [Log::Quorum { guid: GUID }, Log::Vote { .. }]),
        "two of three decide: {logs:?}"
    );
    assert!(matches!(stage.vote(third, 39, 0).unwrap()[..], [Log::Vote { .. }]), "one quorum only");
    assert_eq!(stage.registry.bounty(GUID).unwrap().quorum, Some(11));
}

#[test]
fn a_settle_waits_for_the_quorum_or_the_end() {
    let mut stage = Stage::new();
    let [first, second, _] = ARBITERS;
    stage.assert(EXPERT, 0, 3).unwrap();
    stage.reveal(EXPERT, 20, 0, 3).unwrap();
    assert_eq!(stage.settle(EXPERT, 29), Err(Revert::NoQuorum));
    assert_eq!(stage.settle(EXPERT, 30), Err(Revert::NoQuorum));
    stage.vote(first, 30, 3).unwrap();
    stage.vote(second, 30, 3).unwrap();
    assert_eq!(stage.settle(first, 39), Err(Revert::VoteActive));
    let logs = stage.settle(EXPERT, 30).unwrap();
    assert!(matches!(logs[..], [Log::Transfer { .. }, Log::Settled { settler: EXPERT, .. }]), "{logs:?}");
    assert_eq!(stage.settle(EXPERT, 31), Err(Revert::AlreadySettled));
    assert!(matches!(stage.settle(OTHER, 31).unwrap()[..], [Log::Settled { payout: U256::ZERO, .. }]));
    stage.settle(second, 40).unwrap();
    assert_eq!(stage.registry.bounty(GUID).unwrap().assigned_arbiter, first, "the first that voted");
}

#[test]
fn no_token_is_made_or_lost() {
    let mut stage = Stage::new();
    let supply = stage.token.supply();
    stage.assert(EXPERT, 0, 3).unwrap();
    // Fees that change meanwhile are for later payers.
    stage.registry.terms.assertion_fee = ONE;
    stage.registry.terms.bounty_fee = ONE;
    stage.assert(OTHER, 0, 1).unwrap();
    stage.reveal(EXPERT, 20, 0, 3).unwrap();
    for arbiter in ARBITERS {
        stage.vote(arbiter, 30, 1).unwrap();
    }
    for account in [EXPERT, OTHER, AUTHOR].into_iter().chain(ARBITERS) {
        stage.settle(account, 40).unwrap();
    }
    assert_eq!(stage.token.balance(REGISTRY), U256::ZERO, "everything is paid out");
    assert_eq!(stage.token.supply(), supply);
}

#[test]
fn reasons_are_the_chains_words() {
    for (why, words) in [
        (Revert::NotInitialized, "Bounty not initialized"),
        (Revert::Inactive, "Bounty inactive"),
        (Revert::MaskCount, "Bid does not match mask count"),
        (Revert::AlreadyAsserted, "Sender has already asserted"),
        (Revert::BidRange, "Bid not between min & max"),
        (Revert::NotRevealWindow, "Bounty not in reveal window"),
        (Revert::Nonce, "Invalid nonce"),
        (Revert::AssertionId, "Invalid assertion ID"),
        (Revert::Author, "Incorrect assertion author"),
        (Revert::AlreadyRevealed, "Bounty already revealed"),
        (Revert::Commitment, "Commitment hash mismatch"),
        (Revert::AlreadySettled, "Sender already settled"),
        (Revert::NoQuorum, "No Quorum and vote active"),
    ] {
        assert_eq!(why.to_string(), words);
    }
}
