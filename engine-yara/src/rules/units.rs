//! Which files are compiled together: an index with what it includes, or a file alone.
//!
//! What a unit's files declare is known to each other. A file that an index brings is not loaded again by itself, and an index is
//! loaded without the files that would make it fail.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    compile::{Compilation, Fault},
    report::Complaint,
    source::{FileId, Sources},
};

/// Files that are compiled together, into a namespace of their own.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// The file that includes the others, or stands alone.
    pub(super) root: FileId,
    /// Files that it includes and that are left out.
    pub(super) without: BTreeSet<FileId>,
    /// All of its files that are not left out.
    pub(super) files: BTreeSet<FileId>,
}

/// The units that compile.
#[derive(Debug, Default)]
pub(super) struct Units {
    pub(super) units: Vec<Unit>,
    loaded: BTreeSet<FileId>,
    bad: BTreeMap<FileId, Fault>,
    remarks: Vec<Fault>,
}

impl Units {
    /// Tries each file, in the largest index that brings it. `left_out` are not even tried, and told bad for these causes.
    pub(super) fn find(
        sources: &Sources,
        compilation: &Compilation,
        left_out: BTreeMap<FileId, Fault>,
    ) -> Self {
        let mut units = Self { bad: left_out, ..Self::default() };
        let mut asked: Vec<_> = sources
            .iter()
            .filter(|(_, file)| file.asked)
            .map(|(id, file)| (reach(sources, id), id, &file.relative))
            .collect();
        asked.sort_by(|(many, _, path), (more, _, other)| more.len().cmp(&many.len()).then(path.cmp(other)));
        for (files, root, _) in asked {
            units.try_unit(sources, compilation, root, files);
        }
        units
    }

    /// The files that a unit has.
    pub(super) fn loaded(&self) -> impl Iterator<Item = FileId> {
        self.loaded.iter().copied()
    }

    /// What is wrong with the files that no unit has.
    pub(super) fn complaints(&self, sources: &Sources) -> Vec<Complaint> {
        let told = self.bad.iter().filter(|(id, _)| !self.loaded.contains(*id));
        told.filter_map(|(_, fault)| fault.complaint(sources)).collect()
    }

    /// What libyara remarked of the files, sorted.
    pub(super) fn remarks(&self, sources: &Sources) -> Vec<Complaint> {
        let told: BTreeSet<_> = self.remarks.iter().filter_map(|fault| fault.complaint(sources)).collect();
        told.into_iter().collect()
    }

    fn try_unit(
        &mut self,
        sources: &Sources,
        compilation: &Compilation,
        root: FileId,
        files: BTreeSet<FileId>,
    ) {
        // Alone a file may load that fails in its index: as the second to declare a rule, say.
        let mut alone = Vec::new();
        while !self.bad.contains_key(&root) && self.brings_new(sources, &files) {
            let unit = Unit::new(root, &files, |id| self.bad.contains_key(&id));
            let faults = match compilation.check(&unit) {
                Ok(remarks) => {
                    self.add(unit, remarks);
                    break;
                }
                Err(faults) => faults,
            };
            let known_bad = self.bad.len();
            // The first fault is a cause. The others may only follow from it, unless the file has them by itself too.
            for (number, fault) in faults.into_iter().enumerate() {
                let id = fault.file;
                if self.bad.contains_key(&id) || (id == root && number > 0) {
                    continue;
                }
                let by_itself = Unit::new(id, &reach(sources, id), |_| false);
                let loads_alone = if id == root { None } else { compilation.check(&by_itself).ok() };
                if number == 0 || loads_alone.is_none() {
                    self.bad.insert(id, fault);
                    alone.extend(loads_alone.map(|remarks| (by_itself, remarks)));
                }
            }
            if self.bad.len() == known_bad {
                self.bad.insert(root, Fault::unknown(root));
            }
        }
        for (unit, remarks) in alone {
            self.add(unit, remarks);
        }
    }

    fn add(&mut self, unit: Unit, remarks: Vec<Fault>) {
        self.loaded.extend(&unit.files);
        self.remarks.extend(remarks);
        self.units.push(unit);
    }

    /// Whether a file is among these that has not been judged yet and holds more than includes.
    fn brings_new(&self, sources: &Sources, files: &BTreeSet<FileId>) -> bool {
        let is_index =
            |id| sources.get(id).is_some_and(|file| file.rules.is_empty() && !file.includes.is_empty());
        files.iter().any(|id| !is_index(*id) && !self.loaded.contains(id) && !self.bad.contains_key(id))
    }
}

impl Unit {
    fn new(root: FileId, files: &BTreeSet<FileId>, is_bad: impl Fn(FileId) -> bool) -> Self {
        let (without, files) = files.iter().partition(|id| is_bad(**id));
        Self { root, without, files }
    }
}

/// A file and all that it includes, directly or not.
fn reach(sources: &Sources, root: FileId) -> BTreeSet<FileId> {
    let (mut found, mut next) = (BTreeSet::from([root]), vec![root]);
    while let Some(id) = next.pop() {
        let includes = sources.get(id).map(|file| file.includes.as_slice()).unwrap_or_default();
        next.extend(includes.iter().copied().filter(|id| found.insert(*id)));
    }
    found
}
