//! The driver, with a real journal, against a market in memory that does what a test says.

pub(crate) mod chain;
pub(crate) mod market;
pub(crate) mod rig;

/// What stops all staking.
mod brakes;
/// What is fetched, and what is made of what cannot be.
mod fetch;
/// What is left out, and what is trusted more or less, by what its poster says of it.
mod filter;
/// From the announcement to the payout.
mod life;
/// Answers that get lost, tasks that crash, nonces that go astray.
mod lost;
/// What is staked, and what is not.
mod money;
/// The sign of life for a watchdog.
mod pulse;
/// Killed and started again.
mod restart;
/// The way out, in every state.
mod shutdown;
/// So many bounties, then the end.
mod trial;
/// A journal that cannot be written.
mod unwritable;

use engine_core::units::Nct;

const ACCOUNT: &str = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";
/// Our assertion's index in every bounty.
const INDEX: u64 = 3;
const EXPIRATION: u64 = 100;
const REVEAL: u64 = 10;
const VOTE: u64 = 20;
const FEE: Nct = Nct(Nct::ONE.0 / 32);
