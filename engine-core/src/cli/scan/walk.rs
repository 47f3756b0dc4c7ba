//! Finds what to scan: arguments in their order, folders depth first, siblings by the bytes of their names.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use tokio::sync::mpsc;
use walkdir::{DirEntry, WalkDir};

use crate::scanner::{ErrorKind, ScanError};

/// Something that the user asked to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// Standard input.
    Stdin,
    /// A file or a folder.
    Path(PathBuf),
}

impl Root {
    /// What an argument means.
    pub(super) fn argument(path: PathBuf) -> Self {
        if path.as_os_str() == "-" { Self::Stdin } else { Self::Path(path) }
    }
}

/// Something found: a path as it is printed, and what is there.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The argument as typed, joined with the names below it; `-` for standard input.
    pub(super) path: PathBuf,
    /// What is there to read, or why it is not to be opened.
    pub(super) what: Result<Readable, ScanError>,
}

/// Something that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readable {
    /// Standard input.
    Stdin,
    /// A regular file; `follow` if the path itself may be a link.
    File { follow: bool },
}

/// Walks on a thread of its own, at most `ahead` entries ahead of who takes them; ends when nobody does.
pub(super) fn start(roots: Vec<Root>, follow_links: bool, ahead: usize) -> mpsc::Receiver<Found> {
    let (found, taken) = mpsc::channel(ahead);
    let last = found.clone();
    let walk = tokio::task::spawn_blocking(move || {
        each(roots, follow_links, |one| found.blocking_send(one).map_err(|_| Gone))
    });
    tokio::spawn(async move {
        // A walk that died is not one that came to its end.
        if let Err(died) = walk.await {
            let error = ScanError::crashed(format!("the walk over the folders ended early: {died}"));
            let _ = last.send(Found { path: ".".into(), what: Err(error) }).await;
        }
    });
    taken
}

/// Walks here and now, and hands over each thing found; stops when nobody takes it any more.
pub(super) fn each(
    roots: Vec<Root>,
    follow_links: bool,
    take: impl FnMut(Found) -> Result<(), Gone>,
) -> Result<(), Gone> {
    let mut walk = Walk { follow_links, seen: HashSet::new(), take };
    roots.into_iter().try_for_each(|root| walk.root(root))
}

/// Nobody takes what is found any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone;

struct Walk<T> {
    follow_links: bool,
    /// What later arguments must not walk again, without links: the arguments, and with `follow_links` all that was found.
    seen: HashSet<PathBuf>,
    take: T,
}

impl<T: FnMut(Found) -> Result<(), Gone>> Walk<T> {
    fn root(&mut self, root: Root) -> Result<(), Gone> {
        let path = match root {
            Root::Stdin if !self.seen.insert(PathBuf::from("-")) => return Ok(()),
            Root::Stdin => return self.send(PathBuf::from("-"), Ok(Readable::Stdin)),
            Root::Path(path) => path,
        };
        let (kind, real) = match fs::metadata(&path).and_then(|kind| Ok((kind, fs::canonicalize(&path)?))) {
            Ok(there) => there,
            Err(error) => return self.send(path, Err(unreadable(&error))),
        };
        if real.ancestors().any(|part| self.seen.contains(part)) {
            return Ok(());
        }
        let outcome = if kind.is_dir() {
            self.folder(&path, &real)
        } else if kind.is_file() {
            self.send(path, Ok(Readable::File { follow: true }))
        } else {
            self.send(path, Err(unsupported(kind.file_type())))
        };
        self.seen.insert(real);
        outcome
    }

    fn folder(&mut self, path: &Path, real: &Path) -> Result<(), Gone> {
        let mut walk = WalkDir::new(path).follow_links(self.follow_links).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.loop_ancestor().is_some() => continue,
                Err(error) => {
                    let at = error.path().unwrap_or(path).to_owned();
                    self.send(at, Err(unreadable(&error.into())))?;
                    continue;
                }
            };
            if entry.depth() > 0 && self.is_known(&entry, path, real) {
                if entry.file_type().is_dir() {
                    walk.skip_current_dir();
                }
                continue;
            }
            let kind = entry.file_type();
            if kind.is_dir() || kind.is_symlink() {
                continue;
            }
            let what = if kind.is_file() {
                Ok(Readable::File { follow: self.follow_links })
            } else {
                Err(unsupported(kind))
            };
            self.send(entry.into_path(), what)?;
        }
        Ok(())
    }

    /// Whether an entry was walked before, under another name or as an argument of its own.
    fn is_known(&mut self, entry: &DirEntry, root: &Path, real: &Path) -> bool {
        if self.follow_links {
            return fs::canonicalize(entry.path()).is_ok_and(|real| !self.seen.insert(real));
        }
        // Without links the real path follows from the root's.
        !self.seen.is_empty()
            && entry.path().strip_prefix(root).is_ok_and(|below| self.seen.contains(&real.join(below)))
    }

    fn send(&mut self, path: PathBuf, what: Result<Readable, ScanError>) -> Result<(), Gone> {
        (self.take)(Found { path, what })
    }
}

fn unreadable(error: &io::Error) -> ScanError {
    ScanError::new(ErrorKind::Unreadable, format!("cannot be read: {error}"))
}

/// The error for what is neither file nor folder; opening it could hang or do something.
pub(super) fn unsupported(kind: fs::FileType) -> ScanError {
    #[cfg(unix)]
    let name = {
        use std::os::unix::fs::FileTypeExt;
        match () {
            () if kind.is_fifo() => "a FIFO",
            () if kind.is_socket() => "a socket",
            () if kind.is_char_device() || kind.is_block_device() => "a device",
            () => "no regular file",
        }
    };
    #[cfg(not(unix))]
    let name = "no regular file";
    let _ = kind;
    ScanError::new(ErrorKind::Unsupported, format!("{name}, not opened; only regular files are scanned"))
}
