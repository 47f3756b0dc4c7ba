//! What a scanner says of itself: for `check`, and for whoever has to find out why it behaves as it does.

use serde::{Serialize, Serializer};

/// A scanner's description: what it loaded, how old that is, how it is contained, and what could be better.
///
/// It says what *is*, without judging artifacts; whether the scanner works is [`ready`](super::Scanner::ready)'s question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct About {
    /// The scanner's name; within a panel, the backend's.
    pub name: String,
    /// The version of the scanner, as its results carry it; `None` if it is not known before a scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The version or digest of the signatures that a scan would use now, as its results carry it; `None` if it is not known,
    /// and then its results are not kept for another time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signatures: Option<String>,
    /// Facts in reading order: `rules` → `12785 in 498 files`. Names are lower case with `_`.
    #[serde(serialize_with = "as_map", skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<(&'static str, String)>,
    /// What works less well than it could, and what to do: a bad rule file, an old database.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Within a panel, whether the panel is not ready without it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Of a panel, its backends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backends: Vec<Self>,
}

impl About {
    /// Nothing but a name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The same under another name: within a panel.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same as a backend that its panel is not ready without.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// With the versions of the scanner and of its signatures.
    #[must_use]
    pub fn by(mut self, version: impl Into<String>, signatures: impl Into<String>) -> Self {
        (self.version, self.signatures) = (Some(version.into()), Some(signatures.into()));
        self
    }

    /// With one more fact.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl ToString) -> Self {
        self.facts.push((name, value.to_string()));
        self
    }

    /// With one more warning.
    #[must_use]
    pub fn warning(mut self, text: impl Into<String>) -> Self {
        self.warnings.push(text.into());
        self
    }
}

fn as_map<S: Serializer>(facts: &[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(facts.iter().map(|(name, value)| (name, value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_keep_their_order_in_json() {
        let about = About::new("yara")
            .by("4.5.5", "sha256:00")
            .fact("rules", 3)
            .fact("files", 1)
            .warning("bad.yar left out");
        assert_eq!(
            serde_json::to_string(&about).unwrap(),
            concat!(
                r#"{"name":"yara","version":"4.5.5","signatures":"sha256:00","#,
                r#""facts":{"rules":"3","files":"1"},"warnings":["bad.yar left out"]}"#
            )
        );
    }
}
