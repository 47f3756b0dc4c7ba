//! A compiled rule set, and the way there: find the files, group them, compile what compiles, know what each rule means.

pub(crate) mod catalog;
mod compile;
mod report;
mod source;
mod text;
mod units;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    fs::{self, File},
    path::{Path, PathBuf},
    rc::Rc,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(crate) use self::compile::VARIABLES;
pub use self::report::{Complaint, Report, RulesError};
use self::{
    catalog::{Catalog, Entry, Meta},
    compile::{Compilation, Fault, namespace},
    source::{FileId, Sources},
    units::{Unit, Units},
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
    /// Compiles the rules under `paths`: files, folders (every `.yar` and `.yara` file, at any depth), indexes with includes.
    ///
    /// A bad file is left out and told in [`Report::bad`]. An error is a path that does not exist, or that no rule is left.
    ///
    /// - An index and the files that it includes are loaded once. A file that compiles only through its index is good; an index
    ///   that fails because of a file is loaded without that file.
    /// - Includes lead to files under the folders of `paths` only. Only regular files are opened. Loops of includes are cut.
    /// - The variables `filename`, `filepath`, `extension`, `filetype` and `owner` are defined.
    pub fn load(paths: &[PathBuf], informational: &Informational) -> Result<Self, RulesError> {
        Self::load_without(paths, informational, &BTreeMap::new(), Rc::new(|_: &str| {}))
    }

    /// The same without the files that `left_out` names, for the causes it gives. `watch` is told each file before libyara sees it.
    pub(crate) fn load_without(
        paths: &[PathBuf],
        informational: &Informational,
        left_out: &BTreeMap<String, String>,
        watch: Rc<dyn Fn(&str)>,
    ) -> Result<Self, RulesError> {
        let sources = Sources::find(paths)?;
        let compilation = Compilation::new(&sources, watch);
        let left_out = sources
            .iter()
            .filter_map(|(id, file)| Some((id, Fault::left_out(id, left_out.get(&file.shown)?.clone()))))
            .collect();
        let units = Units::find(&sources, &compilation, left_out);
        let compiled = compilation.build(&units.units)?;
        let (catalog, declared) = catalogue(&compiled, &sources, &units.units, informational);
        let report = report(&sources, &units, &catalog, &declared);
        if declared.is_empty() {
            let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
            return Err(RulesError::Empty { paths: paths.join(", "), bad: report.bad });
        }
        Ok(Self { compiled, catalog, report })
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

    /// Writes the set into a folder, for [`open`](Self::open).
    pub(crate) fn save(&mut self, folder: &Path) -> Result<(), RulesError> {
        let failed = |cause: String| RulesError::Set { path: folder.display().to_string(), cause };
        let mut compiled = Vec::new();
        self.compiled.save_to_stream(&mut compiled).map_err(|error| failed(error.to_string()))?;
        fs::write(folder.join(SET), compiled).map_err(|error| failed(error.to_string()))?;
        let file = File::create(folder.join(CATALOG)).map_err(|error| failed(error.to_string()))?;
        let known = Known { catalog: &self.catalog, report: &self.report };
        serde_json::to_writer(file, &known).map_err(|error| failed(error.to_string()))
    }

    /// Reads a set that [`save`](Self::save) wrote. libyara trusts a compiled set, so the folder must be ours alone.
    pub(crate) fn open(folder: &Path) -> Result<Self, RulesError> {
        let failed = |cause: String| RulesError::Set { path: folder.display().to_string(), cause };
        check_private(folder).map_err(failed)?;
        let known = fs::read(folder.join(CATALOG)).map_err(|error| failed(error.to_string()))?;
        let Known { catalog, report } =
            serde_json::from_slice(&known).map_err(|error| failed(error.to_string()))?;
        let compiled = fs::read(folder.join(SET)).map_err(|error| failed(error.to_string()))?;
        // From memory: the crate `yara` takes a short read for the end.
        let compiled =
            yara::Rules::load_from_stream(compiled.as_slice()).map_err(|error| failed(error.to_string()))?;
        Ok(Self { compiled, catalog, report })
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("report", &self.report).finish_non_exhaustive()
    }
}

/// The file of the compiled set within its folder.
const SET: &str = "rules.yarc";
/// The file of what is known of it.
const CATALOG: &str = "rules.json";

#[derive(Serialize, Deserialize)]
struct Known<C, R> {
    catalog: C,
    report: R,
}

/// What each rule means, and which rules there are: by file and name.
fn catalogue<'a>(
    compiled: &yara::Rules,
    sources: &'a Sources,
    units: &[Unit],
    informational: &Informational,
) -> (Catalog, BTreeSet<(FileId, &'a str)>) {
    let mut declared_in: BTreeMap<_, BTreeMap<&'a str, FileId>> = BTreeMap::new();
    for (place, unit) in units.iter().enumerate() {
        let names = declared_in.entry(namespace(place)).or_default();
        for id in &unit.files {
            for rule in sources.get(*id).map(|file| file.rules.as_slice()).unwrap_or_default() {
                names.entry(rule.as_str()).or_insert(*id);
            }
        }
    }
    let (mut catalog, mut declared) = (Catalog::default(), BTreeSet::new());
    for rule in compiled.get_rules() {
        // The canary is in no file.
        let Some((name, id)) =
            declared_in.get(rule.namespace).and_then(|names| names.get_key_value(rule.identifier))
        else {
            continue;
        };
        let Some(file) = sources.get(*id) else { continue };
        let meta: Vec<_> =
            rule.metadatas.iter().map(|meta| (meta.identifier, meta_value(&meta.value))).collect();
        let entry = Entry::new(name, &file.relative, &rule.tags, &meta, informational);
        catalog.insert(rule.namespace, entry);
        declared.insert((*id, *name));
    }
    (catalog, declared)
}

fn meta_value<'a>(value: &yara::MetadataValue<'a>) -> Meta<'a> {
    match value {
        yara::MetadataValue::Integer(number) => Meta::Integer(*number),
        yara::MetadataValue::String(text) => Meta::Text(text),
        yara::MetadataValue::Boolean(flag) => Meta::Boolean(*flag),
    }
}

fn report(
    sources: &Sources,
    units: &Units,
    catalog: &Catalog,
    declared: &BTreeSet<(FileId, &str)>,
) -> Report {
    let mut bad = sources.bad.clone();
    bad.extend(units.complaints(sources));
    bad.sort();
    bad.dedup();
    let mut warnings = sources.warnings.clone();
    for id in units.loaded() {
        let Some(file) = sources.get(id) else { continue };
        let missing: Vec<_> = file
            .rules
            .iter()
            .filter(|rule| !declared.contains(&(id, rule.as_str())))
            .map(String::as_str)
            .collect();
        // Also when both of two rules with one name are there: the second is what libyara would have refused.
        if !missing.is_empty() {
            let cause = format!("libyara passed over these rules without a word: {}", missing.join(", "));
            warnings.push(Complaint::new(&file.shown, None, cause));
        }
    }
    warnings.sort();
    let files: BTreeSet<_> = declared.iter().map(|(id, _)| *id).collect();
    let informational: BTreeSet<_> =
        catalog.iter().filter(|entry| entry.informational).map(|entry| entry.name.as_str()).collect();
    Report {
        rules: declared.len(),
        files: files.len(),
        informational: informational.len(),
        bad,
        warnings,
        digest: digest(sources, units.loaded()),
    }
}

/// SHA-256 over the loaded files' paths and digests, sorted.
fn digest(sources: &Sources, loaded: impl Iterator<Item = FileId>) -> String {
    let mut files: Vec<_> = loaded
        .filter_map(|id| sources.get(id))
        .map(|file| (file.relative.as_os_str().as_encoded_bytes(), file.digest.as_bytes()))
        .collect();
    files.sort_unstable();
    let mut hasher = Sha256::new();
    for (path, digest) in files {
        // No path has a NUL byte.
        for part in [path, b"\0".as_slice(), digest, b"\n"] {
            hasher.update(part);
        }
    }
    format!("sha256:{}", hex::encode(hasher.finalize()))
}
