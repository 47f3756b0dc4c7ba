//! Where the secrets of commitments come from.

use std::fmt;

use rand::CryptoRng;

use crate::bounty::commitment::Secret;

/// An endless supply of secrets.
pub(super) struct Secrets(Box<dyn FnMut() -> Secret + Send + Sync>);

impl Secrets {
    /// Drawn from `rng`, which has to be one that nobody can guess.
    pub(super) fn from_rng(mut rng: impl CryptoRng + Send + Sync + 'static) -> Self {
        Self(Box::new(move || Secret::random(&mut rng)))
    }

    pub(super) fn next(&mut self) -> Secret {
        (self.0)()
    }
}

impl Default for Secrets {
    /// From the system's generator.
    fn default() -> Self {
        Self(Box::new(|| Secret::random(&mut rand::rng())))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets")
    }
}
