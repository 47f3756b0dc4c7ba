//! Which artifacts are taken, and what is trusted more or less, by what their poster says of them.
//!
//! Options and meaning are the Python client's: `accept filesize < 1000000`, `penalize filename endswith .txt`. A filter looks at one
//! member of the artifact's own metadata object. Strangers wrote that object, so nothing in it can be wrong: what cannot be compared does
//! not match.

mod comparison;
mod modifier;
mod pattern;
mod python;

use serde_json::{Map, Value};

use self::comparison::Comparison;
pub use self::{modifier::ConfidenceModifier, pattern::Undecided};

/// One comparison with one member of an artifact's metadata.
#[derive(Clone, Debug)]
pub struct Filter {
    key: String,
    comparison: Comparison,
}

/// A filter that cannot be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// There is no such comparison.
    #[error(
        "there is no comparison `{word}`; there are < <= == >= > (or lt lte eq gte gt), contains, startswith, endswith and regex"
    )]
    Comparison {
        /// The word in its place.
        word: String,
    },
    /// The regular expression cannot be compiled.
    #[error("`{pattern}` is no regular expression")]
    Regex {
        /// The text in its place.
        pattern: String,
        /// What is wrong with it.
        source: Box<fancy_regex::Error>,
    },
    /// A text that has to be `KEY:VALUE` has no colon.
    #[error("`{text}` is not KEY:VALUE; better write it as four words: --filter accept|reject KEY == VALUE")]
    NoColon {
        /// The text.
        text: String,
    },
}

impl Filter {
    /// Looks at the member `key` of the metadata: is it `comparison` `value`?
    ///
    /// `comparison` is one of `<` `<=` `==` `>=` `>` (or `lt` `lte` `eq` `gte` `gt`, also `le` `ge`), `contains`, `startswith`, `endswith`
    /// and `regex`. The orders compare numbers; if either side is none, nothing matches. The others compare text, exactly as
    /// the member is written if it is a text and as Python prints it otherwise (`True`, `1.5`, `[1, 2]`). `regex` searches anywhere.
    ///
    /// # Errors
    /// [`FilterError`] if there is no such comparison, or if `value` should be a regular expression and is none.
    pub fn new(
        key: impl Into<String>,
        comparison: &str,
        value: impl Into<String>,
    ) -> Result<Self, FilterError> {
        Ok(Self { key: key.into(), comparison: Comparison::new(comparison, value.into())? })
    }

    /// The older form `KEY:VALUE`, split at the first colon: the member is equal to the value.
    ///
    /// # Errors
    /// [`FilterError::NoColon`].
    pub fn equal(text: &str) -> Result<Self, FilterError> {
        let (key, value) =
            text.split_once(':').ok_or_else(|| FilterError::NoColon { text: text.to_owned() })?;
        Self::new(key, "==", value)
    }

    /// Whether a poster's object matches. A member that is absent or null does not.
    ///
    /// # Errors
    /// [`Undecided`] if a regular expression gave up on the member.
    pub fn matches(&self, metadata: &Map<String, Value>) -> Result<bool, Undecided> {
        match metadata.get(&self.key) {
            None | Some(Value::Null) => Ok(false),
            Some(value) => self.comparison.holds(value),
        }
    }

    /// Whether nothing can ever match: an order is asked for, and the value is no number.
    pub fn is_vain(&self) -> bool {
        self.comparison.is_vain()
    }
}

/// Which artifacts are taken. By default all are.
#[derive(Clone, Debug, Default)]
pub struct BountyFilter {
    accept: Vec<Filter>,
    reject: Vec<Filter>,
}

impl BountyFilter {
    /// Takes what at least one of `accept` matches, if there is any, and what none of `reject` matches.
    pub fn new(accept: Vec<Filter>, reject: Vec<Filter>) -> Self {
        Self { accept, reject }
    }

    /// Whether an artifact is taken of which its poster says this. What a regular expression gives up on is not.
    pub fn is_allowed(&self, metadata: &Map<String, Value>) -> bool {
        let is_accepted = self.accept.is_empty()
            || self.accept.iter().any(|filter| filter.matches(metadata).unwrap_or(false));
        is_accepted && !self.reject.iter().any(|filter| filter.matches(metadata).unwrap_or(true))
    }
}

/// All that is decided by what posters say.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Which artifacts are fetched and scanned at all.
    pub bounties: BountyFilter,
    /// What is made of the confidence in the result.
    pub confidence: ConfidenceModifier,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn words_and_signs_are_alike() {
        let metadata = object(json!({ "size": 5 }));
        for (sign, words) in [("<", "lt"), ("<=", "lte le"), ("==", "eq"), (">=", "gte ge"), (">", "gt")] {
            for value in ["4", "5", "6"] {
                let signed = Filter::new("size", sign, value).unwrap().matches(&metadata).unwrap();
                for word in words.split(' ') {
                    let worded = Filter::new("size", word, value).unwrap().matches(&metadata).unwrap();
                    assert_eq!(signed, worded, "{sign} {word} {value}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_filter_is_refused_and_says_why() {
        let error = Filter::new("size", "=<", "1").unwrap_err().to_string();
        assert!(error.contains("`=<`") && error.contains("startswith"), "{error}");
        let error = Filter::new("name", "regex", "(").unwrap_err().to_string();
        assert_eq!(error, "`(` is no regular expression");
        let error = Filter::equal("mimetype").unwrap_err().to_string();
        assert!(error.contains("KEY:VALUE"), "{error}");
    }

    #[test]
    fn only_an_order_with_no_number_is_vain() {
        assert!(Filter::new("size", ">", "1M").unwrap().is_vain());
        assert!(!Filter::new("size", ">", "1e6").unwrap().is_vain());
        assert!(!Filter::new("size", "==", "1M").unwrap().is_vain());
    }

    /// Else a poster could have its artifact taken by a name that takes too long to look at.
    #[test]
    fn what_a_pattern_gives_up_on_is_neither_accepted_nor_left_unrejected() {
        let filter = || vec![Filter::new("name", "regex", r"^(?:(a|aa)+\1)+[^a]$").unwrap()];
        let metadata = object(json!({ "name": "a".repeat(200) }));
        assert!(filter()[0].matches(&metadata).is_err(), "it gives up");
        assert!(!BountyFilter::new(filter(), Vec::new()).is_allowed(&metadata));
        assert!(!BountyFilter::new(Vec::new(), filter()).is_allowed(&metadata));
    }
}
