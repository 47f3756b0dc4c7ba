//! The option `--scan-list`: a file of paths, or standard input.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::{
    path::{self, Plain},
    walk::Root,
};

/// What some editors write in front of a text.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a list is what comes in on standard input; a file of this name is `./-`.
pub(super) fn is_stdin(list: &Path) -> bool {
    list == OsStr::new("-")
}

/// Reads a list of paths: one a line, or separated by NUL bytes if there is one. Blocks. Fails if it cannot be read.
pub(super) fn read(list: &Path) -> Result<Vec<Root>, ListError> {
    let mut bytes = Vec::new();
    let read = if is_stdin(list) {
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(list)
    };
    let bytes = read.map_err(|source| ListError { list: list.to_owned(), source })?;
    Ok(paths(&bytes, |path| fs::symlink_metadata(path).is_ok()))
}

/// Why a list cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the list {list}", list = name(list))]
pub(super) struct ListError {
    list: PathBuf,
    source: io::Error,
}

/// A list's name for people.
pub(super) fn name(list: &Path) -> String {
    if is_stdin(list) { "on standard input".to_owned() } else { Plain::path(list).to_string() }
}

/// The paths of a list, without what other systems add to a text: a mark in front, and a `\r` at the end of a line, unless `is_there`
/// says that it is part of a name.
fn paths(bytes: &[u8], is_there: impl Fn(&Path) -> bool) -> Vec<Root> {
    let lines = !bytes.contains(&0);
    let bare = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let (separator, end) = if lines { (b'\n', b"\r".as_slice()) } else { (0, b"".as_slice()) };
    let path = |written: &[u8]| {
        let exact = path::from_bytes(written);
        match written.strip_suffix(end) {
            Some(meant) if meant.len() < written.len() && !is_there(&exact) => {
                let meant = path::from_bytes(meant);
                // Where neither is there, the name is told as it was written, unless there is none.
                if meant.as_os_str().is_empty() || is_there(&meant) { meant } else { exact }
            }
            _ => exact,
        }
    };
    let paths = bare.split(|byte| *byte == separator).map(path);
    paths.filter(|path| !path.as_os_str().is_empty()).map(Root::Path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_systems_add_is_no_part_of_a_name() {
        for (list, there, wanted) in [
            (&b"a\r\nb c\r\n\r\nd"[..], &["a", "b c", "d"][..], &["a", "b c", "d"][..]),
            (b"\xef\xbb\xbfa\r\nb", &["a", "b"], &["a", "b"]),
            // A file of this name wins, and of none the whole name is told.
            (b"a\r\nb\r\n", &["a", "a\r"], &["a\r", "b\r"]),
            (b"a\r\0b\0", &["a", "b"], &["a\r", "b"]),
            (b"\xef\xbb\xbfa\0\nb", &["a", "\nb"], &["a", "\nb"]),
            (b"\xef\xbb\xbf", &[], &[]),
        ] {
            let is_there = |path: &Path| there.iter().any(|name| path == Path::new(name));
            let wanted: Vec<Root> = wanted.iter().map(|path| Root::Path(path.into())).collect();
            assert_eq!(paths(list, is_there), wanted, "{list:?}");
        }
    }
}
