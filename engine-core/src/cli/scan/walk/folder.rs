//! A folder that is being walked: what its entries are called, and where they are.

use std::path::{Path, PathBuf};

use walkdir::{IntoIter, WalkDir};

/// A folder under way. Links in it are not followed by its walk.
pub(super) struct Folder {
    pub(super) walk: IntoIter,
    /// Where it is walked: what its entries' paths begin with.
    pub(super) walked: PathBuf,
    /// Whether a link led here; then entries are shown below the link, and walked where they really are.
    pub(super) linked: bool,
    /// Where it really is, or what it is shown as, whichever it is not walked as.
    other: PathBuf,
}

impl Folder {
    /// As the user named it.
    pub(super) fn argument(path: PathBuf, real: PathBuf) -> Self {
        Self::new(path, false, real)
    }

    /// As a link led to it.
    pub(super) fn linked(shown: PathBuf, real: PathBuf) -> Self {
        Self::new(real, true, shown)
    }

    fn new(walked: PathBuf, linked: bool, other: PathBuf) -> Self {
        let walk = WalkDir::new(&walked).sort_by_file_name().into_iter();
        Self { walk, walked, linked, other }
    }

    /// What an entry is shown as.
    pub(super) fn shown(&self, entry: &Path) -> PathBuf {
        if self.linked { self.elsewhere(entry) } else { entry.to_owned() }
    }

    /// Where an entry really is.
    pub(super) fn real(&self, entry: &Path) -> PathBuf {
        if self.linked { entry.to_owned() } else { self.elsewhere(entry) }
    }

    fn elsewhere(&self, entry: &Path) -> PathBuf {
        match entry.strip_prefix(&self.walked) {
            // Joined with nothing a path would end with a slash.
            Ok(below) if !below.as_os_str().is_empty() => self.other.join(below),
            _ => self.other.clone(),
        }
    }
}
