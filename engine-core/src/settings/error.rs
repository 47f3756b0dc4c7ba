//! Settings that cannot be used, and what to do about it.

use std::path::PathBuf;

use super::Origin;

/// Settings that cannot be used. Each message names the place where the setting came from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The settings file cannot be read.
    #[error("cannot read the settings file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The settings file is no TOML.
    #[error("the settings file {} is not valid TOML", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<config::ConfigError>,
    },
    /// A table, key or variable that no engine or not this engine has.
    #[error("unknown {what}{}", nearest.as_deref().map(|near| format!("; did you mean {near}?")).unwrap_or_default())]
    Unknown {
        /// The name and where it stands.
        what: String,
        /// The known name that is most like it.
        nearest: Option<String>,
    },
    /// A value that is not UTF-8 text, which no setting can be.
    #[error(
        "the value of `{key}` ({origin}) is not UTF-8; settings are text, so rename the path or link to it"
    )]
    NotText {
        /// The setting.
        key: String,
        /// Where the value came from.
        origin: Origin,
    },
    /// A value that is not what the setting takes.
    #[error("the setting `{key}` ({origin}) cannot be used")]
    Value {
        /// Table and key.
        key: String,
        /// Where the value came from.
        origin: Origin,
        /// What is wrong with it.
        source: Box<config::ConfigError>,
    },
    /// A flag or variable that clap refuses; the text is clap's, with its hints.
    #[error("{0}")]
    Flags(String),
}
