//! The score: what an account did with each bounty, beside the truth.

use alloy_primitives::{Address, U256};
use serde::Serialize;

use super::{
    bits,
    chain::ChainName,
    event,
    record::{Kind, Record},
    world::World,
};

/// The whole score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In posting order.
    pub bounties: Vec<BountyReport>,
    /// The sums.
    pub totals: Totals,
    /// What each account did that sent a transaction about a bounty, in the order of their first.
    pub accounts: Vec<AccountReport>,
}

/// The sums of one account. Wei are decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountReport {
    /// With checksum.
    pub account: String,
    /// Bounties that it asserted.
    pub asserted: usize,
    /// How many of them it revealed.
    pub revealed: usize,
    /// How many of them it settled.
    pub settled: usize,
    /// How many of them were right.
    pub correct: usize,
    /// Bounties for which it has more than one mined assertion transaction.
    pub asserted_twice: usize,
    /// What it staked: bids, without fees.
    pub staked: String,
    /// What its settles brought.
    pub payout: String,
    /// Its requests and transactions that were refused.
    pub rejected: usize,
}

/// One bounty, as the reported account played it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BountyReport {
    /// Lower-case UUID.
    pub guid: String,
    /// The chain that it was posted on.
    pub chain: ChainName,
    /// In bounty order.
    pub artifacts: Vec<ArtifactReport>,
    /// An assertion of the account is in the contract.
    pub asserted: bool,
    /// It was revealed.
    pub revealed: bool,
    /// The account has settled.
    pub settled: bool,
    /// Mined assertion transactions of the account for this bounty, reverted ones too.
    pub assertions: usize,
    /// Mined reveal transactions of the account for this bounty, reverted ones too.
    pub reveals: usize,
    /// One entry per artifact; `None` when not asserted.
    pub mask: Option<Vec<bool>>,
    /// True = malicious, one per artifact; `None` when not revealed.
    pub verdicts: Option<Vec<bool>>,
    /// Wei as decimals, one per true mask entry; empty when not asserted.
    pub bid: Vec<String>,
    /// The revealed metadata: JSON text when it can be looked up, else as it was sent; `None` when not
    /// revealed.
    pub metadata: Option<String>,
    /// Every masked verdict is the truth, the mask is not empty, and it was revealed.
    pub correct: bool,
    /// Wei as decimals that the account's settle brought; `0` when not settled.
    pub payout: String,
}

/// The truth of one artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ArtifactReport {
    /// File name.
    pub name: String,
    /// True = malicious.
    pub truth: bool,
}

/// The sums over all bounties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Posted.
    pub bounties: usize,
    /// How many the account asserted.
    pub asserted: usize,
    /// How many it revealed.
    pub revealed: usize,
    /// How many it settled.
    pub settled: usize,
    /// How many were right.
    pub correct: usize,
    /// All 4xx and 5xx answers and reverts, but for the start-up question `OPTIONS /wallets/` and look-ups of
    /// what
    /// does not exist.
    pub rejected_requests: Vec<Rejected>,
}

/// A request or transaction that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The account that the request names, or that sent the transaction.
    pub account: Option<String>,
    /// Path of the request; of a revert that of the transaction's posting.
    pub path: String,
    /// Status and text, or the revert with its reason.
    pub why: String,
}

impl Report {
    pub(crate) fn of(world: &World) -> Self {
        Self::of_account(world, world.reported_account())
    }

    pub(crate) fn of_account(world: &World, account: Option<Address>) -> Self {
        let bounties: Vec<_> =
            world.records.iter().map(|record| BountyReport::of(world, record, account)).collect();
        let count = |what: fn(&BountyReport) -> bool| bounties.iter().filter(|bounty| what(bounty)).count();
        let totals = Totals {
            bounties: bounties.len(),
            asserted: count(|bounty| bounty.asserted),
            revealed: count(|bounty| bounty.revealed),
            settled: count(|bounty| bounty.settled),
            correct: count(|bounty| bounty.correct),
            rejected_requests: world.rejected.clone(),
        };
        let accounts = world.players().into_iter().map(|account| AccountReport::of(world, account)).collect();
        Self { bounties, totals, accounts }
    }
}

impl AccountReport {
    fn of(world: &World, account: Address) -> Self {
        let name = event::address(account);
        let mut sums = Self {
            rejected: world.rejected.iter().filter(|r| r.account.as_ref() == Some(&name)).count(),
            account: name,
            asserted: 0,
            revealed: 0,
            settled: 0,
            correct: 0,
            asserted_twice: 0,
            staked: String::new(),
            payout: String::new(),
        };
        let (mut staked, mut payout) = (U256::ZERO, U256::ZERO);
        for record in &world.records {
            let bounty = world.nets.get(record.chain).registry.bounty(record.guid);
            sums.asserted_twice += usize::from(record.count(account, Kind::Assertion) > 1);
            let Some((bounty, assertion)) = bounty.and_then(|b| Some((b, b.assertion_of(account)?))) else {
                continue;
            };
            sums.asserted += 1;
            sums.revealed += usize::from(assertion.revealed());
            sums.settled += usize::from(bounty.settled.contains(&account));
            sums.correct += usize::from(record.is_correct(assertion));
            staked += assertion.bid.iter().sum::<U256>();
            payout += record.payouts.get(&account).copied().unwrap_or_default();
        }
        Self { staked: staked.to_string(), payout: payout.to_string(), ..sums }
    }
}

impl BountyReport {
    pub(crate) fn of(world: &World, record: &Record, account: Option<Address>) -> Self {
        let bounty = world.nets.get(record.chain).registry.bounty(record.guid);
        let sent = |kind| account.map_or(0, |account| record.count(account, kind));
        let assertion = bounty.zip(account).and_then(|(bounty, account)| bounty.assertion_of(account));
        let revealed = assertion.filter(|assertion| assertion.revealed());
        let width = record.artifacts.len();
        let artifact = |(name, truth): &(String, bool)| ArtifactReport { name: name.clone(), truth: *truth };
        Self {
            guid: record.guid.to_string(),
            chain: record.chain,
            artifacts: record.artifacts.iter().map(artifact).collect(),
            asserted: assertion.is_some(),
            revealed: revealed.is_some(),
            settled: bounty.zip(account).is_some_and(|(bounty, account)| bounty.settled.contains(&account)),
            assertions: sent(Kind::Assertion),
            reveals: sent(Kind::Reveal),
            mask: assertion.map(|assertion| bits::to_bools(assertion.mask, width)),
            verdicts: revealed.map(|assertion| bits::to_bools(assertion.verdicts, width)),
            bid: assertion.map(|assertion| event::decimals(&assertion.bid)).unwrap_or_default(),
            metadata: revealed.map(|assertion| world.store.text(&assertion.metadata).to_owned()),
            correct: assertion.is_some_and(|assertion| record.is_correct(assertion)),
            payout: account
                .and_then(|account| record.payouts.get(&account))
                .map_or_else(|| "0".into(), ToString::to_string),
        }
    }
}
