//! Why the contracts refuse a call: the reasons that the chain reports, word for word.

/// The reason of a reverted transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Revert {
    #[error("GUID already in use")]
    GuidInUse,
    #[error("Contract is deprecated")]
    Deprecated,
    #[error("Amount below minimum")]
    Amount,
    #[error("Not enough artifacts in bounty")]
    NoArtifacts,
    #[error("Too many artifacts in bounty")]
    TooManyArtifacts,
    #[error("Invalid bounty duration")]
    Duration,
    #[error("Bounty not initialized")]
    NotInitialized,
    #[error("Bounty inactive")]
    Inactive,
    #[error("Bid does not match mask count")]
    MaskCount,
    #[error("Sender has already asserted")]
    AlreadyAsserted,
    #[error("Bid not between min & max")]
    BidRange,
    #[error("Bounty not in reveal window")]
    NotRevealWindow,
    #[error("Invalid nonce")]
    Nonce,
    #[error("Invalid assertion ID")]
    AssertionId,
    #[error("Incorrect assertion author")]
    Author,
    #[error("Bounty already revealed")]
    AlreadyRevealed,
    #[error("Commitment hash mismatch")]
    Commitment,
    #[error("msg.sender is not an arbiter")]
    NotArbiter,
    #[error("Bounty not in voting window")]
    NotVoteWindow,
    #[error("Arbiter has already voted")]
    AlreadyVoted,
    #[error("Sender already settled")]
    AlreadySettled,
    #[error("No Quorum and vote active")]
    NoQuorum,
    #[error("Voting round still active")]
    VoteActive,
    #[error("ERC20: transfer amount exceeds balance")]
    Balance,
    #[error("ERC20: transfer amount exceeds allowance")]
    Allowance,
    /// The transaction's gas limit is under what the call uses.
    #[error("out of gas")]
    OutOfGas,
    /// The contract has no such function, or cannot read its arguments: no reason is given.
    #[error("Invalid revert encoding")]
    NoSuchCall,
}
