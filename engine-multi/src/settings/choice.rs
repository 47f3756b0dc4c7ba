//! Which of the built-in backends are asked.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de};

use crate::nearest::{Nearest, nearest};

/// A backend that is part of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// YARA rules, by `engine_yara`.
    Yara,
    /// ClamAV, by `engine_clamav`.
    Clamav,
}

impl BuiltIn {
    /// All of them, in the order of their ballots.
    pub const ALL: [Self; 2] = [Self::Yara, Self::Clamav];

    /// Its name in settings, output and metadata.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yara => "yara",
            Self::Clamav => "clamav",
        }
    }
}

/// Some of the built-in backends, in the order they were named; may be none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice(Vec<BuiltIn>);

impl Choice {
    /// The chosen ones.
    pub fn chosen(&self) -> &[BuiltIn] {
        &self.0
    }

    /// The same without one of them.
    #[must_use]
    pub fn without(&self, backend: BuiltIn) -> Self {
        Self(self.0.iter().copied().filter(|other| *other != backend).collect())
    }
}

impl FromStr for Choice {
    type Err = BadChoice;
    /// Reads names separated by commas, or `none`.
    fn from_str(text: &str) -> Result<Self, BadChoice> {
        let mut chosen = Vec::new();
        if text.trim() == "none" {
            return Ok(Self(chosen));
        }
        for name in text.split(',').map(str::trim) {
            let Some(backend) = BuiltIn::ALL.into_iter().find(|backend| backend.as_str() == name) else {
                let got: String = name.chars().take(80).collect();
                let known = BuiltIn::ALL.iter().map(|backend| backend.as_str()).chain(["none"]);
                return Err(BadChoice::Unknown { nearest: nearest(&got, known), got });
            };
            if chosen.contains(&backend) {
                return Err(BadChoice::Twice(backend.as_str()));
            }
            chosen.push(backend);
        }
        Ok(Self(chosen))
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|backend| backend.as_str()).collect();
        f.write_str(if names.is_empty() { "none".to_owned() } else { names.join(",") }.as_str())
    }
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A choice that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadChoice {
    /// There is no built-in backend of this name.
    #[error("expected built-in backends separated by commas (yara, clamav) or none, got `{got}`{nearest}")]
    Unknown {
        /// What there was instead.
        got: String,
        /// What may have been meant.
        nearest: Nearest,
    },
    /// A backend was named twice.
    #[error("backend `{0}` is named twice")]
    Twice(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_none_and_nonsense() {
        use BuiltIn::{Clamav, Yara};
        for (text, chosen) in [
            ("yara,clamav", vec![Yara, Clamav]),
            ("clamav, yara", vec![Clamav, Yara]),
            ("yara", vec![Yara]),
            ("none", vec![]),
        ] {
            assert_eq!(text.parse(), Ok(Choice(chosen)), "{text}");
        }
        for bad in ["", "yara,", "none,yara", "Yara", "clamd"] {
            assert!(matches!(bad.parse::<Choice>(), Err(BadChoice::Unknown { .. })), "{bad}");
        }
        assert_eq!("yara,yara".parse::<Choice>(), Err(BadChoice::Twice("yara")));
        assert_eq!(Choice(vec![]).to_string(), "none");
        assert_eq!(Choice(vec![Clamav, Yara]).to_string(), "clamav,yara");
    }
}
