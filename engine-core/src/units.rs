//! Quantities that cross a module: each parses at the edge, prints for people and computes checked.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// An amount of Nectar in base units of 10⁻¹⁸ NCT, 0 to 2¹²⁸−1. On the wire it is a decimal string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nct(pub u128);

impl Nct {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// One whole NCT.
    pub const ONE: Self = Self(1_000_000_000_000_000_000);

    /// The sum, or `None` past 2¹²⁸−1.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The sum of many, or `None` past 2¹²⁸−1.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// The difference, or zero if `other` is larger.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Nct {
    /// Whole NCT with the decimals it needs: `0.0625 NCT`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / Self::ONE.0, self.0 % Self::ONE.0);
        if part == 0 {
            return write!(f, "{whole} NCT");
        }
        let decimals = format!("{part:018}");
        write!(f, "{whole}.{} NCT", decimals.trim_end_matches('0'))
    }
}

impl FromStr for Nct {
    type Err = UnitError;
    /// Reads base units as decimal digits only.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(UnitError::new("an amount in base units", text));
        }
        text.parse().map(Self).map_err(|_| UnitError::new("an amount under 2^128", text))
    }
}

impl Serialize for Nct {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Nct {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// A point on a market's clock: a block number, or an epoch second where the market has no blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tick(pub u64);

impl Tick {
    /// `self + ticks`, staying at the largest tick rather than overflowing.
    #[must_use]
    pub fn after(self, ticks: u64) -> Self {
        Self(self.0.saturating_add(ticks))
    }

    /// `self - ticks`, staying at zero rather than underflowing.
    #[must_use]
    pub fn before(self, ticks: u64) -> Self {
        Self(self.0.saturating_sub(ticks))
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A bounty's identity: a UUID, printed lower case with hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Guid(pub Uuid);

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Guid {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        text.parse().map(Self).map_err(|_| UnitError::new("a GUID", text))
    }
}

/// One of the two chains a node serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chain {
    /// The main chain, where gas costs money.
    Home,
    /// The side chain, where bounties usually live.
    Side,
}

impl Chain {
    /// The name in queries, settings and the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Side => "side",
        }
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Chain {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        match text {
            "home" => Ok(Self::Home),
            "side" => Ok(Self::Side),
            _ => Err(UnitError::new("a chain (home or side)", text)),
        }
    }
}

/// How sure a verdict is: a finite number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Confidence(f64);

impl Confidence {
    /// No confidence at all.
    pub const ZERO: Self = Self(0.0);
    /// An even chance: the default for "nothing found".
    pub const HALF: Self = Self(0.5);
    /// Certain.
    pub const ONE: Self = Self(1.0);

    /// Takes a finite number from 0 to 1, refuses anything else.
    pub fn new(value: f64) -> Result<Self, UnitError> {
        if (0.0..=1.0).contains(&value) {
            // The one negative number in there is -0, which would be printed with its sign.
            Ok(Self(value.abs()))
        } else {
            Err(UnitError::new("a confidence from 0 to 1", &value.to_string()))
        }
    }

    /// A percentage as a confidence; over 100 counts as 100.
    pub fn percent(value: u8) -> Self {
        Self(f64::from(value.min(100)) / 100.0)
    }

    /// The number, from 0 to 1.
    pub fn get(self) -> f64 {
        self.0
    }

    /// The arithmetic mean, or `None` of nothing.
    pub fn mean(values: impl IntoIterator<Item = Self>) -> Option<Self> {
        let (sum, count) = values.into_iter().fold((0.0, 0u32), |(sum, n), c| (sum + c.0, n + 1));
        (count > 0).then(|| Self((sum / f64::from(count)).clamp(0.0, 1.0)))
    }
}

impl TryFrom<f64> for Confidence {
    type Error = UnitError;
    fn try_from(value: f64) -> Result<Self, UnitError> {
        Self::new(value)
    }
}

impl From<Confidence> for f64 {
    fn from(value: Confidence) -> Self {
        value.0
    }
}

impl FromStr for Confidence {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        text.parse()
            .ok()
            .and_then(|value| Self::new(value).ok())
            .ok_or_else(|| UnitError::new("a confidence from 0 to 1", text))
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text or number that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got `{got}`")]
pub struct UnitError {
    expected: &'static str,
    got: String,
}

impl UnitError {
    fn new(expected: &'static str, got: &str) -> Self {
        Self { expected, got: got.chars().take(80).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nct_prints_whole_units_and_reads_base_units() {
        assert_eq!(Nct(62_500_000_000_000_000).to_string(), "0.0625 NCT");
        assert_eq!(Nct::ONE.to_string(), "1 NCT");
        assert_eq!("1000000000000000000".parse(), Ok(Nct::ONE));
        for bad in ["", "-1", "+1", "1.5", "0x10", " 1", "340282366920938463463374607431768211456"] {
            assert!(bad.parse::<Nct>().is_err(), "{bad}");
        }
    }

    #[test]
    fn confidence_refuses_what_is_no_probability() {
        for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Confidence::new(bad).is_err(), "{bad}");
        }
        assert_eq!(Confidence::new(-0.0).unwrap().to_string(), "0");
        assert_eq!(Confidence::mean([Confidence::ONE, Confidence::HALF]), Some(Confidence(0.75)));
        assert_eq!(Confidence::mean([]), None);
    }

    #[test]
    fn ticks_saturate() {
        assert_eq!(Tick(1).before(2), Tick(0));
        assert_eq!(Tick(u64::MAX).after(1), Tick(u64::MAX));
    }
}
