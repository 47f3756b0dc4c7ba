//! A polyswarmd node as a market.

pub mod calldata;
pub mod keystore;
pub mod sign;
pub mod verify;
