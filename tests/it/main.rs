//! Tests of whole programs: what a user, a peer or a marketplace sees.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod testnet;
