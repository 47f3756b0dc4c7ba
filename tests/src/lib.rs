//! The tests of the whole workspace, and what they stand on.
//!
//! [`testnet`] is a marketplace in one process, the judge that engines are run against.

pub mod gate;
pub mod installed;
pub mod peers;
pub mod python;
pub mod running;
pub mod samples;
pub mod scans;
#[cfg(feature = "simulation")]
pub mod simulation;
pub mod testnet;
