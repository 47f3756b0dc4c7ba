//! A bounty, from its announcement to its settlement.
//!
//! ```text
//! Announced ─► Scanning ─► opinion? ─► Asserting ─► Asserted ─► Revealing ─► Revealed ─► Settling ─► Settled
//!     │             │                      │                        │
//!     └► Skipped    └► Skipped             └► Uncertain ─► …        └► Missed (which step), and still settles
//! ```
//!
//! Nothing under here does I/O: [`machine`] decides for one bounty, [`book`] holds all of them.

pub mod bid;
pub mod book;
pub mod commitment;
pub mod event;
pub mod evidence;
pub mod fate;
pub mod filter;
pub mod machine;
pub mod opinion;
pub mod windows;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::commitment::{Commitment, Secret};
use crate::{
    artifact::ArtifactKind,
    units::{Chain, Guid, Nct, Tick},
};

/// Which bounty: GUIDs are unique within a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BountyId {
    /// The chain it lives on.
    pub chain: Chain,
    /// Its identity there.
    pub guid: Guid,
}

impl std::fmt::Display for BountyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.chain, self.guid)
    }
}

/// What somebody pays to have judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounty {
    /// Which one it is.
    pub id: BountyId,
    /// What its artifacts are.
    pub kind: ArtifactKind,
    /// What is paid for it, beside the bids.
    pub amount: Nct,
    /// Where its artifacts are, in the market's own words.
    pub uri: String,
    /// The first tick at which nothing can be asserted any more.
    pub expiration: Tick,
    /// What its poster says of each artifact, as far as that was readable; may be shorter than the list of artifacts.
    pub metadata: Vec<Map<String, Value>>,
}

/// What the market currently asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// What each assertion costs beside its bids.
    pub assertion_fee: Nct,
    /// The least that may be bid on an artifact.
    pub bid_minimum: Nct,
    /// The most that may be bid on an artifact.
    pub bid_maximum: Nct,
    /// For how many ticks after its expiration a bounty's assertions can be revealed.
    pub reveal_window: u64,
    /// For how many ticks after that arbiters vote.
    pub vote_window: u64,
}

/// A promise of verdicts with bids: first only its commitment is shown, later it is opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assertion {
    /// For each artifact, whether there is an opinion.
    pub mask: Vec<bool>,
    /// For each artifact, whether it is called malicious; false where there is no opinion.
    pub verdicts: Vec<bool>,
    /// What is staked, one amount for each true bit of the mask.
    pub bids: Vec<Nct>,
    /// What opens the commitment. Whoever has it before the reveal can copy the verdicts.
    pub secret: Secret,
    /// The hash that is shown first.
    pub commitment: Commitment,
    /// The metadata of all artifacts: the JSON text of a list.
    pub metadata: String,
}

impl Assertion {
    /// What it costs with the market's fee: what is staked, and the fee. An absurd sum is more than any balance.
    pub fn cost(&self, fee: Nct) -> Nct {
        Nct::checked_sum(self.bids.iter().copied().chain([fee])).unwrap_or(Nct(u128::MAX))
    }
}

/// A step that is taken on the market, with a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Post the commitment and the bids.
    Assert,
    /// Open the commitment.
    Reveal,
    /// Take the payout.
    Settle,
}

impl Step {
    /// The word in logs and the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assert => "assert",
            Self::Reveal => "reveal",
            Self::Settle => "settle",
        }
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
