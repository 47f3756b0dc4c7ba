//! What engine-core promises, seen from outside. This file is the table of contents.

/// Reads the golden vectors: what the Python reference client, run, said to the same question.
#[cfg(feature = "polyswarmd")]
mod vectors;
/// Bids, inside the domain where the reference stays within the market's bounds.
#[cfg(feature = "polyswarmd")]
mod vectors_bids;
/// Commitments and bit fields, exactly.
#[cfg(feature = "polyswarmd")]
mod vectors_commitment;
