//! The names of settings: which exist, and which is meant by one that does not.

use std::ffi::OsString;

use clap::{
    Arg, ArgAction, Command,
    builder::{BoolishValueParser, Resettable},
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{SettingsError, Table};

/// What the variables of new settings begin with; the reference's own names (`LOG_LEVEL`) have no prefix.
const PREFIX: &str = "MICROENGINE_";

/// One setting that exists.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) table: &'static str,
    pub(super) key: String,
    pub(super) flag: String,
    pub(super) variable: String,
    /// Its value is not to be shown.
    pub(super) secret: bool,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Switch,
    One,
    Many,
    /// Each value is so many words: an array of them in the file, one behind the other on the command line.
    Groups(usize),
}

impl Name {
    pub(super) fn new(table: &'static str, arg: &Arg) -> Self {
        let key = arg.get_id().to_string();
        let variable = arg.get_env().map_or_else(
            || format!("{PREFIX}{}", key.to_ascii_uppercase()),
            |variable| variable.to_string_lossy().into_owned(),
        );
        let flag = arg.get_long().map_or_else(|| key.clone(), |long| format!("--{long}"));
        let kind = match arg.get_action() {
            ArgAction::SetTrue | ArgAction::SetFalse => Kind::Switch,
            ArgAction::Append => {
                match arg.get_num_args().filter(|words| words.min_values() == words.max_values()) {
                    Some(words) if words.min_values() > 1 => Kind::Groups(words.min_values()),
                    _ => Kind::Many,
                }
            }
            _ if arg.get_value_delimiter().is_some() => Kind::Many,
            _ => Kind::One,
        };
        Self { table, key, flag, variable, secret: arg.is_hide_env_values_set(), kind }
    }

    /// `[table] key`, as in the settings file.
    pub(super) fn in_file(&self) -> String {
        format!("`{}` in [{}]", self.key, self.table)
    }
}

/// Every setting of these tables.
pub(super) fn of(tables: &[Table]) -> Vec<Name> {
    tables
        .iter()
        .flat_map(|table| {
            let blank = (table.augment)(Command::new("settings"));
            blank.get_arguments().map(|arg| Name::new(table.name, arg)).collect::<Vec<_>>()
        })
        .collect()
}

/// Adds the flags of these tables to a command, each with its environment variable.
///
/// A variable that is set to nothing counts as unset, and `--help` never shows a variable's value.
pub fn add_flags(command: Command, tables: &[Table]) -> Command {
    // A section's own description and heading are not the command's, nor those of the next table.
    let (about, long_about) = (command.get_about().cloned(), command.get_long_about().cloned());
    let command = tables
        .iter()
        .fold(command, |command, table| (table.augment)(command.next_help_heading(None)))
        .about(Resettable::from(about))
        .long_about(Resettable::from(long_about));
    of(tables).into_iter().fold(command, |command, name| {
        command.mut_arg(name.key, |arg| {
            let arg = with_variable(arg, &name.variable);
            // `1`, `yes` and `on` from a variable, beside `true`.
            if name.kind == Kind::Switch { arg.value_parser(BoolishValueParser::new()) } else { arg }
        })
    })
}

/// Gives an argument its environment variable; one that is set to nothing counts as unset.
pub(crate) fn with_variable(arg: Arg, variable: &str) -> Arg {
    let variable = match environment(variable) {
        Some(value) if value.is_empty() => Resettable::Reset,
        _ => Resettable::Value(variable.to_owned().into()),
    };
    arg.env(variable).hide_env_values(true)
}

/// The variable that names the settings file.
pub(crate) const SETTINGS_FILE: &str = "MICROENGINE_SETTINGS";

/// Which environment variable is to blame for an error of clap's, as a line for people: clap itself names flags only.
pub(crate) fn blame_variable(error: &clap::Error, tables: &[Table]) -> Option<String> {
    let names = of(tables);
    let name = if error.kind() == ErrorKind::InvalidUtf8 {
        names.iter().find(|name| environment(&name.variable).is_some_and(|value| value.to_str().is_none()))?
    } else {
        let (Some(ContextValue::String(arg)), Some(ContextValue::String(bad))) =
            (error.get(ContextKind::InvalidArg), error.get(ContextKind::InvalidValue))
        else {
            return None;
        };
        let flag = arg.split([' ', '=']).next().unwrap_or_default();
        let name = names.iter().find(|name| name.flag == flag)?;
        let value = environment(&name.variable)?;
        value.to_str().filter(|value| value.contains(bad.as_str()))?;
        name
    };
    Some(format!("The value comes from the environment variable {}.\n", name.variable))
}

#[expect(clippy::disallowed_methods, reason = "settings are read here")]
pub(super) fn environment(variable: &str) -> Option<OsString> {
    std::env::var_os(variable)
}

/// Refuses a variable that looks like ours and is none.
pub(super) fn check_variables(
    variables: impl Iterator<Item = OsString>,
    names: &[Name],
) -> Result<(), SettingsError> {
    for variable in variables {
        let variable = variable.to_string_lossy();
        let known = names.iter().any(|name| name.variable == variable) || variable == SETTINGS_FILE;
        if variable.starts_with(PREFIX) && !known {
            let all = names.iter().map(|name| name.variable.as_str()).filter(|name| name.starts_with(PREFIX));
            let nearest = nearest(&variable, all.chain([SETTINGS_FILE])).map(|name| name.to_owned());
            return Err(SettingsError::Unknown { what: format!("environment variable {variable}"), nearest });
        }
    }
    Ok(())
}

/// The error for a key that a table does not have. A key of another table is the nearest there is.
pub(super) fn unknown_key(table: &str, key: &str, file: &str, names: &[Name]) -> SettingsError {
    let elsewhere = names.iter().find(|name| name.key == key);
    let here = || nearest(key, names.iter().filter(|n| n.table == table).map(|n| n.key.as_str()));
    let anywhere = || {
        let near = nearest(key, names.iter().map(|name| name.key.as_str()))?;
        names.iter().find(|name| name.key == near).map(Name::in_file)
    };
    let nearest =
        elsewhere.map(Name::in_file).or_else(|| here().map(|key| format!("`{key}`"))).or_else(anywhere);
    SettingsError::Unknown { what: format!("key `{key}` in [{table}] of {file}"), nearest }
}

/// The error for a table that does not exist, or a key outside any table.
pub(super) fn unknown_table(table: &str, file: &str, tables: &[Table], names: &[Name]) -> SettingsError {
    let key = names.iter().find(|name| name.key == table).map(Name::in_file);
    let nearest = key
        .or_else(|| nearest(table, tables.iter().map(|table| table.name)).map(|table| format!("[{table}]")));
    SettingsError::Unknown { what: format!("table [{table}] in {file}"), nearest }
}

/// The known name that is most like `name`, if one is at all like it.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (strsim::normalized_damerau_levenshtein(name, known), known))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}
