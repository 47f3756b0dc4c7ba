//! engine-clamav, from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails, also in what tests share"
)]

/// What these tests share.
mod support;

/// Every recorded reply of a real clamd, and replies that nobody recorded.
mod recordings;
/// The reference's vectors.
mod vectors;

/// What `check` is told.
mod about;
/// A real clamd, and daemons that misbehave.
mod clamd;
/// The suite that every scanner passes.
mod contract;
/// libclamav in its program.
#[cfg(feature = "libclamav")]
mod host;
/// What is packed so that nobody can look into it.
mod packed;

/// What is unwanted and no more.
mod unwanted;

/// The program.
#[cfg(feature = "bin")]
mod cli;
