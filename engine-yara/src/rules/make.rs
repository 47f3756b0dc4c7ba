//! From paths to a compiled set: read, try, compile, or take what an earlier start kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    cache::Cache,
    compile::{Compilation, Fault, namespace},
    declared::{Declarations, Declared, Meta},
    report::{Complaint, Report, RulesError},
    set::Set,
    source::{FileId, Sources},
    units::{Unit, Units},
};
use crate::trust;

/// How a set is made, beyond where its rules are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Making {
    /// Files not to be tried, and why.
    pub(crate) left_out: BTreeMap<String, String>,
    /// A folder in which sets are kept from one start to the next.
    pub(crate) cache: Option<PathBuf>,
    /// A file to write the set to.
    pub(crate) save: Option<PathBuf>,
    /// Whether a set with bad files is not written. Its report says why: the caller refuses it.
    pub(crate) strict: bool,
}

/// Makes the set of the rules under `paths`. `watch` is told each file before libyara sees it.
pub(crate) fn make(paths: &[PathBuf], making: &Making, watch: Rc<dyn Fn(&str)>) -> Result<Set, RulesError> {
    let set = match paths {
        [path] if Set::is_at(path) => {
            let set = trust::check_file(path).and_then(|path| Set::read(&path));
            set.map_err(|cause| RulesError::set(path, cause))?
        }
        _ => from_sources(paths, making, watch)?,
    };
    let refused = making.strict && !set.report.bad.is_empty();
    if let Some(path) = making.save.as_ref().filter(|_| !refused) {
        save(&set, path).map_err(|cause| RulesError::Save { path: path.display().to_string(), cause })?;
    }
    Ok(set)
}

/// Writes a set for people, to where it could be loaded from.
fn save(set: &Set, path: &Path) -> Result<(), String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = trust::check_folder(folder.unwrap_or_else(|| Path::new(".")))?;
    let path = folder.join(path.file_name().ok_or("it is no name of a file")?);
    // It may be what the rules were written in. A link that leads nowhere is there too.
    if fs::symlink_metadata(&path).is_ok() && !Set::is_at(&path) {
        return Err(
            "it is there already, and is no compiled rule set: give another name, or remove it".into()
        );
    }
    set.write(&path).map_err(|error| error.to_string())
}

fn from_sources(paths: &[PathBuf], making: &Making, watch: Rc<dyn Fn(&str)>) -> Result<Set, RulesError> {
    let sources = Sources::find(paths)?;
    // A file that was left out for the moment, since a slow machine ran out of time, is not to be so for good.
    let cache = making.cache.as_deref().filter(|_| making.left_out.is_empty());
    let cache = cache.map(Cache::open).transpose()?;
    if let Some(set) = cache.as_ref().and_then(|cache| cache.get(&sources)) {
        return Ok(set);
    }
    let mut set = compile(paths, &sources, making, watch)?;
    if let Some(cache) = cache {
        cache.put(&sources, &mut set);
    }
    Ok(set)
}

fn compile(
    paths: &[PathBuf],
    sources: &Sources,
    making: &Making,
    watch: Rc<dyn Fn(&str)>,
) -> Result<Set, RulesError> {
    let compilation = Compilation::new(sources, watch);
    let left_out = sources
        .iter()
        .filter_map(|(id, file)| Some((id, Fault::left_out(id, making.left_out.get(&file.shown)?.clone()))))
        .collect();
    let units = Units::find(sources, &compilation, left_out);
    let mut built = compilation.build(&units.units)?;
    let (rules, declared) = declarations(&built, sources, &units.units);
    let report = report(sources, &units, &declared);
    // A private rule is never reported: a set of nothing else calls everything benign.
    let is_private = |(id, rule): &(FileId, &str)| {
        sources.get(*id).is_some_and(|file| file.private.iter().any(|private| private == rule))
    };
    if declared.iter().all(is_private) {
        return Err(RulesError::empty(paths, declared.len(), report.bad));
    }
    let mut compiled = Vec::new();
    built.save_to_stream(&mut compiled).map_err(|error| RulesError::Library { cause: error.to_string() })?;
    Ok(Set { report, rules, compiled })
}

/// What each rule says of itself, and which rules there are: by file and name.
fn declarations<'a>(
    compiled: &yara::Rules,
    sources: &'a Sources,
    units: &[Unit],
) -> (Declarations, BTreeSet<(FileId, &'a str)>) {
    let mut declared_in: BTreeMap<_, BTreeMap<&'a str, FileId>> = BTreeMap::new();
    for (place, unit) in units.iter().enumerate() {
        let names = declared_in.entry(namespace(place)).or_default();
        for id in &unit.files {
            for rule in sources.get(*id).map(|file| file.rules.as_slice()).unwrap_or_default() {
                names.entry(rule.as_str()).or_insert(*id);
            }
        }
    }
    let (mut rules, mut declared) = (Declarations::new(), BTreeSet::new());
    for rule in compiled.get_rules() {
        // The canary is in no file.
        let Some((name, id)) =
            declared_in.get(rule.namespace).and_then(|names| names.get_key_value(rule.identifier))
        else {
            continue;
        };
        let Some(file) = sources.get(*id) else { continue };
        let meta = rule.metadatas.iter().map(|meta| (meta.identifier.to_owned(), Meta::from(&meta.value)));
        let entry = Declared {
            file: file.relative.to_string_lossy().into_owned(),
            tags: rule.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            meta: meta.collect(),
        };
        rules.entry(rule.namespace.to_owned()).or_default().insert((*name).to_owned(), entry);
        declared.insert((*id, *name));
    }
    (rules, declared)
}

/// All but how many rules are informational: that is for settings to say.
fn report(sources: &Sources, units: &Units, declared: &BTreeSet<(FileId, &str)>) -> Report {
    let mut bad = sources.bad.clone();
    bad.extend(units.complaints(sources));
    bad.sort();
    bad.dedup();
    let mut warnings = sources.warnings.clone();
    warnings.extend(units.warnings(sources));
    for id in units.loaded() {
        let Some(file) = sources.get(id) else { continue };
        let missing: Vec<_> = file
            .rules
            .iter()
            .filter(|rule| !declared.contains(&(id, rule.as_str())))
            .map(String::as_str)
            .collect();
        let is_told = bad.binary_search_by(|complaint| complaint.path.cmp(&file.shown)).is_ok();
        if file.rules.is_empty() && file.includes.is_empty() && !is_told {
            warnings.push(Complaint::new(&file.shown, None, "there is no rule in this file"));
        }
        // Also when both of two rules with one name are there: the second is what libyara would have refused.
        if !missing.is_empty() {
            let cause = format!("libyara passed over these rules without a word: {}", missing.join(", "));
            warnings.push(Complaint::new(&file.shown, None, cause));
        }
    }
    warnings.sort();
    let files: BTreeSet<_> = declared.iter().map(|(id, _)| *id).collect();
    Report {
        rules: declared.len(),
        files: files.len(),
        informational: 0,
        bad,
        warnings,
        remarks: units.remarks(sources),
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
