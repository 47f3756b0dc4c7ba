//! A value within a JSON document, and where it is: for errors that name the place.

use std::fmt::Display;

use serde_json::{Map, Value};

use super::MAX_ENTRIES;

/// A value that is not what the schema asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("metadata: {}expected {expected}, got {got}", at(.path))]
pub struct MetadataError {
    /// Where it is, as `[3].scanner.version`; empty for the document itself.
    pub path: String,
    /// What would be right there.
    pub expected: String,
    /// What is there: `nothing`, or JSON, shortened.
    pub got: String,
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

/// A value, or the lack of one, at a path.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    value: Option<&'a Value>,
    path: String,
}

impl<'a> Place<'a> {
    /// The document itself.
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value: Some(value), path: String::new() }
    }

    /// The error of this place.
    pub(super) fn error(&self, expected: impl Display) -> MetadataError {
        let got = self.value.map_or_else(|| "nothing".into(), |value| format!("{:.80}", value.to_string()));
        MetadataError { path: self.path.clone(), expected: expected.to_string(), got }
    }

    /// The same, or `None` where there is nothing or a null.
    pub(super) fn present(&self) -> Option<&Self> {
        self.value().map(|_| self)
    }

    /// The value, with null as nothing.
    pub(super) fn value(&self) -> Option<&'a Value> {
        self.value.filter(|value| !value.is_null())
    }

    /// Whether the key is there, be it with a null.
    #[cfg(feature = "polyswarmd")]
    pub(super) fn exists(&self) -> bool {
        self.value.is_some()
    }

    /// The member of an object; nothing if this is none.
    pub(super) fn member(&self, name: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        let value = self.value.and_then(|value| value.get(name));
        Self { value, path: format!("{}{dot}{name}", self.path) }
    }

    pub(super) fn object(&self) -> Result<&'a Map<String, Value>, MetadataError> {
        self.value.and_then(Value::as_object).ok_or_else(|| self.error("an object"))
    }

    pub(super) fn text(&self) -> Result<&'a str, MetadataError> {
        self.value.and_then(Value::as_str).ok_or_else(|| self.error("a text"))
    }

    /// A text, if there is one.
    pub(super) fn optional_text(&self) -> Result<Option<String>, MetadataError> {
        self.present().map(|place| place.text().map(Into::into)).transpose()
    }

    /// The places of a list's elements.
    pub(super) fn elements(&self) -> Result<impl Iterator<Item = Self> + use<'a>, MetadataError> {
        let list = self.value.and_then(Value::as_array).ok_or_else(|| self.error("a list"))?;
        let path = self.path.clone();
        Ok(list
            .iter()
            .enumerate()
            .map(move |(i, value)| Self { value: Some(value), path: format!("{path}[{i}]") }))
    }

    /// The elements of a list of 1 to [`MAX_ENTRIES`].
    pub(super) fn entries(&self) -> Result<impl Iterator<Item = Self> + use<'a>, MetadataError> {
        let elements = self.elements()?;
        match self.value.and_then(Value::as_array).map_or(0, Vec::len) {
            1..=MAX_ENTRIES => Ok(elements),
            n => {
                Err(MetadataError { got: n.to_string(), ..self.error(format!("1 to {MAX_ENTRIES} entries")) })
            }
        }
    }

    /// The elements of a list, or none where there is no list or a null.
    pub(super) fn optional_list<T>(
        &self,
        read: impl Fn(Self) -> Result<T, MetadataError>,
    ) -> Result<Vec<T>, MetadataError> {
        match self.present() {
            Some(place) => place.elements()?.map(read).collect(),
            None => Ok(Vec::new()),
        }
    }
}
