//! The rule files: found under the paths that were given, read once, their includes followed.
//!
//! Nothing outside the rules' own folders is read, nothing but regular files is opened.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    rc::Rc,
};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::{
    report::{Complaint, RulesError},
    set,
    text::{Text, line_at},
};

/// The longest rule file that is read, in bytes.
const MAX_SIZE: u64 = 64 << 20;

/// One of the [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FileId(pub(super) usize);

/// A rule file.
#[derive(Debug)]
pub(super) struct File {
    /// How it is called when talking to people: what was given, joined with the way from there.
    pub(super) shown: String,
    /// Its path below what was given.
    pub(super) relative: PathBuf,
    /// Whether it was given or found in a folder that was, rather than only included.
    pub(super) asked: bool,
    /// The names of the rules it declares.
    pub(super) rules: Vec<String>,
    /// Those of them that are private.
    pub(super) private: Vec<String>,
    /// The files it includes, in order.
    pub(super) includes: Vec<FileId>,
    /// The text for libyara, in which an include names `id.occurrence`.
    pub(super) text: Rc<str>,
    /// SHA-256 of its bytes in hex.
    pub(super) digest: String,
}

/// Every rule file that there is to compile.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) files: Vec<File>,
    /// Files that could not be read, and includes that lead nowhere.
    pub(super) bad: Vec<Complaint>,
    pub(super) warnings: Vec<Complaint>,
}

impl Sources {
    /// Finds and reads the files under `paths`.
    pub(super) fn find(paths: &[PathBuf]) -> Result<Self, RulesError> {
        if paths.is_empty() {
            return Err(RulesError::NotGiven);
        }
        let mut finder = Finder::default();
        for path in paths {
            let unreadable = |source| RulesError::Unreadable { path: path.display().to_string(), source };
            let root = fs::canonicalize(path).map_err(unreadable)?;
            let folder = if root.is_dir() { Some(root.as_path()) } else { root.parent() };
            finder.roots.extend(folder.map(Path::to_path_buf));
        }
        // Only now: a link in one folder may lead to another one that is given after it.
        for path in paths {
            if path.is_dir() {
                finder.walk(path);
            } else {
                finder.ask(path.clone(), path.file_name().map(PathBuf::from).unwrap_or_default());
            }
        }
        finder.follow_includes();
        Ok(finder.sources)
    }

    pub(super) fn get(&self, id: FileId) -> Option<&File> {
        self.files.get(id.0)
    }

    /// Every file with its id.
    pub(super) fn iter(&self) -> impl Iterator<Item = (FileId, &File)> {
        self.files.iter().enumerate().map(|(id, file)| (FileId(id), file))
    }
}

#[derive(Default)]
struct Finder {
    sources: Sources,
    /// Canonical folders that includes may lead to.
    roots: Vec<PathBuf>,
    /// Files by canonical path; `None` is one that could not be read.
    known: HashMap<PathBuf, Option<FileId>>,
    /// What the files' includes are relative to, their text, and where to look for them. By id.
    unfollowed: Vec<(PathBuf, PathBuf, String)>,
    occurrences: usize,
}

impl Finder {
    /// Adds the rule files of a folder, at any depth, hidden folders left out.
    fn walk(&mut self, root: &Path) {
        let visible = |entry: &walkdir::DirEntry| {
            entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
        };
        for entry in
            WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter().filter_entry(visible)
        {
            match entry {
                Ok(entry) if entry.file_type().is_dir() || !is_rule_name(entry.file_name()) => {}
                Ok(entry) => {
                    let relative =
                        entry.path().strip_prefix(root).unwrap_or_else(|_| entry.path()).to_path_buf();
                    self.ask(entry.path().to_path_buf(), relative);
                }
                // A loop of links holds nothing that is not met elsewhere.
                Err(error) if error.loop_ancestor().is_some() => {}
                Err(error) => {
                    let path = error.path().unwrap_or(root).display().to_string();
                    // A dangling link that has nothing to do with rules is nobody's business.
                    if error
                        .path()
                        .is_none_or(|path| path.is_dir() || path.file_name().is_some_and(is_rule_name))
                    {
                        let cause = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                        self.sources.bad.push(Complaint::new(path, None, cause));
                    }
                }
            }
        }
    }

    /// Adds a file that was given or found in a folder.
    fn ask(&mut self, shown: PathBuf, relative: PathBuf) {
        let path = fs::canonicalize(&shown);
        let added = path.map_err(|error| error.to_string()).and_then(|path| self.add(path, &shown, relative));
        match added {
            Ok(Some(id)) => {
                if let Some(file) = self.sources.files.get_mut(id.0) {
                    file.asked = true;
                }
            }
            Ok(None) => {}
            Err(cause) => self.sources.bad.push(Complaint::new(shown.display().to_string(), None, cause)),
        }
    }

    /// The file at a canonical path, read if it is new; `None` for one that was told bad before.
    fn add(&mut self, path: PathBuf, shown: &Path, relative: PathBuf) -> Result<Option<FileId>, String> {
        if let Some(known) = self.known.get(&path) {
            return Ok(*known);
        }
        if !self.roots.iter().any(|root| path.starts_with(root)) {
            return Err(
                "leads out of the rules' folders: give that folder to --rules too, if it is meant".into()
            );
        }
        self.known.insert(path.clone(), None);
        let bytes = read(&path)?;
        let shown_text = shown.display().to_string();
        let text = match check_text(&bytes) {
            Ok(text) => text,
            Err((line, cause)) => {
                self.sources.bad.push(Complaint::new(shown_text, Some(line), cause));
                return Ok(None);
            }
        };
        let id = FileId(self.sources.files.len());
        self.known.insert(path.clone(), Some(id));
        self.unfollowed.push((path, shown.to_path_buf(), text.to_owned()));
        self.sources.files.push(File {
            shown: shown_text,
            relative,
            asked: false,
            rules: Vec::new(),
            private: Vec::new(),
            includes: Vec::new(),
            text: Rc::from(""),
            digest: hex::encode(Sha256::digest(&bytes)),
        });
        Ok(Some(id))
    }

    /// Looks through the files, and through those that they include, until no new one comes up.
    fn follow_includes(&mut self) {
        let mut next = 0;
        while let Some((path, shown, source)) = self.unfollowed.get_mut(next).map(std::mem::take) {
            let text = Text::read(&source);
            let shown_text = shown.display().to_string();
            if let Some(line) = text.unclosed_comment {
                let cause = "this comment is never closed: what follows it is no rule";
                self.sources.warnings.push(Complaint::new(&shown_text, Some(line), cause));
            }
            let targets: Vec<_> = text
                .includes
                .iter()
                .map(|include| {
                    self.resolve(&path, &shown, &include.name).unwrap_or_else(|cause| {
                        let cause = format!("include \"{}\": {cause}", include.name);
                        self.sources.bad.push(Complaint::new(&shown_text, Some(include.line), cause));
                        None
                    })
                })
                .collect();
            let rendered = text.render(&source, |index| {
                let id = targets.get(index).copied().flatten()?;
                // Each directive has a name of its own: libyara refuses a name that is being included already.
                self.occurrences += 1;
                Some(format!("{}.{}", id.0, self.occurrences))
            });
            if let Some(file) = self.sources.files.get_mut(next) {
                file.includes = targets.into_iter().flatten().collect();
                (file.rules, file.private) = (text.rules, text.private);
                file.text = rendered.into();
            }
            next += 1;
        }
    }

    /// The file that an include in another file names.
    fn resolve(&mut self, path: &Path, shown: &Path, name: &str) -> Result<Option<FileId>, String> {
        let beside = |file: &Path| file.with_file_name("").join(name);
        let target = fs::canonicalize(beside(path)).map_err(|error| error.to_string())?;
        // As if it had been found in the largest folder that was given.
        let below = self.roots.iter().filter_map(|root| target.strip_prefix(root).ok());
        let relative = below.max_by_key(|path| path.components().count()).unwrap_or(&target).to_path_buf();
        // Without the `.` of `./malware/x.yar`.
        let shown: PathBuf = beside(shown).components().collect();
        self.add(target, &shown, relative)
    }
}

/// Whether a file in a folder is taken for a rule file by its name.
fn is_rule_name(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("yar") || extension.eq_ignore_ascii_case("yara")
    })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
    // Opening a FIFO would wait for ever.
    if !metadata.is_file() {
        return Err("is no regular file".into());
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    io::Read::read_to_end(&mut io::Read::take(file, MAX_SIZE + 1), &mut bytes)
        .map_err(|error| error.to_string())?;
    if u64::try_from(bytes.len()).is_ok_and(|size| size > MAX_SIZE) {
        return Err(format!("is longer than {} MiB", MAX_SIZE >> 20));
    }
    Ok(bytes)
}

/// The text of a file, without a byte order mark; or the line and the cause why libyara cannot be given it.
fn check_text(bytes: &[u8]) -> Result<&str, (usize, &'static str)> {
    if bytes.starts_with(b"YARA") {
        return Err((0, "is a rule set that yarac compiled: give the rules it was made from"));
    }
    if bytes.starts_with(set::MAGIC) {
        return Err((0, "is a compiled rule set: give --rules nothing but this file"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        (good.iter().filter(|byte| **byte == b'\n').count() + 1, "is not UTF-8 text from here on")
    })?;
    match text.find('\0') {
        Some(at) => Err((line_at(text, at), "has a NUL byte here")),
        None => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
    }
}
