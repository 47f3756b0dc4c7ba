//! Every setting: flag > environment > file > default.
//!
//! A section is one struct. Its clap attributes are the one definition of each setting: name, unit, default, variable, help. This
//! module adds the settings file below them and reads the merged values back through serde. Only here is the environment read.

mod error;
mod example;
mod names;
mod secret;
mod sources;
mod value;

use clap::Command;
use serde::de::DeserializeOwned;

pub(crate) use self::names::{SETTINGS_FILE, blame_variable, with_variable};
pub use self::{
    error::SettingsError,
    example::example,
    names::add_flags,
    secret::{Secret, SecretError},
    sources::{Origin, Setting, Sources},
    value::{Amount, Size, Time},
};

/// One table of the settings file, and the flags that go with it.
///
/// The struct derives [`clap::Args`] and [`serde::Deserialize`], and its fields have the long options' names with `_`; a key in the
/// file that is no field is refused. No two tables of a program share a field's name, since flags and variables have no tables; two structs
/// of the same name need `#[group(skip)]`, since clap makes a group of each.
///
/// - Defaults are given to clap only (`default_value`). A field without a default is an `Option` or a `Vec`. A flag is a `bool`.
/// - Field types read the same text through `FromStr` (clap) and serde.
/// - A field without `env` gets the variable `MICROENGINE_<FIELD>`.
/// - `hide_env_values = true` marks a field whose value is not to be shown (a URL with a password in it).
pub trait Section: clap::Args + DeserializeOwned + Send + 'static {
    /// The table's name: `yara`.
    const TABLE: &'static str;
}

/// The settings of an engine: one [`Section`], a tuple of several, or `()` for none.
pub trait Settings: Sized + Send + 'static {
    /// The tables that these settings are read from.
    fn tables() -> Vec<Table>;
    /// Reads the typed values out of what was merged.
    fn read(sources: &Sources) -> Result<Self, SettingsError>;
}

/// A table's name and how to add its flags to a command.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The table's name: `yara`.
    pub name: &'static str,
    /// Adds its flags to a command.
    pub augment: fn(Command) -> Command,
    /// Whether the table is in the file only: it has no flags, and serde alone says which keys it may have.
    pub file_only: bool,
    /// What [`example()`] shows of a table without flags: lines of TOML, commented out.
    pub example: &'static str,
}

impl Table {
    /// The table of a section.
    pub fn of<S: Section>() -> Self {
        Self { name: S::TABLE, augment: S::augment_args, file_only: false, example: "" }
    }

    /// A table without flags and variables, such as `[chains]`, and what an example file shows of it: read it with
    /// [`Sources::file_table`].
    pub fn file_only(name: &'static str, example: &'static str) -> Self {
        Self { name, augment: |command| command, file_only: true, example }
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

impl Settings for () {
    fn tables() -> Vec<Table> {
        Vec::new()
    }

    fn read(_: &Sources) -> Result<Self, SettingsError> {
        Ok(())
    }
}

macro_rules! settings_of_several {
    ($($name:ident)+) => {
        impl<$($name: Settings),+> Settings for ($($name,)+) {
            fn tables() -> Vec<Table> {
                [$($name::tables()),+].concat()
            }

            fn read(sources: &Sources) -> Result<Self, SettingsError> {
                Ok(($($name::read(sources)?,)+))
            }
        }
    };
}
settings_of_several!(A B);
settings_of_several!(A B C);
settings_of_several!(A B C D);
