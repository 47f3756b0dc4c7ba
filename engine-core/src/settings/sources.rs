//! The sources of settings, merged: flag > environment > file > default.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::{Path, PathBuf},
};

use clap::{ArgMatches, Command, parser::ValueSource};
use config::{Config, ConfigError, Map, Value, ValueKind};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{
    Section, SettingsError, Table, add_flags,
    names::{self, Kind, Name},
};

/// The merged sources of a program's settings.
#[derive(Debug)]
pub struct Sources {
    merged: Config,
    names: Vec<Name>,
    origins: HashMap<(&'static str, String), Origin>,
}

impl Sources {
    /// Merges what is known of the settings of `all` tables.
    ///
    /// `matches` holds the flags of the tables `here`; the settings of the other tables come from the environment, the `file` and
    /// the defaults. Fails if the file cannot be read or is no TOML, on a table, key or `MICROENGINE_*` variable that does not
    /// exist, and on a value from a flag or variable that is no text or not what the setting takes.
    pub fn load(
        here: &[Table],
        all: &[Table],
        matches: &ArgMatches,
        file: Option<&Path>,
    ) -> Result<Self, SettingsError> {
        let names = names::of(all);
        names::check_variables(std::env::vars_os().map(|(variable, _)| variable), &names)?;
        let elsewhere: Vec<Table> =
            all.iter().filter(|table| here.iter().all(|h| h.name != table.name)).copied().collect();
        // The same definitions, with no flags given: clap reads the variables and fills in the defaults.
        let command = add_flags(Command::new("settings").no_binary_name(true), &elsewhere);
        let unflagged = command.try_get_matches_from(std::iter::empty::<&str>()).map_err(|error| {
            SettingsError::Flags(format!("{error}{}", names::blame_variable(&error, all).unwrap_or_default()))
        })?;

        let mut origins = HashMap::new();
        let (mut defaults, mut overrides) = (HashMap::<_, Map<String, Value>>::new(), Vec::new());
        for name in &names {
            let matches =
                if here.iter().any(|table| table.name == name.table) { matches } else { &unflagged };
            let Some((origin, value)) = typed(name, matches)? else { continue };
            if origin == Origin::Default {
                defaults.entry(name.table).or_default().insert(name.key.clone(), value);
            } else {
                overrides.push((format!("{}.{}", name.table, name.key), value));
            }
            origins.insert((name.table, name.key.clone()), origin);
        }

        let mut builder = Config::builder();
        let unusable = |error| SettingsError::Value {
            key: String::new(),
            origin: Origin::Default,
            source: Box::new(error),
        };
        for table in all.iter().filter(|table| !table.file_only) {
            let values = defaults.remove(table.name).unwrap_or_default();
            builder = builder.set_default(table.name, values).map_err(unusable)?;
        }
        if let Some(path) = file {
            let values = read_file(path, all, &names)?;
            note_file(path, &values, &names, &mut origins);
            builder = builder.add_source(values);
        }
        for (key, value) in overrides {
            builder = builder.set_override(key, value).map_err(unusable)?;
        }
        Ok(Self { merged: builder.build().map_err(unusable)?, names, origins })
    }

    /// The typed values of one section. Fails on a value from the file that is not what its setting takes.
    pub fn section<S: Section>(&self) -> Result<S, SettingsError> {
        self.read(S::TABLE, self.merged.get_table(S::TABLE).unwrap_or_default())
    }

    /// The values of a table that is in the file only, or `None` if the file does not have it.
    pub fn file_table<T: DeserializeOwned>(&self, table: &'static str) -> Result<Option<T>, SettingsError> {
        self.merged.get_table(table).ok().map(|values| self.read(table, values)).transpose()
    }

    fn read<T: DeserializeOwned>(
        &self,
        table: &'static str,
        values: Map<String, Value>,
    ) -> Result<T, SettingsError> {
        T::deserialize(Value::from(values)).map_err(|error| self.explain(table, error))
    }

    /// Every setting with its value and where it came from, in the order of the tables; values not to be shown are masked.
    pub fn list(&self) -> Vec<Setting> {
        self.names.iter().map(|name| self.setting(name)).collect()
    }

    /// A digest of all values in these tables as they are, secrets too, so that it changes when any of them does: 64 hex digits.
    pub fn digest(&self, tables: &[Table]) -> String {
        let values = tables.iter().map(|table| {
            let values = self.merged.get::<BTreeMap<String, serde_json::Value>>(table.name);
            (table.name, values.unwrap_or_default())
        });
        let values: BTreeMap<_, _> = values.collect();
        // Plain values only, so there is nothing that JSON cannot say.
        hex::encode(Sha256::digest(serde_json::to_vec(&values).unwrap_or_default()))
    }

    fn setting(&self, name: &Name) -> Setting {
        let value = self.merged.get::<Value>(&format!("{}.{}", name.table, name.key)).ok();
        let value = value.map(|value| match value.kind {
            _ if name.secret => "********".to_owned(),
            ValueKind::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
            kind => kind.to_string(),
        });
        let origin = self.origins.get(&(name.table, name.key.clone())).cloned();
        Setting {
            table: name.table,
            key: name.key.clone(),
            value,
            origin: origin.unwrap_or(Origin::Default),
            variable: name.variable.clone(),
        }
    }

    /// Says which setting an error is about, and where its value came from.
    fn explain(&self, table: &'static str, error: ConfigError) -> SettingsError {
        let key = match &error {
            ConfigError::At { key: Some(key), .. }
            | ConfigError::Type { key: Some(key), .. }
            | ConfigError::NotFound(key) => key.clone(),
            _ => String::new(),
        };
        // `rules[1]` is about `rules`.
        let first = key.split(['.', '[']).next().unwrap_or_default();
        let origin = self.origins.get(&(table, first.to_owned())).cloned();
        let source = match error {
            ConfigError::At { error, .. } => error,
            error => Box::new(error),
        };
        let (key, origin) = (format!("[{table}] {key}"), origin.unwrap_or(Origin::Default));
        SettingsError::Value { key, origin, source }
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A flag on the command line.
    Flag(String),
    /// An environment variable.
    Variable(String),
    /// The settings file.
    File(PathBuf),
    /// Nothing said otherwise.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Variable(variable) => write!(f, "variable {variable}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One setting as `check --show-settings` shows it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Setting {
    /// Its table in the settings file.
    pub table: &'static str,
    /// Its key there.
    pub key: String,
    /// The value as text, masked if it is not to be shown; `None` if it is not set and has no default.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
    /// The environment variable that sets it.
    pub variable: String,
}

/// A value of a list, for people. One of several words is shown as it would be typed.
fn shown(value: &Value) -> String {
    match &value.kind {
        ValueKind::Array(words) => {
            let words: Vec<String> = words.iter().map(Value::to_string).collect();
            shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
        }
        _ => value.to_string(),
    }
}

/// What clap has of one setting; `None` if it is not set and has no default.
fn typed(name: &Name, matches: &ArgMatches) -> Result<Option<(Origin, Value)>, SettingsError> {
    let origin = match matches.value_source(&name.key) {
        Some(ValueSource::CommandLine) => Origin::Flag(name.flag.clone()),
        Some(ValueSource::EnvVariable) => Origin::Variable(name.variable.clone()),
        Some(_) => Origin::Default,
        None if matches!(name.kind, Kind::Many | Kind::Groups(_)) => {
            return Ok(Some((Origin::Default, Vec::<Value>::new().into())));
        }
        None => return Ok(None),
    };
    if name.kind == Kind::Switch {
        return Ok(Some((origin, matches.get_flag(&name.key).into())));
    }
    let texts = matches.get_raw(&name.key).into_iter().flatten().map(|raw| {
        let text = raw.to_str().map(Value::from);
        text.ok_or_else(|| SettingsError::NotText { key: name.key.clone(), origin: origin.clone() })
    });
    let mut texts = texts.collect::<Result<Vec<Value>, _>>()?;
    Ok(match name.kind {
        Kind::Many => Some((origin, texts.into())),
        Kind::Groups(words) => {
            // A variable is one text, with the words as a shell would have them.
            if let (Origin::Variable(_), [text]) = (&origin, texts.as_slice()) {
                let text = text.to_string();
                texts =
                    shlex::split(&text).unwrap_or_else(|| vec![text]).into_iter().map(Value::from).collect();
            }
            Some((origin, texts.chunks(words).map(<[Value]>::to_vec).collect::<Vec<_>>().into()))
        }
        _ => texts.pop().map(|text| (origin, text)),
    })
}

/// The values of the settings file, all of them known.
fn read_file(path: &Path, tables: &[Table], names: &[Name]) -> Result<Config, SettingsError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| SettingsError::Unreadable { path: path.to_owned(), source })?;
    let toml = |source| SettingsError::Toml { path: path.to_owned(), source: Box::new(source) };
    let source = config::File::from_str(&text, config::FileFormat::Toml);
    let values = Config::builder().add_source(source).build().map_err(toml)?;
    let found: Map<String, Value> = values.cache.clone().into_table().map_err(toml)?;
    let file = path.display().to_string();
    let mut known_values = Config::builder();
    for (table, content) in found {
        let Some(known) = tables.iter().find(|known| known.name == table) else {
            return Err(names::unknown_table(&table, &file, tables, names));
        };
        let mut content = content.into_table().map_err(toml)?;
        for (key, value) in content.iter_mut().filter(|_| !known.file_only) {
            let Some(name) = names.iter().find(|name| name.table == table && name.key == *key) else {
                return Err(names::unknown_key(&table, key, &file, names));
            };
            // One value of a list needs no brackets, as it needs none on the command line.
            let is_one = match (name.kind, &value.kind) {
                (Kind::Many, kind) => !matches!(kind, ValueKind::Array(_)),
                (Kind::Groups(_), ValueKind::Array(words)) => {
                    words.first().is_some_and(|first| !matches!(first.kind, ValueKind::Array(_)))
                }
                _ => false,
            };
            if is_one {
                *value = vec![value.clone()].into();
            }
        }
        known_values = known_values.set_default(table, content).map_err(toml)?;
    }
    known_values.build().map_err(toml)
}

/// Notes which settings the file decides: those that neither a flag nor a variable gave.
fn note_file(
    path: &Path,
    values: &Config,
    names: &[Name],
    origins: &mut HashMap<(&'static str, String), Origin>,
) {
    for name in names {
        let in_file = values.get::<Value>(&format!("{}.{}", name.table, name.key)).is_ok();
        let origin = origins.entry((name.table, name.key.clone())).or_insert(Origin::Default);
        if in_file && *origin == Origin::Default {
            *origin = Origin::File(path.to_owned());
        }
    }
}
