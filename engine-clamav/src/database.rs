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
/// When the folder cannot be read, and when what libclamav [would load](is_loaded) is a link that leads nowhere, or neither file nor
/// folder: it would open a FIFO and wait for ever. The error names it. What else is no file is passed by.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| about(folder, &error))? {
        let path = entry?.path();
        // Follows links, as libclamav does.
        match fs::metadata(&path) {
            Ok(kind) if kind.is_file() => files.push(path),
            Ok(kind) if !kind.is_dir() && is_loaded(&path) => {
                let told = format!("{} is neither a file nor a folder; take it out", path.display());
                return Err(io::Error::new(io::ErrorKind::InvalidInput, told));
            }
            Err(error) if is_loaded(&path) => return Err(about(&path, &error)),
            _ => {}
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Whether libclamav loads a file of this name from a folder.
pub fn is_loaded(file: &Path) -> bool {
    const KINDS: &str = "cat cbc cdb cfg cld crb cud cvd db fp ftm gdb hdb hdu hsb hsu idb ign ign2 imp info ioc ldb ldu mdb mdu msb \
                         msu ndb ndu pdb pwdb rmd sdb sfp wdb yar yara zmd";
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    name.rsplit_once('.').is_some_and(|(_, kind)| KINDS.split_whitespace().any(|known| known == kind))
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
        std::os::unix::fs::symlink("nowhere", folder.path().join("y.NDB")).unwrap();
        let told = digest(folder.path()).unwrap_err().to_string();
        assert!(told.contains("y.NDB: No such file"), "{told}");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_and_not_loaded_does_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.ndb"), "1").unwrap();
        let bare = digest(folder.path()).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("clamd.ctl")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join(".#lock")).unwrap();
        assert_eq!(digest(folder.path()).unwrap(), bare);
    }
}
