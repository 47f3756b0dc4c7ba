//! Small files in a folder of our own: `ab/cdef….json`, each written whole or not at all.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use walkdir::WalkDir;

/// How long an entry lives that nobody asks for.
const UNUSED: Duration = Duration::from_secs(30 * 86_400);
/// How often old entries are looked for, and how exactly the time of the last use is kept.
const DAY: Duration = Duration::from_secs(86_400);
/// An entry is about a kilobyte; what is larger than this is none of ours.
const LARGEST: u64 = 16 << 20;
/// Tells backup programs to leave the folder out (<https://bford.info/cachedir/>); its time is when old entries were last looked for.
const TAG: &str = "CACHEDIR.TAG";
const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# Scan results, kept by --cache\n";
const UNFINISHED: &str = "unfinished-";

/// Why results cannot be kept in a folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::cli::scan) enum CacheError {
    /// It cannot be made or looked into.
    #[error("cannot use {folder} for --cache", folder = folder.display())]
    Unusable {
        /// Which folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others could put results there.
    #[error(
        "cannot use {folder} for --cache: others could write results into it; give it to yourself alone \
         (chmod 700, owned by the user who scans)", folder = folder.display()
    )]
    Open {
        /// Which folder.
        folder: PathBuf,
    },
    /// Somebody's files are in it: marked as a cache, they would be left out of backups.
    #[error(
        "cannot use {folder} for --cache: it holds files that are no kept results; name an empty folder, or one that is not \
         there yet", folder = folder.display()
    )]
    Foreign {
        /// Which folder.
        folder: PathBuf,
    },
}

/// A folder of entries.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(super) fn open(folder: &Path) -> Result<Self, CacheError> {
        let unusable = |source| CacheError::Unusable { folder: folder.to_owned(), source };
        private_folder(folder).map_err(unusable)?;
        if !is_ours_alone(folder).map_err(unusable)? {
            return Err(CacheError::Open { folder: folder.to_owned() });
        }
        if !is_for_results(folder).map_err(unusable)? {
            return Err(CacheError::Foreign { folder: folder.to_owned() });
        }
        let store = Self { folder: folder.to_owned() };
        // A disk that is read-only today can still be read from.
        if let Err(error) = store.clean(SystemTime::now()) {
            tracing::debug!(%error, folder = %folder.display(), "old results were not looked for");
        }
        Ok(store)
    }

    /// The bytes of an entry, which counts as used then.
    pub(super) fn get(&self, key: &str) -> Option<Vec<u8>> {
        let file = File::open(self.path(key)?).ok()?;
        let about = file.metadata().ok()?;
        let mut bytes = Vec::new();
        (&file).take(LARGEST).read_to_end(&mut bytes).ok()?;
        let now = SystemTime::now();
        if about.modified().is_ok_and(|used| is_older(used, now, DAY)) {
            // Not kept on a read-only disk: then the entry is forgotten in time, and made anew.
            let _ = file.set_modified(now);
        }
        Some(bytes)
    }

    /// Writes an entry, over one that is there.
    pub(super) fn put(&self, key: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(key).ok_or(io::ErrorKind::InvalidInput)?;
        let folder = path.parent().unwrap_or(&self.folder);
        private_folder(folder)?;
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        let (first, rest) = key.split_at_checked(2)?;
        Some(self.folder.join(first).join(format!("{rest}.json")))
    }

    /// Once a day, removes what nobody has asked for in a month.
    fn clean(&self, now: SystemTime) -> io::Result<()> {
        let tag = self.folder.join(TAG);
        let cleaned = fs::metadata(&tag).and_then(|about| about.modified());
        if fs::read(&tag).ok().as_deref() != Some(TAG_TEXT.as_bytes()) {
            // Before the first entry, and over what may be half of it already: other scans may be looking at it now.
            File::options()
                .write(true)
                .create(true)
                .truncate(false)
                .open(&tag)?
                .write_all(TAG_TEXT.as_bytes())?;
        }
        if cleaned.is_ok_and(|cleaned| !is_older(cleaned, now, DAY)) {
            return Ok(());
        }
        File::options().write(true).open(&tag)?.set_modified(now)?;
        for entry in WalkDir::new(&self.folder).min_depth(2).max_depth(2).into_iter().flatten() {
            let used = entry.metadata().ok().and_then(|about| about.modified().ok());
            if is_entry(entry.path()) && used.is_some_and(|used| is_older(used, now, UNUSED)) {
                // Another scan may have removed it first.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}

fn is_older(time: SystemTime, now: SystemTime, than: Duration) -> bool {
    now.duration_since(time).is_ok_and(|age| age > than)
}

/// Whether a file is one that we made: nothing else is ever removed, whatever folder was given.
fn is_entry(path: &Path) -> bool {
    let part =
        |part: Option<&std::ffi::OsStr>| part.and_then(|part| part.to_str()).unwrap_or_default().to_owned();
    let (folder, name) = (part(path.parent().and_then(Path::file_name)), part(path.file_name()));
    let is_hex = |text: &str, digits| text.len() == digits && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex(&folder, 2)
        && (name.strip_suffix(".json").is_some_and(|rest| is_hex(rest, 62)) || name.starts_with(UNFINISHED))
}

/// Whether a folder is empty, or one that was made for results: its tag has our words, of which a scan that began at the same moment
/// may have written the first only.
fn is_for_results(folder: &Path) -> io::Result<bool> {
    // In this order: what another scan puts there after its tag is seen with the whole tag.
    let names: Vec<_> = fs::read_dir(folder)?
        .take(2)
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<io::Result<_>>()?;
    let [first, others @ ..] = names.as_slice() else { return Ok(true) };
    let mut text = Vec::new();
    let tag = match File::open(folder.join(TAG)) {
        Ok(tag) => tag,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    tag.take(TAG_TEXT.len() as u64 + 1).read_to_end(&mut text)?;
    let is_tag_alone = first == TAG && others.is_empty();
    Ok(text == TAG_TEXT.as_bytes() || is_tag_alone && TAG_TEXT.as_bytes().starts_with(&text))
}

fn private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether nobody else may write into a folder: who could, could say of anything that it is clean.
#[cfg(unix)]
fn is_ours_alone(folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let about = fs::metadata(folder)?;
    Ok(about.mode() & 0o022 == 0 && about.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn is_ours_alone(_: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn key(end: char) -> String {
        format!("ab{}{end}", "0".repeat(61))
    }

    fn age(path: &Path, days: u32) {
        let then = SystemTime::now() - days * DAY;
        File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
    }

    #[test]
    fn what_nobody_asks_for_in_a_month_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("cache");
        let store = Store::open(&root).unwrap();
        assert_eq!(fs::metadata(&root).unwrap().permissions().mode() & 0o777, 0o700);
        for end in ['1', '2', '3'] {
            store.put(&key(end), b"{}").unwrap();
        }
        let at = |end| store.path(&key(end)).unwrap();
        fs::write(root.join("ab/report.json"), "mine").unwrap();
        fs::write(root.join("ab/unfinished-x"), "").unwrap();
        for old in
            [at('1'), at('2'), root.join("ab/report.json"), root.join("ab/unfinished-x"), root.join(TAG)]
        {
            age(&old, 31);
        }
        assert_eq!(store.get(&key('2')).unwrap(), b"{}");
        Store::open(&root).unwrap();
        assert!(!at('1').exists() && at('2').exists() && at('3').exists());
        assert!(root.join("ab/report.json").exists() && !root.join("ab/unfinished-x").exists());
    }

    #[test]
    fn only_an_empty_folder_or_one_with_our_tag_is_taken() {
        for (files, taken) in [
            (&[][..], true),
            // Another scan has just begun.
            (&[(TAG, "")], true),
            (&[(TAG, &TAG_TEXT[..20])], true),
            (&[(TAG, TAG_TEXT), ("notes", "mine")], true),
            (&[("notes", "mine")], false),
            (&[(TAG, &TAG_TEXT[..44]), ("notes", "mine")], false),
            (&[(TAG, "Signature: 8a477f597d28d172789f06886806bc55\n# Made by cargo\n")], false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let named = |name: &str| folder.path().join(name);
            files.iter().for_each(|(name, text)| fs::write(named(name), text).unwrap());
            let opened = Store::open(folder.path());
            assert_eq!(opened.is_ok(), taken, "{files:?}: {opened:?}");
            if taken {
                assert_eq!(fs::read_to_string(named(TAG)).unwrap(), TAG_TEXT);
            } else {
                assert!(opened.unwrap_err().to_string().contains("empty folder"));
                files
                    .iter()
                    .for_each(|(name, text)| assert_eq!(fs::read_to_string(named(name)).unwrap(), *text));
                assert_eq!(named(TAG).exists(), files[0].0 == TAG);
            }
        }
    }

    #[test]
    fn a_folder_that_others_may_write_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let told = Store::open(folder.path()).unwrap_err().to_string();
        assert!(told.contains("chmod 700"), "{told}");
    }
}
