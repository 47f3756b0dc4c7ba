//! A folder of signatures, by its contents.

mod age;

use std::{
    fs,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

pub(crate) use self::age::Release;

/// The files of a database folder, sorted by name; subfolders are left out, since libclamav does not load them.
///
/// # Errors
///
/// When the folder cannot be read, when a link in it leads nowhere, and when something in it is neither file nor folder:
/// libclamav would open a FIFO and wait for ever. The error names it.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| about(folder, &error))? {
        let path = entry?.path();
        // Follows links, as libclamav does.
        let kind = fs::metadata(&path).map_err(|error| about(&path, &error))?;
        if kind.is_file() {
            files.push(path);
        } else if !kind.is_dir() {
            let told = format!("{} is neither a file nor a folder; take it out", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, told));
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// The version of a database folder: `sha256:` and the SHA-256 over the SHA-256 of its [`files`], sorted, each as 64 hex digits and a
/// newline.
///
/// # Errors
///
/// As [`files`], and when a file cannot be read.
pub fn digest(folder: &Path) -> io::Result<String> {
    let mut digests = Vec::new();
    for path in files(folder)? {
        digests.push(hex::encode(file(&path).map_err(|error| about(&path, &error))?));
    }
    digests.sort_unstable();
    let all: Sha256 =
        digests.iter().fold(Sha256::new(), |all, digest| all.chain_update(digest).chain_update("\n"));
    Ok(format!("sha256:{}", hex::encode(all.finalize())))
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn file(path: &Path) -> io::Result<impl AsRef<[u8]>> {
    let mut reader = BufReader::with_capacity(1 << 20, fs::File::open(path)?);
    let mut hasher = Sha256::new();
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(hasher.finalize());
        }
        hasher.update(bytes);
        let read = bytes.len();
        reader.consume(read);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_count_and_names_do_not() {
        let folder = |files: &[(&str, &str)]| {
            let folder = tempfile::tempdir().unwrap();
            for (name, text) in files {
                fs::write(folder.path().join(name), text).unwrap();
            }
            fs::create_dir(folder.path().join("tmp")).unwrap();
            digest(folder.path()).unwrap()
        };
        let first = folder(&[("a.ndb", "1"), ("b.ndb", "2")]);
        assert_eq!(first, folder(&[("b.ndb", "1"), ("c.ndb", "2")]));
        assert_ne!(first, folder(&[("a.ndb", "1"), ("b.ndb", "3")]));
        assert_ne!(first, folder(&[("a.ndb", "1")]));
        let nothing = format!("sha256:{}", hex::encode(Sha256::digest("")));
        assert_eq!(folder(&[]), nothing);
        assert!(digest(Path::new("/nowhere")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_named_and_never_opened() {
        let folder = tempfile::tempdir().unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("x.ndb")).unwrap();
        let told = digest(folder.path()).unwrap_err().to_string();
        assert!(told.ends_with("x.ndb is neither a file nor a folder; take it out"), "{told}");
        fs::remove_file(folder.path().join("x.ndb")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("y.ndb")).unwrap();
        let told = digest(folder.path()).unwrap_err().to_string();
        assert!(told.contains("y.ndb: No such file"), "{told}");
    }
}
