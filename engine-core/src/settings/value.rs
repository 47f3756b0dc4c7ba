//! Values that people write with a unit.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, de};

use crate::units::Nct;

/// A size in bytes, written as a number with or without `K`, `M` or `G` (powers of 1024): `256M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected a size such as 4096, 512K, 256M or 2G, got `{text}`");
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match text.get(digits.len()..).unwrap_or_default().trim() {
            "" | "B" => 1,
            "K" | "KiB" => 1 << 10,
            "M" | "MiB" => 1 << 20,
            "G" | "GiB" => 1 << 30,
            _ => return Err(wrong()),
        };
        let number: u64 = digits.parse().map_err(|_| wrong())?;
        number.checked_mul(unit).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = [(30, "G"), (20, "M"), (10, "K")]
            .into_iter()
            .find(|(shift, _)| self.0 != 0 && self.0.trailing_zeros() >= *shift)
            .map_or((self.0, ""), |(shift, unit)| (self.0 >> shift, unit));
        write!(f, "{number}{unit}")
    }
}

/// A span of time, written with its unit: `250ms`, `2s`, `5m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Duration);

impl FromStr for Time {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        humantime::parse_duration(text)
            .map(Self)
            .map_err(|error| format!("expected a time such as 250ms, 2s or 5m, got `{text}` ({error})"))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

/// An amount of NCT, written in whole NCT with decimals: `250`, `0.5`, `0.5 NCT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub Nct);

impl FromStr for Amount {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected an amount of NCT such as 250 or 0.5, got `{text}`");
        let digits = text.trim().strip_suffix("NCT").unwrap_or(text).trim();
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || !is_number(part) || part.len() > 18 {
            return Err(wrong());
        }
        let base = format!("{whole}{part:0<18}");
        base.parse().map(|units| Self(Nct(units))).map_err(|_| wrong())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! deserialize_from_text {
    ($($type:ty),*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}
deserialize_from_text!(Amount, Size, Time);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        for (text, bytes) in [("0", 0), ("512", 512), ("4K", 4096), ("256M", 256 << 20), ("2GiB", 2 << 30)] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for bad in ["", "K", "1X", "-1", "1.5M", "99999999999G"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
        assert_eq!(Size(256 << 20).to_string(), "256M");
        assert_eq!(Size(1000).to_string(), "1000");
    }

    #[test]
    fn amounts_are_whole_nct_with_decimals() {
        let one = Nct::ONE.0;
        for (text, units) in [
            ("250", 250 * one),
            ("0.5", one / 2),
            ("1.25 NCT", one * 5 / 4),
            ("0NCT", 0),
            ("0.000000000000000001", 1),
        ] {
            assert_eq!(text.parse(), Ok(Amount(Nct(units))), "{text}");
        }
        for bad in
            ["", "NCT", "-1", "1e3", "1.", ".5", "1.5.5", "0.0000000000000000001", "999999999999999999999"]
        {
            assert!(bad.parse::<Amount>().is_err(), "{bad}");
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!("250ms".parse(), Ok(Time(Duration::from_millis(250))));
        assert!("5".parse::<Time>().is_err());
    }
}
