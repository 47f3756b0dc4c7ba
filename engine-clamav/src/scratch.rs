//! A folder for the temporary files of one process, which somebody removes even if the process is killed.
//!
//! libclamav unpacks archives into files and removes them when the scan ends. A process that is killed in the middle of a scan
//! leaves them, up to hundreds of megabytes. So each process has a folder of its own with its id in the name, and each new
//! process removes the folders of those that are gone.

use std::{fs, io, path::Path};

use tempfile::TempDir;

/// Makes a folder for this process below `parent`, which only its user can enter. Dropped, it is removed.
///
/// # Errors
///
/// When it cannot be made.
pub fn make(parent: &Path, prefix: &str) -> io::Result<TempDir> {
    let name = format!("{prefix}-{}-", std::process::id());
    tempfile::Builder::new().prefix(&name).tempdir_in(parent)
}

/// Removes the folders below `parent` that processes of this prefix left behind. What cannot be removed stays.
pub fn sweep(parent: &Path, prefix: &str) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| owner(name, prefix));
        if owner.is_some_and(|process| !is_running(process)) {
            // Another process may be sweeping too, or it is another user's.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The id of the process that made a folder of this name.
fn owner(name: &str, prefix: &str) -> Option<u32> {
    let (process, _random) = name.strip_prefix(prefix)?.strip_prefix('-')?.split_once('-')?;
    process.parse().ok()
}

/// Whether there is a process of this id. Where nobody can tell, there is.
fn is_running(process: u32) -> bool {
    let all = Path::new("/proc/self");
    !all.exists() || Path::new("/proc").join(process.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_processes_that_are_gone_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let ours = make(parent.path(), "p").unwrap();
        let (gone, other) = (parent.path().join(format!("p-{}-x", u32::MAX)), parent.path().join("q-1-x"));
        for folder in [&gone, &other] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("file"), "").unwrap();
        }
        sweep(parent.path(), "p");
        assert!(ours.path().exists() && other.exists() && !gone.exists());
    }
}
