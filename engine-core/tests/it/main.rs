//! What engine-core promises, seen from outside. This file is the table of contents.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a panic is how a test fails, also in what tests share"
)]

/// Programs as scanners: they answer, misbehave, die, hang.
#[cfg(unix)]
mod child;
/// The command line of an engine, through `examples/own_engine.rs`.
#[cfg(all(unix, feature = "cli"))]
mod cli;
/// The suite that every scanner passes.
#[cfg(feature = "testing")]
mod contract;
/// The driver, with a real journal, against a market in memory.
#[cfg(all(feature = "polyswarmd", feature = "testing"))]
mod driver;
/// Where the reference fails and this does not, by number.
#[cfg(all(feature = "polyswarmd", feature = "testing"))]
mod faults;
/// What a library user without features gets.
mod features;
/// The journal: whose it is, who may open it, and what it keeps.
#[cfg(feature = "polyswarmd")]
mod journal;
/// The polyswarmd market against a node that does what a test says.
#[cfg(all(feature = "polyswarmd", feature = "testing"))]
mod polyswarmd;
/// Settings from flags, file and defaults; those from variables are in `cli`.
#[cfg(feature = "cli")]
mod settings;
/// Reads the golden vectors: what the Python reference client, run, said to the same question.
#[cfg(feature = "polyswarmd")]
mod vectors;
/// Bids, inside the domain where the reference stays within the market's bounds.
#[cfg(feature = "polyswarmd")]
mod vectors_bids;
/// Commitments and bit fields, exactly.
#[cfg(feature = "polyswarmd")]
mod vectors_commitment;
/// What an engine asserts of given scan results: mask, verdicts, bids, what they cost, metadata.
#[cfg(feature = "polyswarmd")]
mod vectors_decisions;
/// Filters and confidence modifiers on what posters say of their artifacts.
#[cfg(feature = "polyswarmd")]
mod vectors_filter;
/// Whole sessions of the reference client: ours says the same to the node.
#[cfg(all(feature = "polyswarmd", feature = "testing"))]
mod vectors_lifecycle;
/// Metadata of verdicts, assertions and bounties: what is valid, where it is wrong, how it is written.
#[cfg(feature = "polyswarmd")]
mod vectors_metadata;
/// When each step is due.
#[cfg(feature = "polyswarmd")]
mod vectors_schedule;
/// Call data, what is compared before a signature, and keystores. Signatures themselves: `market/polyswarmd/sign.rs`.
#[cfg(feature = "polyswarmd")]
mod vectors_transactions;
/// Frames, addresses, keys and URIs.
#[cfg(all(feature = "polyswarmd", feature = "testing"))]
mod vectors_wire;
/// The wrappers: limit, timeout, blocking, only.
mod wrappers;
