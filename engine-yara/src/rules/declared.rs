//! What a rule's author wrote of it: kept beside the compiled rules, told with each match.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The rules of a set, by namespace and name.
pub(crate) type Declarations = BTreeMap<String, BTreeMap<String, Declared>>;

/// Where a rule stands, and what it says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Declared {
    /// Its file's path within the rule set; not exact if that is no UTF-8.
    pub(crate) file: String,
    /// Its tags, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<String>,
    /// Its meta, in its order; a key may be there more than once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) meta: Vec<(String, Meta)>,
}

/// A value in a rule's meta.
///
/// As JSON with its kind: untagged, numbers cannot be read once any crate of a program turns on serde_json's
/// `arbitrary_precision`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Meta {
    #[serde(rename = "b")]
    Boolean(bool),
    #[serde(rename = "i")]
    Integer(i64),
    #[serde(rename = "t")]
    Text(String),
}

impl Declared {
    /// The first value under a key, in any case.
    pub(crate) fn find(&self, key: &str) -> Option<&Meta> {
        self.meta.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }

    /// Tags and meta for a result, `None` if there are neither. A key that is there more than once has a list.
    pub(crate) fn told(&self) -> Option<Value> {
        let mut meta: Map<String, Value> = Map::new();
        for (key, value) in &self.meta {
            let value = value.told();
            match meta.get_mut(key) {
                None => _ = meta.insert(key.clone(), value),
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = json!([first.take(), value]),
            }
        }
        let mut told = Map::new();
        if !self.tags.is_empty() {
            told.insert("tags".into(), json!(self.tags));
        }
        if !meta.is_empty() {
            told.insert("meta".into(), meta.into());
        }
        (!told.is_empty()).then_some(Value::Object(told))
    }
}

impl Meta {
    /// A text that says something.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// A number, also one that is written as a text.
    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Text(text) => text.trim().trim_end_matches('%').parse().ok(),
            Self::Boolean(_) => None,
        }
    }

    fn told(&self) -> Value {
        match self {
            Self::Boolean(flag) => (*flag).into(),
            Self::Integer(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }
}

impl From<&yara::MetadataValue<'_>> for Meta {
    fn from(value: &yara::MetadataValue<'_>) -> Self {
        match value {
            yara::MetadataValue::Integer(number) => Self::Integer(*number),
            yara::MetadataValue::String(text) => Self::Text((*text).to_owned()),
            yara::MetadataValue::Boolean(flag) => Self::Boolean(*flag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_there_twice_has_a_list() {
        let text = |text: &str| Meta::Text(text.to_owned());
        let meta = [("hash", text("a")), ("n", Meta::Integer(3)), ("hash", text("b")), ("hash", text("c"))];
        let rule = Declared {
            file: "a.yar".into(),
            tags: vec!["t".into()],
            meta: meta.map(|(key, value)| (key.to_owned(), value)).into(),
        };
        let wanted = json!({"tags": ["t"], "meta": {"hash": ["a", "b", "c"], "n": 3}});
        assert_eq!(rule.told(), Some(wanted));
        assert_eq!(Declared::default().told(), None);
        let json = serde_json::to_string(&rule).unwrap();
        assert_eq!(serde_json::from_str::<Declared>(&json).unwrap(), rule);
    }
}
