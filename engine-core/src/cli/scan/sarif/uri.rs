//! Paths as URIs: names are bytes chosen by strangers, a URI is plain ASCII.

use std::path::{Component, Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::Serialize;

/// What relative URIs are relative to: the working directory, as code scanning calls it.
pub(super) const BASE: &str = "%SRCROOT%";

/// What stays as it is: RFC 3986's unreserved characters, and the separator. Not the colon: `a:b` is a file, not a scheme.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Which file something is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

impl ArtifactLocation {
    /// A relative path stays relative, to [`BASE`]; an absolute one, or one that leads up by `..`, becomes a `file` URI.
    pub(super) fn of(path: &Path) -> Self {
        if path.components().any(|part| part == Component::ParentDir) {
            return Self { uri: file(&without_up(path)), uri_base_id: None };
        }
        if path.is_absolute() {
            return Self { uri: file(path), uri_base_id: None };
        }
        let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
        let plain = if plain.as_os_str().is_empty() { Path::new(".") } else { &plain };
        Self { uri: encoded(plain), uri_base_id: Some(BASE) }
    }
}

/// The working directory as a URI that others can be relative to; `None` if it is gone.
pub(super) fn working_directory() -> Option<String> {
    let uri = file(&std::env::current_dir().ok()?);
    Some(if uri.ends_with('/') { uri } else { format!("{uri}/") })
}

fn file(path: &Path) -> String {
    format!("file://{}", encoded(path))
}

fn encoded(path: &Path) -> String {
    percent_encode(path.as_os_str().as_encoded_bytes(), ENCODED).to_string()
}

/// Where a path with `..` leads, which only the file system knows: what is before `..` may be a link.
fn without_up(path: &Path) -> PathBuf {
    let known = path.parent().zip(path.file_name());
    let known = known.and_then(|(folder, name)| Some(folder.canonicalize().ok()?.join(name)));
    known.or_else(|| path.canonicalize().ok()).or_else(|| std::path::absolute(path).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::scan::path::from_bytes;

    #[test]
    fn hostile_names_are_encoded_byte_by_byte() {
        for (path, uri) in [
            (&b"./a/b c.txt"[..], "a/b%20c.txt"),
            (b"http:evil", "http%3Aevil"),
            (b"100%\n\"<x>?#", "100%25%0A%22%3Cx%3E%3F%23"),
            (b"caf\xe9", "caf%E9"),
            ("é".as_bytes(), "%C3%A9"),
            (b"-", "-"),
            (b".", "."),
        ] {
            let wanted = ArtifactLocation { uri: uri.to_owned(), uri_base_id: Some(BASE) };
            assert_eq!(ArtifactLocation::of(&from_bytes(path)), wanted);
        }
        for (path, uri) in [("/a b/c", "file:///a%20b/c"), ("/nowhere/../x", "file:///nowhere/../x")] {
            let wanted = ArtifactLocation { uri: uri.to_owned(), uri_base_id: None };
            assert_eq!(ArtifactLocation::of(Path::new(path)), wanted);
        }
    }

    #[test]
    fn up_leads_where_the_file_system_says() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(real.join("a/b")).unwrap();
        let location = ArtifactLocation::of(&real.join("a/b/../x"));
        assert_eq!(location.uri, file(&real.join("a/x")));
    }
}
