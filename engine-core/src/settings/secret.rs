//! A value that never prints.

use std::{fmt, fs, io, path::PathBuf};

use super::names::environment;

/// A password or key. It prints as `********`, wherever it ends up.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret that was read elsewhere.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// Reads a secret from a file, or else from an environment variable; a variable that is set to nothing counts as unset.
    /// `None` if there is neither.
    ///
    /// Only the end of the file's one line is cut off. Fails if the file cannot be read, has several lines, or is no UTF-8 text
    /// of at most 64 KiB.
    pub fn find(file: Option<&std::path::Path>, variable: &'static str) -> Result<Option<Self>, SecretError> {
        if let Some(path) = file {
            return Self::read(path).map(Some);
        }
        let Some(value) = environment(variable).filter(|value| !value.is_empty()) else { return Ok(None) };
        value
            .into_string()
            .map(|text| Some(Self(text)))
            .map_err(|_| SecretError::NotTextVariable { variable })
    }

    /// Whether an environment variable is set to something, which is not read any further.
    pub fn is_set(variable: &str) -> bool {
        environment(variable).is_some_and(|value| !value.is_empty())
    }

    /// Reads a secret from a file, as [`find`](Self::find).
    pub fn read(path: &std::path::Path) -> Result<Self, SecretError> {
        let text = fs::File::open(path)
            .and_then(|file| io::read_to_string(io::Read::take(file, (64 << 10) + 1)))
            .map_err(|source| SecretError::Unreadable { path: path.to_owned(), source })?;
        let secret = text.strip_suffix('\n').unwrap_or(&text);
        let secret = secret.strip_suffix('\r').unwrap_or(secret);
        if text.len() > 64 << 10 || secret.contains('\n') {
            return Err(SecretError::SeveralLines { path: path.to_owned() });
        }
        Ok(Self(secret.to_owned()))
    }

    /// The secret itself, to be handed to what needs it and to nothing that prints.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("********")
    }
}

/// Why a secret cannot be used. No message holds any part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The file cannot be read, or is no UTF-8 text.
    #[error("cannot read the secret in {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds more than one line, so it is likely to be another file.
    #[error("{} holds more than one line; put the secret there and nothing else", path.display())]
    SeveralLines {
        /// The file.
        path: PathBuf,
    },
    /// The variable is no UTF-8 text.
    #[error("the variable {variable} is not UTF-8 text")]
    NotTextVariable {
        /// The variable.
        variable: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_loses_its_line_end_and_never_prints() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        for (content, secret) in [("pa ss\n", "pa ss"), ("pass\r\n", "pass"), ("pass", "pass"), ("", "")] {
            fs::write(&path, content).unwrap();
            let read = Secret::read(&path).unwrap();
            assert_eq!(read.expose(), secret);
            assert_eq!(format!("{read} {read:?}"), "******** ********");
        }
        fs::write(&path, "two\nlines\n").unwrap();
        let error = Secret::read(&path).unwrap_err().to_string();
        assert!(error.contains("more than one line") && !error.contains("two"), "{error}");
        let missing = Secret::read(&folder.path().join("missing")).unwrap_err();
        assert!(missing.to_string().contains("missing"), "{missing}");
    }
}
