use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use engine_core::{Artifact, ScanContext, ScanResult, SyncScanner};
use engine_yara::{Informational, Report, Rules, RulesError, SyncYara};
use tempfile::TempDir;

/// A folder of rule files.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// With these files: path and text.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(TempDir::new().unwrap());
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A path in it; the folder itself for "".
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.0.path().to_path_buf() } else { self.0.path().join(path) }
    }

    /// Loads all of it.
    pub(crate) fn load(&self) -> Result<Rules, RulesError> {
        load(&[self.path("")])
    }

    /// The complaints of a report as `path:line: cause`, paths within this folder.
    pub(crate) fn bad(&self, report: &Report) -> Vec<String> {
        report.bad.iter().map(|bad| self.strip(&bad.to_string())).collect()
    }

    /// The warnings, likewise.
    pub(crate) fn warnings(&self, report: &Report) -> Vec<String> {
        report.warnings.iter().map(|warning| self.strip(&warning.to_string())).collect()
    }

    pub(crate) fn strip(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.path().display()), "")
    }
}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        self.0.path()
    }
}

pub(crate) fn load(paths: &[PathBuf]) -> Result<Rules, RulesError> {
    Rules::load(paths, &Informational::default())
}

/// A rule that matches a word.
pub(crate) fn rule(name: &str, word: &str) -> String {
    format!("rule {name} {{ strings: $a = \"{word}\" condition: $a }}\n")
}

/// More than any scan in a test needs.
pub(crate) fn plenty() -> ScanContext {
    ScanContext::within(Duration::from_secs(60))
}

/// The names of the rules that match these bytes, sorted.
pub(crate) fn matches(rules: Rules, bytes: &str) -> Vec<String> {
    names(&SyncYara::new(rules).scan(&Artifact::file(bytes.to_owned()), &plenty()).unwrap())
}

pub(crate) fn names(result: &ScanResult) -> Vec<String> {
    result.findings.iter().map(|finding| finding.name.clone()).collect()
}
