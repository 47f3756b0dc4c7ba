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

/// The paths of a list. Other systems put a mark in front of the first line and a `\r` at the end of each, and a name can have both:
/// every reading that `is_there` is meant, and the line as it was written if none is.
fn paths(bytes: &[u8], is_there: impl Fn(&Path) -> bool) -> Vec<Root> {
    let all: Vec<PathBuf> = if bytes.contains(&0) {
        // A program wrote this, and means each byte.
        bytes.split(|byte| *byte == 0).map(path::from_bytes).collect()
    } else {
        let lines = bytes.split(|byte| *byte == b'\n').enumerate();
        lines.flat_map(|(number, line)| meant(readings(line, number == 0), &is_there)).collect()
    };
    all.into_iter().filter(|path| !path.as_os_str().is_empty()).map(Root::Path).collect()
}

/// A line as it was written and, last, without all that other systems add.
fn readings(line: &[u8], is_first: bool) -> Vec<PathBuf> {
    let mut readings = vec![line];
    if let (true, Some(bare)) = (is_first, line.strip_prefix(MARK)) {
        readings.push(bare);
    }
    let bare: Vec<_> = readings.iter().filter_map(|reading| reading.strip_suffix(b"\r")).collect();
    readings.extend(bare);
    readings.into_iter().map(path::from_bytes).collect()
}

fn meant(mut readings: Vec<PathBuf>, is_there: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let there: Vec<_> = readings.iter().filter(|path| is_there(path)).cloned().collect();
    let is_blank = readings.last().is_none_or(|bare| bare.as_os_str().is_empty());
    if !there.is_empty() || is_blank {
        return there;
    }
    readings.truncate(1);
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_systems_add_is_no_part_of_a_name() {
        for (list, there, wanted) in [
            (&b"a\r\nb c\r\n\r\nd"[..], &["a", "b c", "d"][..], &["a", "b c", "d"][..]),
            (b"\xef\xbb\xbfa\r\nb", &["a", "b"], &["a", "b"]),
            // Where both are there, none is left out, and of none the whole name is told.
            (b"a\r\nb\r\nc\r", &["a", "a\r", "b\r"], &["a\r", "a", "b\r", "c\r"]),
            ("\u{feff}a\r\nb".as_bytes(), &["\u{feff}a", "a", "b"], &["\u{feff}a", "a", "b"]),
            ("\u{feff}a\n\u{feff}b".as_bytes(), &["\u{feff}a", "a", "b"], &["\u{feff}a", "a", "\u{feff}b"]),
            (b"a\r\0b\0", &["a", "b"], &["a\r", "b"]),
            ("\u{feff}a\0\nb".as_bytes(), &["a", "\nb"], &["\u{feff}a", "\nb"]),
            (b"\xef\xbb\xbf", &[], &[]),
            (b"\xef\xbb\xbf\r\n\r", &["\r"], &["\r", "\r"]),
        ] {
            let is_there = |path: &Path| there.iter().any(|name| path == Path::new(name));
            let wanted: Vec<Root> = wanted.iter().map(|path| Root::Path(path.into())).collect();
            assert_eq!(paths(list, is_there), wanted, "{list:?}");
        }
    }
}
