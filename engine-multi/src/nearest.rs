//! Which of the known names is meant by one that is not known.

use std::fmt;

/// What may have been meant by a name that does not exist; the end of an error's message, empty if nothing is like it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest(Option<String>);

impl Nearest {
    /// The name that may have been meant.
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|name| write!(f, "; did you mean `{name}`?"))
    }
}

/// The known name that is most like `name`, if one is at all like it.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Nearest {
    let scored = known.into_iter().map(|known| (strsim::normalized_damerau_levenshtein(name, known), known));
    let best = scored.filter(|(likeness, _)| *likeness >= 0.5).max_by(|(a, _), (b, _)| a.total_cmp(b));
    Nearest(best.map(|(_, known)| known.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_like_it() {
        assert_eq!(nearest("clamd", ["yara", "clamav"]).to_string(), "; did you mean `clamav`?");
        assert_eq!(nearest("shortbread", ["yara", "clamav"]).to_string(), "");
        assert_eq!(nearest("x", []).name(), None);
    }
}
