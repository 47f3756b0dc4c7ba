//! Compiled sets kept from one start to the next, by what they were made from.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use sha2::{Digest, Sha256};

use super::{
    report::{Complaint, RulesError},
    set::{Set, maker},
    source::Sources,
};
use crate::trust;

/// How many sets a cache has; those that were not used for longest go.
const MOST: usize = 16;
/// What a set's file in a cache is called behind its key.
const SUFFIX: &str = ".yarset";

/// A folder of compiled sets.
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The one in a folder, which is made if it is not there. It fails if others can write to it.
    pub(super) fn open(folder: &Path) -> Result<Self, RulesError> {
        let failed = |cause: String| RulesError::Cache { path: folder.display().to_string(), cause };
        if !folder.exists() {
            create(folder).map_err(|error| failed(error.to_string()))?;
        }
        Ok(Self { folder: trust::check_folder(folder).map_err(failed)? })
    }

    /// The set that was made from these sources, if it is there and whole.
    pub(super) fn get(&self, sources: &Sources) -> Option<Set> {
        let path = trust::check_file(&self.path(sources)).ok()?;
        let set = Set::read(&path).ok()?;
        // Only so that it stays: it is no loss if that fails.
        let _ = fs::File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(set)
    }

    /// Keeps a set. One that cannot be kept is a warning in its report.
    pub(super) fn put(&self, sources: &Sources, set: &mut Set) {
        if let Err(error) = set.write(&self.path(sources)) {
            let cause = format!("the compiled rules cannot be kept for the next start: {error}");
            set.report.warnings.push(Complaint::new(self.folder.display().to_string(), None, cause));
        }
        self.clear_old();
    }

    fn path(&self, sources: &Sources) -> PathBuf {
        self.folder.join(key(sources) + SUFFIX)
    }

    fn clear_old(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut sets: Vec<_> = entries
            .filter(|entry| entry.file_name().as_encoded_bytes().ends_with(SUFFIX.as_bytes()))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        sets.sort();
        for (_, path) in sets.iter().rev().skip(MOST) {
            let _ = fs::remove_file(path);
        }
    }
}

fn create(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The way from files to a set; another number when the same files come to another set.
const WAY: &[u8] = b"2";

/// SHA-256 over all that a set comes from: this program and libyara, the files, and what is said of them.
fn key(sources: &Sources) -> String {
    let mut hasher = Sha256::new();
    let mut part = |part: &[u8]| {
        // Its length first, so that no two lists of parts are the same bytes.
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(part);
    };
    part(maker().as_bytes());
    part(WAY);
    for (_, file) in sources.iter() {
        part(&[u8::from(file.asked)]);
        part(file.shown.as_bytes());
        part(file.relative.as_os_str().as_encoded_bytes());
        part(file.digest.as_bytes());
        // Where its includes lead: a link on the way may move while no file changes.
        part(file.text.as_bytes());
    }
    for complaint in sources.bad.iter().chain(&sources.warnings) {
        part(complaint.to_string().as_bytes());
    }
    hex::encode(hasher.finalize())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_cache_stays_where_it_was_checked_when_its_link_moves() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::TempDir::new().unwrap();
        let [checked, other, link] = ["checked", "other", "link"].map(|name| folder.path().join(name));
        create(&checked).unwrap();
        create(&other).unwrap();
        symlink(&checked, &link).unwrap();
        let cache = Cache::open(&link).unwrap();
        fs::remove_file(&link).unwrap();
        symlink(&other, &link).unwrap();
        let mut set =
            Set { report: Default::default(), rules: Default::default(), compiled: b"YARA".to_vec() };
        cache.put(&Sources::default(), &mut set);
        let count = |folder| fs::read_dir(folder).unwrap().count();
        assert_eq!((count(checked), count(other)), (1, 0));
    }
}
