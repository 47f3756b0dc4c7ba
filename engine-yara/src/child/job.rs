//! What parent and child tell each other beside the backend protocol.

use std::{fs, path::Path};

use engine_core::{BoxError, Confidence};
use serde::{Deserialize, Serialize};

use crate::{
    informational::Informational,
    rules::{Complaint, Making, Report, RulesError},
};

/// What a child needs to know beyond paths. The parent writes it into the folder of the set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    /// Which rules are no evidence.
    pub(crate) informational: Informational,
    /// How the set is made.
    pub(crate) making: Making,
    /// How much memory a child has, in bytes.
    pub(crate) memory: u64,
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

/// What a refused path is.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    Set,
    Cache,
    Save,
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
    /// This compiled set, cache or file to write cannot be used: the path and the cause.
    Refused(Place, String, String),
    /// There is no rule left but so many private ones; these files were left out.
    Empty(usize, Vec<Complaint>),
}

impl Event {
    /// How a child ended that made no set.
    pub(super) fn of(error: RulesError) -> Self {
        match error {
            RulesError::Empty { private, bad, .. } => Self::Empty(private, bad),
            RulesError::Set { path, cause } => Self::Refused(Place::Set, path, cause),
            RulesError::Cache { path, cause } => Self::Refused(Place::Cache, path, cause),
            RulesError::Save { path, cause } => Self::Refused(Place::Save, path, cause),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl Place {
    /// The error that the child had.
    pub(crate) fn error(self, path: String, cause: String) -> RulesError {
        match self {
            Self::Set => RulesError::Set { path, cause },
            Self::Cache => RulesError::Cache { path, cause },
            Self::Save => RulesError::Save { path, cause },
        }
    }
}
