//! Finds what to scan: arguments in their order, folders depth first, siblings by the bytes of their names.

mod folder;

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use tokio::sync::mpsc;
use walkdir::DirEntry;

use self::folder::Folder;
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Readable {
    /// Standard input.
    Stdin,
    /// A regular file.
    File {
        /// Where it is, if the path to it leads through a link; the system follows few in one path, and paths of some length.
        real: Option<PathBuf>,
        /// Whether it may be a link itself.
        follow: bool,
    },
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

/// The longest path through links that is told, in bytes. Each link that leads on makes it longer, and links may lead on for long.
const LONGEST: usize = 16 << 10;

struct Walk<T> {
    follow_links: bool,
    /// What is not to be walked again, without links: the arguments so far, and with `follow_links` all that was found.
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
        let (kind, real) = match resolve(&path) {
            Ok(there) => there,
            Err(error) => return self.send(path, Err(unreadable(&error))),
        };
        if self.follow_links {
            if !self.seen.insert(real.clone()) {
                return Ok(());
            }
        } else if real.ancestors().any(|part| self.seen.contains(part)) {
            return Ok(());
        }
        let outcome = if kind.is_dir() {
            self.folder(Folder::argument(path, real.clone()))
        } else {
            self.send(path, readable(kind.file_type(), || Readable::File { real: None, follow: true }))
        };
        if !self.follow_links {
            self.seen.insert(real);
        }
        outcome
    }

    /// Walks a folder, and at each link that is followed to one the folder there. Links may lead on for long, so those under way are
    /// on a stack of our own.
    fn folder(&mut self, folder: Folder) -> Result<(), Gone> {
        let mut under_way = vec![folder];
        while let Some(folder) = under_way.last_mut() {
            let Some(entry) = folder.walk.next() else {
                under_way.pop();
                continue;
            };
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let at = folder.shown(error.path().unwrap_or(&folder.walked));
                    let told =
                        error.into_io_error().unwrap_or_else(|| io::Error::other("it links to itself"));
                    self.send(at, Err(unreadable(&told)))?;
                    continue;
                }
            };
            if entry.depth() == 0 {
                continue;
            }
            let kind = entry.file_type();
            if kind.is_symlink() {
                if self.follow_links {
                    let shown = folder.shown(entry.path());
                    under_way.extend(self.link(entry.path(), shown)?);
                }
            } else if self.is_known(folder, &entry) {
                if kind.is_dir() {
                    folder.walk.skip_current_dir();
                }
            } else if !kind.is_dir() {
                let shown = folder.shown(entry.path());
                let real = folder.linked.then(|| entry.into_path());
                self.send(shown, readable(kind, || Readable::File { real, follow: false }))?;
            }
        }
        Ok(())
    }

    /// Follows a link, and gives back the folder that it leads to, if that is to be walked. Where it leads above the walk, what is
    /// being walked there is known already.
    fn link(&mut self, at: &Path, shown: PathBuf) -> Result<Option<Folder>, Gone> {
        let (kind, real) = match resolve(at) {
            Ok(there) => there,
            Err(error) => return self.send(shown, Err(unreadable(&error))).map(|()| None),
        };
        if self.seen.contains(&real) {
            return Ok(None);
        }
        if kind.is_dir() && shown.as_os_str().len() > LONGEST {
            let why =
                format!("the path through links is over {LONGEST} bytes; scan what it leads to by itself");
            return self.send(shown, Err(unreadable(&io::Error::other(why)))).map(|()| None);
        }
        self.seen.insert(real.clone());
        if kind.is_dir() {
            return Ok(Some(Folder::linked(shown, real)));
        }
        let what = readable(kind.file_type(), || Readable::File { real: Some(real), follow: false });
        self.send(shown, what).map(|()| None)
    }

    /// Whether an entry was found before, through a link or as an argument of its own. No entry is a link, so its real path follows
    /// from the folder's.
    fn is_known(&mut self, folder: &Folder, entry: &DirEntry) -> bool {
        if self.seen.is_empty() {
            return false;
        }
        let real = folder.real(entry.path());
        if self.follow_links { !self.seen.insert(real) } else { self.seen.contains(&real) }
    }

    fn send(&mut self, path: PathBuf, what: Result<Readable, ScanError>) -> Result<(), Gone> {
        (self.take)(Found { path, what })
    }
}

/// What is at a path, and where it really is; links are followed.
fn resolve(path: &Path) -> io::Result<(fs::Metadata, PathBuf)> {
    Ok((fs::metadata(path)?, fs::canonicalize(path)?))
}

/// What there is to read, if it is a regular file.
fn readable(kind: fs::FileType, file: impl FnOnce() -> Readable) -> Result<Readable, ScanError> {
    if kind.is_file() { Ok(file()) } else { Err(unsupported(kind)) }
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
