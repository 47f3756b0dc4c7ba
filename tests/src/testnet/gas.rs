//! What calls cost: the gas that each plausibly uses, measured by nobody but of the right size. Pure.

use super::abi::Call;

/// Gas that a call uses on this chain, whether it succeeds or reverts: `None` is a call that no contract has.
///
/// A transaction whose limit is lower runs out of gas, and pays its whole limit.
pub(crate) fn used(call: Option<&Call>) -> u64 {
    const BASE: u64 = 21_000;
    let beyond = match call {
        None => 3_000,
        Some(Call::Approve { .. }) => 25_000,
        Some(Call::Transfer { .. }) => 31_000,
        Some(Call::PostAssertion { bid, .. }) => 180_000 + 22_000 * length(bid.len()),
        Some(Call::RevealAssertion { metadata, .. }) => 90_000 + 700 * length(metadata.len()),
        Some(Call::VoteOnBounty { .. }) => 110_000,
        Some(Call::SettleBounty { .. }) => 130_000,
    };
    BASE + beyond
}

fn length(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX / 1_000_000)
}
