//! What is compared, and how: numbers by their order, everything else as text.

use serde_json::Value;

use super::{
    FilterError,
    pattern::{Pattern, Undecided},
    python,
};

/// A comparison with the value that stands on its right.
#[derive(Clone, Debug)]
pub(super) enum Comparison {
    /// Of numbers; `None`: the value is no number, and nothing matches.
    Order(Order, Option<f64>),
    Equal(String),
    Contains(String),
    StartsWith(String),
    EndsWith(String),
    Regex(Pattern),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    GreaterOrEqual,
    Greater,
}

impl Comparison {
    pub(super) fn new(word: &str, value: String) -> Result<Self, FilterError> {
        let order = |order| Self::Order(order, python::number(&value));
        Ok(match word {
            "<" | "lt" => order(Order::Less),
            "<=" | "lte" | "le" => order(Order::LessOrEqual),
            ">=" | "gte" | "ge" => order(Order::GreaterOrEqual),
            ">" | "gt" => order(Order::Greater),
            "==" | "eq" => Self::Equal(value),
            "contains" => Self::Contains(value),
            "startswith" => Self::StartsWith(value),
            "endswith" => Self::EndsWith(value),
            "regex" => match Pattern::new(&value) {
                Ok(pattern) => Self::Regex(pattern),
                Err(source) => return Err(FilterError::Regex { pattern: value, source: Box::new(source) }),
            },
            _ => return Err(FilterError::Comparison { word: word.to_owned() }),
        })
    }

    pub(super) fn holds(&self, left: &Value) -> Result<bool, Undecided> {
        Ok(match self {
            Self::Order(order, right) => {
                python::float(left).zip(*right).is_some_and(|(left, right)| order.holds(left, right))
            }
            Self::Equal(right) => python::text(left) == right.as_str(),
            Self::Contains(right) => python::text(left).contains(right.as_str()),
            Self::StartsWith(right) => python::text(left).starts_with(right.as_str()),
            Self::EndsWith(right) => python::text(left).ends_with(right.as_str()),
            Self::Regex(pattern) => return pattern.is_in(&python::text(left)),
        })
    }

    pub(super) fn is_vain(&self) -> bool {
        matches!(self, Self::Order(_, right) if right.is_none_or(f64::is_nan))
    }
}

impl Order {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::GreaterOrEqual => left >= right,
            Self::Greater => left > right,
        }
    }
}
