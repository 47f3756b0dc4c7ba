//! A compiled rule set, and the way there: find the files, group them, compile what compiles, know what each rule means.

mod cache;
pub(crate) mod catalog;
mod compile;
pub(crate) mod declared;
mod make;
mod report;
mod set;
mod source;
mod text;
mod units;

use std::{
    fmt,
    path::{Path, PathBuf},
    rc::Rc,
};

use self::catalog::Catalog;
pub use self::report::{Complaint, Report, RulesError};
pub(crate) use self::{
    compile::VARIABLES,
    make::{Making, make},
    set::Set,
};
use crate::{folder::check_private, informational::Informational};

/// A rule set that can be scanned with: compiled, with what each rule means, and a report of what became of the files.
///
/// Rules are C code's input: this type compiles them in the calling process. [`YaraScanner`](crate::YaraScanner) does it in a
/// child process.
pub struct Rules {
    compiled: yara::Rules,
    catalog: Catalog,
    report: Report,
}

impl Rules {
    /// Compiles the rules under `paths`: files, folders (every `.yar` and `.yara` file, at any depth), indexes with includes. Or loads
    /// a compiled set that [`Options::save_rules`](crate::Options::save_rules) wrote, if that is the only path.
    ///
    /// A bad file is left out and told in [`Report::bad`]. An error is a path that does not exist, that no rule is left, and a
    /// compiled set that others could have written: libyara trusts those like code.
    ///
    /// - An index and the files that it includes are loaded once. A file that compiles only through its index is good; an index
    ///   that fails because of a file is loaded without that file. What only a bad file includes is loaded by itself.
    /// - Includes lead to files under the folders of `paths` only. Only regular files are opened. Loops of includes are cut.
    /// - The variables `filename`, `filepath`, `extension`, `filetype` and `owner` are defined.
    pub fn load(paths: &[PathBuf], informational: &Informational) -> Result<Self, RulesError> {
        Self::from_set(make(paths, &Making::default(), Rc::new(|_: &str| {}))?, informational)
    }

    /// The rules of a set that was made here, or has been checked.
    pub(crate) fn from_set(set: Set, informational: &Informational) -> Result<Self, RulesError> {
        let report = set.report(informational);
        // From memory: the crate `yara` takes a short read for the end.
        let compiled = yara::Rules::load_from_stream(set.compiled.as_slice())
            .map_err(|error| RulesError::Library { cause: error.to_string() })?;
        Ok(Self { compiled, catalog: Catalog::new(set.rules, informational), report })
    }

    /// Writes a set into a folder, for [`open`](Self::open).
    pub(crate) fn save(set: &Set, folder: &Path) -> Result<(), RulesError> {
        let path = folder.join(SET);
        set.write(&path).map_err(|error| RulesError::set(&path, error.to_string()))
    }

    /// Reads what [`save`](Self::save) wrote. libyara trusts a compiled set, so the folder must be ours alone.
    pub(crate) fn open(folder: &Path, informational: &Informational) -> Result<Self, RulesError> {
        let set = check_private(folder).and_then(|()| Set::read(&folder.join(SET)));
        Self::from_set(set.map_err(|cause| RulesError::set(folder, cause))?, informational)
    }

    /// What became of the files.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The compiled rules.
    pub(crate) fn compiled(&self) -> &yara::Rules {
        &self.compiled
    }

    /// What each rule means.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("report", &self.report).finish_non_exhaustive()
    }
}

/// The file of the compiled set within its folder.
const SET: &str = "rules.yarset";
