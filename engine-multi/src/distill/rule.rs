//! The rules that a setting can name.

use std::{fmt, num::NonZeroUsize, str::FromStr};

use engine_core::{Ballot, ScanError, ScanResult};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Any, Distill, Majority, Quorum};
use crate::nearest::{Nearest, nearest};

/// What a setting may say, with a quorum for an example.
const NAMES: [&str; 3] = ["any", "majority", "quorum=2"];

/// A rule by its name: `any` (the default), `majority` or `quorum=K`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// See [`Any`].
    #[default]
    Any,
    /// See [`Majority`].
    Majority,
    /// See [`Quorum`].
    Quorum(NonZeroUsize),
}

impl Distill for Rule {
    fn name(&self) -> String {
        self.to_string()
    }

    fn distill(&self, ballots: &[Ballot]) -> Result<ScanResult, ScanError> {
        match *self {
            Self::Any => Any.distill(ballots),
            Self::Majority => Majority.distill(ballots),
            Self::Quorum(needed) => Quorum(needed).distill(ballots),
        }
    }

    fn fits(&self, backends: usize) -> Result<(), BadRule> {
        match *self {
            Self::Any => Any.fits(backends),
            Self::Majority => Majority.fits(backends),
            Self::Quorum(needed) => Quorum(needed).fits(backends),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Majority => f.write_str("majority"),
            Self::Quorum(needed) => write!(f, "quorum={needed}"),
        }
    }
}

impl FromStr for Rule {
    type Err = BadRule;
    /// Reads `any`, `majority`, or `quorum=K` with K from 1.
    fn from_str(text: &str) -> Result<Self, BadRule> {
        match text {
            "any" => return Ok(Self::Any),
            "majority" => return Ok(Self::Majority),
            _ => {}
        }
        let Some(needed) = text.strip_prefix("quorum=") else {
            let got: String = text.chars().take(80).collect();
            return Err(BadRule::Unknown { nearest: nearest(&got, NAMES), got });
        };
        needed.parse().map(Self::Quorum).map_err(|_| BadRule::Quorum(needed.chars().take(80).collect()))
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A rule that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadRule {
    /// There is no rule of this name.
    #[error(
        "expected a rule to distil by (any, majority, or quorum=K such as quorum=2), got `{got}`{nearest}"
    )]
    Unknown {
        /// What there was instead.
        got: String,
        /// What may have been meant.
        nearest: Nearest,
    },
    /// A quorum is a number from 1.
    #[error("expected how many backends have to agree (1 or more, as in quorum=2), got `{0}`")]
    Quorum(String),
    /// So many backends can never agree, since there are fewer.
    #[error(
        "quorum={needed} can never be reached by {backends} backend(s): ask for at most quorum={backends}, or add backends"
    )]
    QuorumTooLarge {
        /// How many have to agree.
        needed: NonZeroUsize,
        /// How many there are.
        backends: usize,
    },
}
