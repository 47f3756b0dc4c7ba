//! What is scanned: bytes that were read once, their digest, and what the poster said of them.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// What the bytes of an artifact mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ArtifactKind {
    /// The bytes themselves are to be judged.
    #[default]
    File,
    /// The bytes are a URL as UTF-8 text, and what it leads to is to be judged.
    Url,
}

impl std::str::FromStr for ArtifactKind {
    type Err = String;
    /// Reads `file` or `url`, in any case.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "file" => Ok(Self::File),
            "url" => Ok(Self::Url),
            _ => Err(format!("expected an artifact type (file or url), got `{text}`")),
        }
    }
}

impl std::fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::File => "file",
            Self::Url => "url",
        })
    }
}

/// The bytes to be judged, read once, with their digest, computed once. A clone shares both.
///
/// Nothing is memory-mapped: others may write to a file while we read it.
#[derive(Clone)]
pub struct Artifact(Arc<Inner>);

struct Inner {
    kind: ArtifactKind,
    bytes: Bytes,
    sha256: String,
    name: Option<String>,
    metadata: Map<String, Value>,
}

impl Artifact {
    /// Takes the bytes and computes their SHA-256 (about 1 GB/s: call it off the runtime for large ones).
    pub fn new(kind: ArtifactKind, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let sha256 = hex::encode(Sha256::digest(&bytes));
        Self(Arc::new(Inner { kind, bytes, sha256, name: None, metadata: Map::new() }))
    }

    /// A file's bytes.
    pub fn file(bytes: impl Into<Bytes>) -> Self {
        Self::new(ArtifactKind::File, bytes)
    }

    /// Reads a file that has at most `max_size` bytes; its path becomes the name. A file that grows past the limit
    /// while it is read is refused too.
    pub fn read(path: &Path, max_size: u64) -> Result<Self, ReadError> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        if size > max_size {
            return Err(ReadError::TooLarge { size, max_size });
        }
        let artifact = Self::read_from(file, max_size, usize::try_from(size).unwrap_or(0))?;
        Ok(artifact.with_name(path.to_string_lossy()))
    }

    /// Reads a stream to its end, at most `max_size` bytes. `expected` is how many bytes to make room for at first.
    pub fn read_from(reader: impl Read, max_size: u64, expected: usize) -> Result<Self, ReadError> {
        let mut bytes = Vec::with_capacity(expected.saturating_add(1).min(64 << 20));
        reader.take(max_size.saturating_add(1)).read_to_end(&mut bytes)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > max_size {
            return Err(ReadError::TooLarge { size, max_size });
        }
        Ok(Self::file(bytes))
    }

    /// The same artifact under a name: a path, or what its poster called it. A hint for people and rules, never a path to open.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> Self {
        self.change(|inner| inner.name = Some(name.into()))
    }

    /// The same artifact with what its poster said of it.
    #[must_use]
    pub fn with_metadata(self, metadata: Map<String, Value>) -> Self {
        self.change(|inner| inner.metadata = metadata)
    }

    fn change(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::try_unwrap(self.0).unwrap_or_else(|shared| Inner {
            kind: shared.kind,
            bytes: shared.bytes.clone(),
            sha256: shared.sha256.clone(),
            name: shared.name.clone(),
            metadata: shared.metadata.clone(),
        });
        change(&mut inner);
        Self(Arc::new(inner))
    }

    /// What the bytes mean.
    pub fn kind(&self) -> ArtifactKind {
        self.0.kind
    }

    /// The bytes to be judged; a clone of them is cheap.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        u64::try_from(self.0.bytes.len()).unwrap_or(u64::MAX)
    }

    /// SHA-256 of the bytes, 64 lower-case hex digits.
    pub fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// A path or a poster's name for it, if there is one.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// What the poster said of it; empty if nothing.
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.0.metadata
    }
}

impl std::fmt::Debug for Artifact {
    /// Everything but the bytes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Artifact")
            .field("kind", &self.0.kind)
            .field("size", &self.size())
            .field("sha256", &self.0.sha256)
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}

/// Why an artifact could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file could not be opened or read.
    #[error("cannot be read")]
    Io(#[from] io::Error),
    /// It has more bytes than are allowed.
    #[error("{size} bytes or more, the limit is {max_size}")]
    TooLarge {
        /// How many bytes it has at least.
        size: u64,
        /// How many are allowed.
        max_size: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_and_limits() {
        let artifact = Artifact::file("").with_name("empty");
        assert_eq!(artifact.sha256(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(artifact.name(), Some("empty"));
        assert_eq!(Artifact::read_from(&b"12345"[..], 5, 0).map(|a| a.size()).ok(), Some(5));
        assert!(matches!(
            Artifact::read_from(&b"123456"[..], 5, 0),
            Err(ReadError::TooLarge { size: 6, max_size: 5 })
        ));
    }

    #[test]
    fn a_changed_clone_leaves_the_first_alone() {
        let first = Artifact::file("x");
        let second = first.clone().with_name("y");
        assert_eq!((first.name(), second.name()), (None, Some("y")));
    }
}
