//! The two chains of a marketplace, and the number that every signature carries.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A chain of the marketplace. Texts are `home` and `side`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum ChainName {
    /// Where gas has a price in the real marketplace.
    Home,
    /// Where the bounties are; what a request means that names no chain.
    #[default]
    Side,
}

impl ChainName {
    /// The chain id of development networks: 1337 or 1338.
    pub const fn id(self) -> u64 {
        match self {
            Self::Home => 1337,
            Self::Side => 1338,
        }
    }

    /// The other one.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Home => Self::Side,
            Self::Side => Self::Home,
        }
    }
}

impl fmt::Display for ChainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Home => "home",
            Self::Side => "side",
        })
    }
}
