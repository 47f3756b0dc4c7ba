//! A folder of signatures, by its contents.

mod age;

use std::{
    fs,
    io::{self, BufRead, BufReader},
    path::Path,
};

use sha2::{Digest, Sha256};

pub(crate) use self::age::Release;

/// The version of a database folder: `sha256:` and the SHA-256 over the SHA-256 of its files, sorted, each as 64 hex digits and a
/// newline. Files of its subfolders do not count, since libclamav does not load them.
///
/// # Errors
///
/// When the folder or a file in it cannot be read.
pub fn digest(folder: &Path) -> io::Result<String> {
    let mut digests = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Follows links, as libclamav does; never opens a FIFO.
        if fs::metadata(&path)?.is_file() {
            digests.push(hex::encode(file(&path)?));
        }
    }
    digests.sort_unstable();
    let all: Sha256 =
        digests.iter().fold(Sha256::new(), |all, digest| all.chain_update(digest).chain_update("\n"));
    Ok(format!("sha256:{}", hex::encode(all.finalize())))
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
}
