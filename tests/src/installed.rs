//! Ordinary files: those of the Debian packages on this machine.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// Where dpkg keeps its lists of files.
const LISTS: &str = "/var/lib/dpkg/info";

/// Which files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any.
    All,
    /// Those that can be run.
    Programs,
}

/// So many files of the machine's packages, of at most so many bytes: always the same ones on the same machine, from all over it.
/// `None` where there are not so many; why is told on standard error, and the test that asked has to skip.
pub fn files(kind: Kind, how_many: usize, max_size: u64) -> Option<Vec<PathBuf>> {
    let usable = by_digest().into_values().filter(|path| is_usable(path, kind, max_size));
    let files: Vec<_> = usable.take(how_many).collect();
    if files.len() < how_many {
        eprintln!("SKIPPED: {LISTS} names {} files that can be used, {how_many} are needed", files.len());
        return None;
    }
    Some(files)
}

/// Every path that dpkg knows, by the SHA-256 of the path.
fn by_digest() -> BTreeMap<[u8; 32], PathBuf> {
    let mut paths = BTreeMap::new();
    for list in fs::read_dir(LISTS).into_iter().flatten().flatten() {
        if !list.file_name().as_bytes().ends_with(b".list") {
            continue;
        }
        for line in fs::read_to_string(list.path()).unwrap_or_default().lines() {
            paths.insert(Sha256::digest(line).into(), PathBuf::from(line));
        }
    }
    paths
}

fn is_usable(path: &Path, kind: Kind, max_size: u64) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| {
        metadata.is_file()
            && metadata.len() <= max_size
            && (kind == Kind::All || metadata.permissions().mode() & 0o111 != 0)
    }) && File::open(path).is_ok()
}
