//! What parent and child tell each other beside the backend protocol.

use std::{collections::BTreeMap, fs, path::Path};

use engine_core::{BoxError, Confidence};
use serde::{Deserialize, Serialize};

use crate::{
    informational::Informational,
    rules::{Complaint, Report},
};

/// What a child needs to know beyond paths. The parent writes it into the folder of the set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    /// Which rules are no evidence.
    pub(crate) informational: Informational,
    /// Files not to be tried, and why.
    pub(crate) left_out: BTreeMap<String, String>,
    /// How sure "benign" is.
    pub(crate) benign_confidence: Confidence,
}

const FILE: &str = "job.json";

impl Job {
    pub(crate) fn write(&self, folder: &Path) -> Result<(), BoxError> {
        Ok(fs::write(folder.join(FILE), serde_json::to_vec(self)?)?)
    }

    pub(super) fn read(folder: &Path) -> Result<Self, BoxError> {
        let job = fs::read(folder.join(FILE)).map_err(|error| format!("the job cannot be read: {error}"))?;
        Ok(serde_json::from_slice(&job)?)
    }
}

/// A line on the standard output of a compiling child.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// This file is given to libyara next: the one to blame if nothing follows.
    Trying(String),
    /// The set is in the folder.
    Done(Report),
    /// It could not be made, and no file is to blame.
    Failed(String),
    /// There is no rule left; these files were left out.
    Empty(Vec<Complaint>),
}
