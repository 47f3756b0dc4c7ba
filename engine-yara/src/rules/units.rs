//! Which files are compiled together: an index with what it includes, or a file alone.
//!
//! What a unit's files declare is known to each other. A file that an index brings is not loaded again by itself, and an index is
//! loaded without the files that would make it fail. What only those would have brought has a turn of its own.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    compile::{Compilation, Fault, Good},
    report::Complaint,
    source::{FileId, Sources},
};

/// Files that are compiled together, into a namespace of their own.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// The file that includes the others, or stands alone.
    pub(super) root: FileId,
    /// Files that they include and that are left out.
    pub(super) without: BTreeSet<FileId>,
    /// All of its files: those that the includes lead to without passing one that is left out.
    pub(super) files: BTreeSet<FileId>,
}

/// The units that compile.
#[derive(Debug, Default)]
pub(super) struct Units {
    pub(super) units: Vec<Unit>,
    loaded: BTreeSet<FileId>,
    bad: BTreeMap<FileId, Fault>,
    remarks: Vec<Fault>,
    warnings: Vec<Fault>,
}

impl Units {
    /// Tries each file, in the largest index that brings it. `left_out` are not even tried, and told bad for these causes.
    pub(super) fn find(
        sources: &Sources,
        compilation: &Compilation,
        left_out: BTreeMap<FileId, Fault>,
    ) -> Self {
        let never: BTreeSet<_> = left_out.keys().copied().collect();
        let mut units = Self { bad: left_out, ..Self::default() };
        let mut roots: Vec<_> = sources
            .iter()
            .map(|(id, file)| {
                (Reverse(Unit::new(sources, id, |_| false).files.len()), !file.asked, &file.relative, id)
            })
            .collect();
        roots.sort();
        // Every file has its turn, also one that nobody asked for: by then nearly all have been brought.
        for (.., root) in roots {
            let (mut next, mut split) = (vec![root], BTreeSet::new());
            while let Some(root) = next.pop() {
                let too_deep = units.try_unit(sources, compilation, root);
                next.extend(too_deep.into_iter().filter(|id| split.insert(*id)));
            }
        }
        units.try_again(sources, compilation, &never);
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
        told(&self.remarks, sources)
    }

    /// What is odd about files that are loaded, sorted.
    pub(super) fn warnings(&self, sources: &Sources) -> Vec<Complaint> {
        told(&self.warnings, sources)
    }

    /// Tries a file with what it includes. Tells the files that stand too deep in it to be followed: they come next.
    fn try_unit(&mut self, sources: &Sources, compilation: &Compilation, root: FileId) -> Vec<FileId> {
        // Alone a file may load that fails in its index: as the second to declare a rule, say.
        let mut alone = Vec::new();
        let mut too_deep = Vec::new();
        // Not bad: another index may bring them, or they have their own turn.
        let mut elsewhere = BTreeSet::new();
        while !self.bad.contains_key(&root) {
            let unit = Unit::new(sources, root, |id| self.bad.contains_key(&id) || elsewhere.contains(&id));
            if !self.brings_new(sources, &unit.files) {
                break;
            }
            let faults = match compilation.check(&unit) {
                Ok(good) => {
                    self.add(unit, good);
                    break;
                }
                Err(faults) => faults,
            };
            let known = self.bad.len() + elsewhere.len();
            // The first fault is a cause. The others may only follow from it, unless the file has them by itself too.
            for (number, fault) in faults.into_iter().enumerate() {
                let id = fault.file;
                if self.bad.contains_key(&id) || elsewhere.contains(&id) || (id == root && number > 0) {
                    continue;
                }
                if id != root && fault.is_too_deep() {
                    elsewhere.insert(id);
                    too_deep.push(id);
                    self.warnings.push(fault.split());
                    continue;
                }
                let by_itself = self.without_bad(sources, id);
                let checked = if id == root { Err(Vec::new()) } else { compilation.check(&by_itself) };
                if number > 0 && !checked.as_ref().is_err_and(|own| own.contains(&fault)) {
                    continue;
                }
                match checked {
                    Ok(good) => alone.push((by_itself, good)),
                    Err(_) if id != root && fault.may_need_others() => {
                        elsewhere.insert(id);
                        continue;
                    }
                    Err(_) => {}
                }
                self.bad.insert(id, fault);
            }
            if self.bad.len() + elsewhere.len() == known {
                self.bad.insert(root, Fault::unknown(root));
            }
        }
        for (unit, good) in alone {
            self.add(unit, good);
        }
        too_deep
    }

    /// Tries the bad files once more that include others which turned out bad only later. `never` are not tried.
    fn try_again(&mut self, sources: &Sources, compilation: &Compilation, never: &BTreeSet<FileId>) {
        let lost = self.bad.keys().filter(|id| !self.loaded.contains(*id) && !never.contains(*id));
        for id in lost.copied().collect::<Vec<_>>() {
            let unit = self.without_bad(sources, id);
            if !unit.without.is_empty()
                && let Ok(good) = compilation.check(&unit)
            {
                self.add(unit, good);
            }
        }
    }

    /// A file, bad or not, and what it includes without the bad ones.
    fn without_bad(&self, sources: &Sources, root: FileId) -> Unit {
        Unit::new(sources, root, |id| id != root && self.bad.contains_key(&id))
    }

    fn add(&mut self, unit: Unit, good: Good) {
        // What libyara did not ask for is not loaded, whatever the text looks like.
        let unit = Unit { files: good.given, ..unit };
        self.loaded.extend(&unit.files);
        self.remarks.extend(good.remarks);
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
    /// A file and all that it includes, directly or not, without what is left out and without what only that would bring.
    fn new(sources: &Sources, root: FileId, is_left_out: impl Fn(FileId) -> bool) -> Self {
        let mut unit = Self { root, without: BTreeSet::new(), files: BTreeSet::from([root]) };
        let mut next = vec![root];
        while let Some(id) = next.pop() {
            for included in sources.get(id).map(|file| file.includes.as_slice()).unwrap_or_default() {
                if is_left_out(*included) {
                    unit.without.insert(*included);
                } else if unit.files.insert(*included) {
                    next.push(*included);
                }
            }
        }
        unit
    }
}

fn told(faults: &[Fault], sources: &Sources) -> Vec<Complaint> {
    let told: BTreeSet<_> = faults.iter().filter_map(|fault| fault.complaint(sources)).collect();
    told.into_iter().collect()
}
