//! Paths between their bytes and what is printed: names are chosen by strangers.

use std::{fmt, path::Path, path::PathBuf};

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::one_line::OneLine;

/// A path of these bytes; on systems where paths are not bytes, of the text they stand for.
pub(super) fn from_bytes(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// The exact bytes of a path as base64, if it is no UTF-8.
pub(super) fn base64_unless_text(path: &Path) -> Option<String> {
    path.to_str().is_none().then(|| BASE64_STANDARD.encode(path.as_os_str().as_encoded_bytes()))
}

/// Text for a terminal, on [one line](OneLine); bytes that are no text are escaped too.
pub(in crate::cli) struct Plain<'a>(pub(super) &'a [u8]);

impl<'a> Plain<'a> {
    pub(super) fn path(path: &'a Path) -> Self {
        Self(path.as_os_str().as_encoded_bytes())
    }

    pub(in crate::cli) fn text(text: &'a str) -> Self {
        Self(text.as_bytes())
    }
}

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            write!(f, "{}", OneLine(chunk.valid()))?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_escaped_and_exact_bytes_are_kept() {
        let name = from_bytes(b"caf\xe9\n\x1b[31m \xe2\x80\xaegpj.exe");
        assert_eq!(Plain::path(&name).to_string(), r"caf\xe9\n\u{1b}[31m \u{202e}gpj.exe");
        let exact = base64_unless_text(&name).unwrap();
        assert_eq!(BASE64_STANDARD.decode(exact).unwrap(), b"caf\xe9\n\x1b[31m \xe2\x80\xaegpj.exe");
        assert_eq!(base64_unless_text(Path::new("café")), None);
        assert_eq!(Plain::text("Fam\u{7}ily").to_string(), r"Fam\u{7}ily");
    }
}
