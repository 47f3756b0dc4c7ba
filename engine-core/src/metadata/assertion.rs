//! The metadata of an assertion: one entry for each artifact, in order, and its shorter forms.

use serde::Serialize;
use serde_json::Value;

use super::{
    VerdictMetadata,
    place::{MetadataError, Place},
};

/// One entry for each artifact of a bounty, in order, those without an opinion too.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct AssertionMetadata(pub Vec<VerdictMetadata>);

/// How much of it is told. A reveal with less metadata is worth more than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// All of it.
    Full,
    /// Without the scanner and the members that the schema does not know.
    Plain,
    /// The families only.
    Families,
    /// Nothing at all: the empty text.
    Empty,
}

impl Form {
    /// From the longest to the shortest.
    pub const ALL: [Self; 4] = [Self::Full, Self::Plain, Self::Families, Self::Empty];
}

impl AssertionMetadata {
    /// Reads a JSON text.
    ///
    /// # Errors
    /// [`MetadataError`] with the place, if it is no JSON, no list of 1 to [`MAX_ENTRIES`](super::MAX_ENTRIES), or an
    /// entry is no verdict metadata.
    pub fn parse(text: &str) -> Result<Self, MetadataError> {
        let value: Value = serde_json::from_str(text).map_err(|error| MetadataError {
            path: String::new(),
            expected: "JSON".into(),
            got: format!("{:.80}", error.to_string()),
        })?;
        Self::read(&value)
    }

    /// Reads a JSON value.
    ///
    /// # Errors
    /// As [`AssertionMetadata::parse`].
    pub fn read(value: &Value) -> Result<Self, MetadataError> {
        let entries = Place::root(value).entries()?;
        entries.map(|place| VerdictMetadata::at(&place)).collect::<Result<_, _>>().map(Self)
    }

    /// Compact JSON.
    pub fn text(&self, form: Form) -> String {
        match form {
            Form::Full => write(self),
            Form::Plain => write(&self.map(|entry| VerdictMetadata {
                scanner: super::ScannerInfo::default(),
                other: serde_json::Map::new(),
                ..entry.clone()
            })),
            Form::Families => write(&self.map(|entry| VerdictMetadata {
                malware_family: entry.malware_family.clone(),
                ..VerdictMetadata::default()
            })),
            Form::Empty => String::new(),
        }
    }

    /// The longest form of at most `max` characters: the empty one always fits. Nodes take 1024 characters in a reveal
    /// when the metadata is not uploaded.
    pub fn text_within(&self, max: usize) -> String {
        Form::ALL
            .iter()
            .map(|form| self.text(*form))
            .find(|text| text.chars().count() <= max)
            .unwrap_or_default()
    }

    fn map(&self, change: impl Fn(&VerdictMetadata) -> VerdictMetadata) -> Self {
        Self(self.0.iter().map(change).collect())
    }
}

/// Writing to memory what has only text keys does not fail.
fn write(metadata: &AssertionMetadata) -> String {
    serde_json::to_string(metadata).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata() -> AssertionMetadata {
        let value = json!([
            {
                "malware_family": "Eicar",
                "domains": ["evil.example"],
                "scanner": { "version": "1.0", "environment": { "architecture": "x86_64" } },
                "backends": [1, 2, 3],
            },
            { "malware_family": "" },
        ]);
        AssertionMetadata::read(&value).unwrap()
    }

    #[test]
    fn each_form_is_shorter_and_still_an_entry_for_each_artifact() {
        let texts = Form::ALL.map(|form| metadata().text(form));
        assert!(texts.is_sorted_by(|a, b| a.len() > b.len()), "{texts:?}");
        assert_eq!(
            texts[1],
            r#"[{"malware_family":"Eicar","domains":["evil.example"]},{"malware_family":""}]"#
        );
        assert_eq!(texts[2], r#"[{"malware_family":"Eicar"},{"malware_family":""}]"#);
        assert_eq!(AssertionMetadata::parse(&texts[0]).unwrap(), metadata());
    }

    #[test]
    fn the_longest_form_that_fits_is_taken() {
        for form in Form::ALL {
            let text = metadata().text(form);
            assert_eq!(metadata().text_within(text.chars().count()), text);
        }
        assert_eq!(metadata().text_within(0), "");
        let long = AssertionMetadata(vec![VerdictMetadata {
            malware_family: "é".repeat(1000),
            ..Default::default()
        }]);
        assert_ne!(long.text_within(1024), "", "characters count, not bytes");
    }

    #[test]
    fn an_error_names_the_place() {
        let error = AssertionMetadata::parse(
            r#"[{"malware_family":""},{"malware_family":"","scanner":{"version":"v1"}}]"#,
        );
        let error = error.unwrap_err();
        assert_eq!(error.path, "[1].scanner.version");
        assert_eq!(
            error.to_string(),
            r#"metadata: [1].scanner.version: expected digits and dots, as 1.2.3, got "v1""#
        );
        assert_eq!(AssertionMetadata::parse("nonsense").unwrap_err().expected, "JSON");
    }
}
