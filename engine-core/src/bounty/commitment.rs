//! What is sealed at the assertion and opened at the reveal.

use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

/// The random number that opens a commitment; never zero. It does not print.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(U256);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The hash that binds an account to verdicts before they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment(U256);

impl Secret {
    /// Stub.
    pub fn random(_: &mut impl rand::CryptoRng) -> Self {
        Self(U256::from(1))
    }
}
