//! Every setting: flag > environment > file > default.
//!
//! A section is one struct. Its clap attributes are the one definition of each setting: name, unit, default, variable, help. This
//! module adds the settings file below them and reads the merged values back through serde.

mod value;

use clap::Command;
use serde::de::DeserializeOwned;

pub use self::value::{Size, Time};

/// One table of the settings file, and the flags that go with it.
///
/// The struct derives [`clap::Args`] and [`serde::Deserialize`] with `#[serde(deny_unknown_fields)]`, and its fields have the
/// long options' names with `_`. Defaults are given to clap only (`default_value`). A field without a default is an `Option` or a
/// `Vec`. A flag is a `bool`. Field types read the same text through `FromStr` (clap) and serde.
pub trait Section: clap::Args + DeserializeOwned + Send + 'static {
    /// The table's name: `yara`.
    const TABLE: &'static str;
}

/// The settings of an engine: one [`Section`], or several together.
pub trait Settings: Sized + Send + 'static {
    /// Adds the flags of each table to a command, and each table's name with its flags to `tables`.
    fn tables() -> Vec<Table>;
    /// Reads the typed values out of what was merged.
    fn read(sources: &Sources) -> Result<Self, SettingsError>;
}

/// The merged sources of a program's settings: flag > environment > file > default.
#[derive(Debug)]
pub struct Sources {
    merged: config::Config,
}

impl Sources {
    /// The typed values of one table.
    pub fn section<S: Section>(&self) -> Result<S, SettingsError> {
        Ok(self.merged.get(S::TABLE)?)
    }
}

/// A table's name and how to add its flags to a command.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The table's name: `yara`.
    pub name: &'static str,
    /// Adds its flags to a command.
    pub augment: fn(Command) -> Command,
}

impl Table {
    /// The table of a section.
    pub fn of<S: Section>() -> Self {
        Self { name: S::TABLE, augment: S::augment_args }
    }
}

impl<S: Section> Settings for S {
    fn tables() -> Vec<Table> {
        vec![Table::of::<S>()]
    }

    fn read(sources: &Sources) -> Result<Self, SettingsError> {
        sources.section()
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A value is not what it should be, or the file is no TOML.
    #[error("a setting cannot be used")]
    Value(#[from] config::ConfigError),
}
