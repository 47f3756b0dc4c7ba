//! The samples whose truth is known, and what each bounty draws from them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng, seq::SliceRandom};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The marketplace's limit for one artifact: 33 MiB.
pub(crate) const MAX_SIZE: usize = 34_603_008;

/// What the artifacts of a bounty are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Files.
    #[default]
    File,
    /// Texts that are a URL.
    Url,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Url => "url",
        }
    }
}

/// A sample with its truth.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The file's name.
    pub name: String,
    /// True = malicious.
    pub truth: bool,
    /// 1 byte to 33 MiB.
    pub content: Bytes,
}

impl Sample {
    /// One of this name, malicious or not, with these bytes.
    pub fn new(name: impl Into<String>, truth: bool, content: impl Into<Bytes>) -> Self {
        Self { name: name.into(), truth, content: content.into() }
    }
}

impl Sample {
    /// The description that a bounty's metadata carries.
    pub(crate) fn metadata(&self, kind: Kind) -> Value {
        if kind == Kind::Url {
            let uri = String::from_utf8_lossy(&self.content);
            return json!({ "uri": uri, "protocol": uri.split(':').next() });
        }
        let text = std::str::from_utf8(&self.content).is_ok_and(|text| !text.contains('\0'));
        json!({
            "filename": self.name,
            "filesize": self.content.len(),
            "mimetype": if text { "text/plain" } else { "application/octet-stream" },
            "sha256": hex::encode(Sha256::digest(&self.content)),
        })
    }
}

/// Why there is nothing to post.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactsError {
    /// A folder or file cannot be read.
    #[error(
        "cannot read {path}: the artifacts folder holds the folders malicious and benign with the samples"
    )]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A sample that no marketplace takes.
    #[error("{path} has {size} bytes; the marketplace takes 1 to {MAX_SIZE}: take it out of the folder")]
    Size {
        /// Which.
        path: PathBuf,
        /// Its length.
        size: usize,
    },
    /// Neither folder holds a file.
    #[error("no sample under {0}: put files into its folders malicious and benign")]
    Empty(PathBuf),
}

/// Reads `DIR/malicious` and `DIR/benign`; sub-folders are left out. The order is that of the names, malicious
/// ones first.
///
/// # Errors
/// [`ArtifactsError`] when a folder is missing, a file is empty or too large, or there is no file at all.
pub fn load(folder: &Path) -> Result<Vec<Sample>, ArtifactsError> {
    let mut samples = Vec::new();
    for (kind, truth) in [("malicious", true), ("benign", false)] {
        let folder = folder.join(kind);
        let unreadable = |source| ArtifactsError::Unreadable { path: folder.clone(), source };
        let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
            .map_err(unreadable)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()
            .map_err(unreadable)?;
        paths.retain(|path| path.is_file());
        paths.sort();
        for path in paths {
            let content = fs::read(&path)
                .map_err(|source| ArtifactsError::Unreadable { path: path.clone(), source })?;
            if content.is_empty() || content.len() > MAX_SIZE {
                return Err(ArtifactsError::Size { path, size: content.len() });
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            samples.push(Sample { name, truth, content: content.into() });
        }
    }
    if samples.is_empty() { Err(ArtifactsError::Empty(folder.into())) } else { Ok(samples) }
}

/// Draws samples, the same ones for the same seed: a coin picks malicious or benign, and no sample comes again
/// before
/// all of its kind have come.
#[derive(Debug)]
pub(crate) struct Deck {
    rng: ChaCha8Rng,
    truths: Vec<Pile>,
}

/// Samples of one truth.
#[derive(Debug)]
struct Pile {
    samples: Vec<Sample>,
    left: Vec<Sample>,
}

impl Deck {
    pub(crate) fn new(samples: Vec<Sample>, seed: u64) -> Self {
        let (malicious, benign) = samples.into_iter().partition::<Vec<_>, _>(|sample| sample.truth);
        let truths = [malicious, benign].into_iter().filter(|samples| !samples.is_empty());
        let truths = truths.map(|samples| Pile { samples, left: Vec::new() }).collect();
        Self { rng: ChaCha8Rng::seed_from_u64(seed), truths }
    }

    /// The next `count` samples; fewer only when there are none at all.
    pub(crate) fn draw(&mut self, count: usize) -> Vec<Sample> {
        (0..count).filter_map(|_| self.draw_one()).collect()
    }

    fn draw_one(&mut self) -> Option<Sample> {
        let which = self.rng.random_range(0..self.truths.len().max(1));
        let pile = self.truths.get_mut(which)?;
        if pile.left.is_empty() {
            pile.left.clone_from(&pile.samples);
            pile.left.shuffle(&mut self.rng);
        }
        pile.left.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Sample> {
        let sample = |i: usize| Sample { name: format!("s{i}"), truth: i < 3, content: "x".into() };
        (0..6).map(sample).collect()
    }

    fn names(deck: &mut Deck) -> Vec<String> {
        deck.draw(40).into_iter().map(|sample| sample.name).collect()
    }

    #[test]
    fn the_seed_decides_the_draw() {
        let first = names(&mut Deck::new(samples(), 1));
        assert_eq!(first, names(&mut Deck::new(samples(), 1)));
        assert_ne!(first, names(&mut Deck::new(samples(), 2)));
        assert!((0..6).all(|i| first.contains(&format!("s{i}"))), "{first:?}");
        assert!(Deck::new(Vec::new(), 1).draw(2).is_empty());
    }

    #[test]
    fn a_folder_without_truth_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(load(folder.path()).unwrap_err().to_string().contains("malicious"));
        for kind in ["malicious", "benign"] {
            fs::create_dir(folder.path().join(kind)).unwrap();
        }
        assert!(matches!(load(folder.path()), Err(ArtifactsError::Empty(_))));
        fs::write(folder.path().join("benign/b"), "fine").unwrap();
        fs::write(folder.path().join("malicious/m"), "bad").unwrap();
        let loaded: Vec<_> = load(folder.path()).unwrap().into_iter().map(|s| (s.name, s.truth)).collect();
        assert_eq!(loaded, [("m".to_owned(), true), ("b".to_owned(), false)]);
        fs::write(folder.path().join("benign/empty"), "").unwrap();
        assert!(matches!(load(folder.path()), Err(ArtifactsError::Size { size: 0, .. })));
    }
}
