//! Where the reference loses money or stops, and what happens here. The table of all of them, with the tests that lie elsewhere, is
//! `tests/FAULTS.md`; a test's name begins with the fault's number.

/// What is heard.
mod events;
/// What is staked on.
mod stakes;
/// What is owed.
mod steps;
