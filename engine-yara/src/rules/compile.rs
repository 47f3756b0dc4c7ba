//! Compiling with libyara: is a unit good, and all good units as one set.
//!
//! Of the crate `yara` only this is used: its texts come without NUL bytes, it is given no path, and a compiler that reported an
//! error is thrown away. Includes are answered from memory.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use yara::{CompileErrorLevel, Compiler};

use super::{
    report::{Complaint, RulesError},
    source::{FileId, Sources},
    units::Unit,
};
use crate::canary;

/// Variables that rules may use. Their values are those of the scanned artifact; see [`crate::sync`].
pub(crate) const VARIABLES: [&str; 5] = ["filename", "filepath", "extension", "filetype", "owner"];

/// A rule that is an error, and the name in it that libyara does not know. Behind an import, since a file may end with the word
/// `private`, which would go with the rule.
const PROBE: &str = "\nimport \"math\" rule microengine_probe { condition: microengine_probed }";
const PROBED: &str = "\"microengine_probed\"";

/// How libyara calls the end of a file that is included; here every file is.
const CUT: &str = "end of included file";

/// How libyara calls an include that it does not follow, since sixteen files include each other in a row.
const TOO_DEEP: &str = "includes depth exceeded";

/// How libyara calls a name that no rule before has.
const UNDEFINED: &str = "undefined identifier";

/// What came of a unit that compiles.
#[derive(Clone, Debug)]
pub(super) struct Good {
    /// What libyara remarks of it.
    pub(super) remarks: Vec<Fault>,
    /// The files that it asked for: those that it has seen.
    pub(super) given: BTreeSet<FileId>,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) file: FileId,
    pub(super) line: Option<usize>,
    pub(super) cause: String,
}

impl Fault {
    /// What libyara told of a file of a unit.
    fn told(unit: &Unit, told: &yara::CompileError) -> Self {
        let file = told.filename.as_deref().and_then(file_of);
        // At the end of a file, the line is that of the include already.
        let line = file.filter(|_| !told.message.contains(CUT)).map(|_| told.line);
        Self { file: file.unwrap_or(unit.root), line, cause: told.message.replace(CUT, "end of file") }
    }

    /// Something that libyara did not explain.
    pub(super) fn unknown(file: FileId) -> Self {
        Self { file, line: None, cause: "libyara refuses it without saying why".into() }
    }

    /// Whether the file includes others, and stands too deep itself for them to be followed.
    pub(super) fn is_too_deep(&self) -> bool {
        self.cause.contains(TOO_DEEP)
    }

    /// Whether it may be good behind another file.
    pub(super) fn may_need_others(&self) -> bool {
        self.cause.starts_with(UNDEFINED)
    }

    /// The same as a warning, of a file that is compiled by itself for it.
    pub(super) fn split(self) -> Self {
        let cause = "includes are nested deeper than libyara follows: from this file on, they are compiled by themselves";
        Self { line: None, cause: cause.into(), ..self }
    }

    /// The same for people.
    pub(super) fn complaint(&self, sources: &Sources) -> Option<Complaint> {
        Some(Complaint::new(&sources.get(self.file)?.shown, self.line, &self.cause))
    }

    /// A file that is not to be tried.
    pub(super) fn left_out(file: FileId, cause: String) -> Self {
        Self { file, line: None, cause }
    }
}

/// Compiles units. `watch` is told the name of each file before libyara gets it.
pub(super) struct Compilation {
    shelf: Rc<Shelf>,
}

impl Compilation {
    pub(super) fn new(sources: &Sources, watch: Rc<dyn Fn(&str)>) -> Self {
        let texts =
            sources.iter().map(|(id, file)| (id, (file.shown.clone(), Rc::clone(&file.text)))).collect();
        Self { shelf: Rc::new(Shelf { texts, watch, unit: RefCell::default() }) }
    }

    /// Whether a unit compiles, and what there is to say of it; the errors in the order they were found otherwise.
    pub(super) fn check(&self, unit: &Unit) -> Result<Good, Vec<Fault>> {
        // The crate `yara` tells warnings only with an error, so there is one at the end.
        if let Err(yara::Error::Compile(told)) = self.try_with(unit, PROBE) {
            let (errors, warnings): (Vec<_>, Vec<_>) =
                told.iter().partition(|told| told.level == CompileErrorLevel::Error);
            if let [only] = errors.as_slice()
                && only.filename.is_none()
                && only.message.contains(PROBED)
            {
                return Ok(self.good(warnings.into_iter().map(|told| Fault::told(unit, told)).collect()));
            }
        }
        // Without that end, which may be part of what libyara takes for the error.
        match self.try_with(unit, "") {
            Ok(_) => Ok(self.good(Vec::new())),
            Err(yara::Error::Compile(told)) => {
                let errors = told.iter().filter(|told| told.level == CompileErrorLevel::Error);
                Err(errors.map(|told| Fault::told(unit, told)).collect())
            }
            Err(other) => Err(vec![Fault { file: unit.root, line: None, cause: other.to_string() }]),
        }
    }

    /// The unit that was tried last.
    fn good(&self, remarks: Vec<Fault>) -> Good {
        Good { remarks, given: self.shelf.unit.take().given }
    }

    fn try_with(&self, unit: &Unit, end: &str) -> Result<Compiler, yara::Error> {
        self.add(self.compiler()?, unit, "unit", end)
    }

    /// All units, each in the [namespace] of its place, and the canary in its own.
    pub(super) fn build(&self, units: &[Unit]) -> Result<yara::Rules, RulesError> {
        let failed = |error: yara::Error| RulesError::Library { cause: error.to_string() };
        let mut compiler = self.compiler().map_err(|error| failed(error.into()))?;
        for (place, unit) in units.iter().enumerate() {
            compiler = self.add(compiler, unit, &namespace(place), "").map_err(failed)?;
        }
        compiler =
            compiler.add_rules_str_with_namespace(&canary::rule(), canary::NAMESPACE).map_err(failed)?;
        compiler.compile_rules().map_err(|error| failed(error.into()))
    }

    fn compiler(&self) -> Result<Compiler, yara::YaraError> {
        let mut compiler = Compiler::new()?;
        for variable in VARIABLES {
            compiler.define_variable(variable, "")?;
        }
        let shelf = Rc::clone(&self.shelf);
        compiler.set_include_callback(move |name, _, _| shelf.give(name));
        Ok(compiler)
    }

    /// Adds a unit, and a text behind it.
    fn add(
        &self,
        compiler: Compiler,
        unit: &Unit,
        namespace: &str,
        end: &str,
    ) -> Result<Compiler, yara::Error> {
        self.shelf.unit.replace(Given { without: unit.without.clone(), given: BTreeSet::new() });
        // Even the unit's root is included, since errors tell the file of an include only.
        compiler.add_rules_str_with_namespace(&format!("include \"{}.0\"{end}", unit.root.0), namespace)
    }
}

/// The namespace of the unit at a place.
pub(super) fn namespace(place: usize) -> String {
    format!("u{place}")
}

/// The file that an include names: `id.occurrence`.
fn file_of(name: &str) -> Option<FileId> {
    name.split_once('.')?.0.parse().ok().map(FileId)
}

/// The texts that includes are answered with. Called by libyara, so nothing in here may panic.
struct Shelf {
    texts: BTreeMap<FileId, (String, Rc<str>)>,
    watch: Rc<dyn Fn(&str)>,
    unit: RefCell<Given>,
}

#[derive(Default)]
struct Given {
    without: BTreeSet<FileId>,
    given: BTreeSet<FileId>,
}

impl Shelf {
    /// The text of a file; nothing for one that is left out or was given already, so that loops end.
    fn give(&self, name: &str) -> Option<String> {
        let id = file_of(name)?;
        let (shown, text) = self.texts.get(&id)?;
        let mut unit = self.unit.try_borrow_mut().ok()?;
        if unit.without.contains(&id) || !unit.given.insert(id) {
            return Some(String::new());
        }
        (self.watch)(shown);
        Some(text.to_string())
    }
}
