//! What engine-core promises, seen from outside.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails, also in what tests share"
)]

/// Programs as scanners: they answer, misbehave, die, hang.
#[cfg(unix)]
mod child;
/// The command line of an engine, through `examples/own_engine.rs`.
#[cfg(all(unix, feature = "cli"))]
mod cli;
/// Settings from flags, file and defaults; those from variables are in `cli`.
#[cfg(feature = "cli")]
mod settings;
/// The wrappers: limit, timeout, blocking, only.
mod wrappers;
