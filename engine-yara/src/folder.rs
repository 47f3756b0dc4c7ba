//! The folder of a compiled set: closed to other users, removed with its scanner.
//!
//! A scanner that was killed cannot remove its folder, so the next one does. Whether a folder is still in use tells a lock on a file
//! in it, which the system takes back when its process ends.

use std::{
    env,
    fs::{self, File},
    io,
    path::Path,
};

use tempfile::TempDir;

const PREFIX: &str = "engine-yara-";
const LOCK: &str = "lock";

/// A folder for temporary files that only this user can look into.
#[derive(Debug)]
pub(crate) struct PrivateFolder {
    folder: TempDir,
    /// Held as long as the folder is in use.
    _lock: File,
}

impl PrivateFolder {
    /// Makes one, and removes those that were left behind.
    pub(crate) fn new() -> io::Result<Self> {
        Self::within(&env::temp_dir())
    }

    fn within(temporary: &Path) -> io::Result<Self> {
        sweep(temporary);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o700));
        }
        let folder = builder.tempdir_in(temporary)?;
        // Under its name it is never seen without its lock.
        let unlocked = folder.path().join("lock.new");
        let lock = File::create(&unlocked)?;
        lock.lock()?;
        fs::rename(unlocked, folder.path().join(LOCK))?;
        Ok(Self { folder, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of scanners that are no more. What cannot be removed stays.
fn sweep(temporary: &Path) {
    for entry in fs::read_dir(temporary).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_ours = entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes());
        if is_ours
            && check_private(&path).is_ok()
            && File::open(path.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
        {
            tracing::debug!("removing {}, which a scanner left behind", path.display());
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Whether a folder belongs to this user and is closed to others; why not otherwise.
#[cfg(unix)]
pub(crate) fn check_private(folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::symlink_metadata(folder).map_err(|error| error.to_string())?;
    let is_mine = metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw();
    if is_mine && metadata.mode() & 0o077 == 0 {
        Ok(())
    } else {
        Err("it is no folder that belongs to this user and is closed to others (mode 0700)".into())
    }
}

#[cfg(not(unix))]
pub(crate) fn check_private(_folder: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_behind_is_removed_and_what_is_in_use_is_not() {
        let temporary = TempDir::new().unwrap();
        let make = || PrivateFolder::within(temporary.path()).unwrap();
        let used = make();
        // As after a kill: the lock is gone, the folder is not.
        let PrivateFolder { folder, _lock } = make();
        drop(_lock);
        let left = folder.keep();
        assert!(left.join(LOCK).exists());
        let next = make();
        assert!(!left.exists());
        assert!(used.path().exists() && next.path().exists());
        assert_eq!(check_private(used.path()), Ok(()));
    }
}
