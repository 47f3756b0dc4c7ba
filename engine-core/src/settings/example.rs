//! A settings file with every setting in it, made from the definitions of the flags, so that it cannot drift from them.

use clap::{Arg, Command};

use super::{
    Table,
    names::{Kind, Name},
};

/// The widest line of a comment, in characters.
const WIDTH: usize = 110;

/// The text of a settings file with every setting of these tables: its help, flag, variable and default, all commented out.
///
/// `program` is the name that the text calls the program by. A setting with a default is a line `#key = value`, ready to be
/// uncommented; one without is a line `# key = PLACEHOLDER`.
pub fn example(program: &str, tables: &[Table]) -> String {
    let mut text = String::new();
    comment(
        &mut text,
        &format!(
            "Settings of {program}: all there are, with their defaults. Remove the # before a name to set it; one with a space \
             behind its # has no default.\nA flag goes before a variable, a variable before this file, this file before the \
             default. The file is named by --settings FILE or MICROENGINE_SETTINGS; `{program} check --settings FILE \
             --show-settings` tells what holds, and why."
        ),
    );
    for table in tables {
        text.push_str(&format!("\n[{}]\n", table.name));
        let settings = (table.augment)(Command::new("settings"));
        for arg in settings.get_arguments() {
            setting(&mut text, table.name, arg);
        }
        text.push_str(table.example);
    }
    text
}

fn setting(text: &mut String, table: &'static str, arg: &Arg) {
    let name = Name::new(table, arg);
    text.push('\n');
    let help = arg.get_long_help().or_else(|| arg.get_help());
    comment(text, &help.map(ToString::to_string).unwrap_or_default());
    let values = arg.get_possible_values();
    let shown = values.iter().filter(|value| !value.is_hide_set());
    for value in shown.filter(|_| name.kind != Kind::Switch) {
        let help = value.get_help().map(|help| format!(": {help}")).unwrap_or_default();
        comment(text, &format!("- {}{help}", value.get_name()));
    }
    let words = arg.get_value_names().unwrap_or_default();
    let placeholder = match words.join(" ") {
        none if none.is_empty() => "VALUE".to_owned(),
        words => words,
    };
    let flag = match name.kind {
        Kind::Switch => name.flag.clone(),
        Kind::One | Kind::Many | Kind::Groups(_) => format!("{} {placeholder}", name.flag),
    };
    comment(text, &format!("Flag {flag}, variable {}.", name.variable));
    if let Kind::Groups(_) = name.kind {
        let words = words.iter().map(|word| toml(word)).collect::<Vec<_>>().join(", ");
        comment(text, &format!("A value is a list of words: [[{words}], …]."));
    }
    let line = match default(&name, arg) {
        Some(value) => format!("#{} = {value}\n", name.key),
        None => format!("# {} = {placeholder}\n", name.key),
    };
    text.push_str(&line);
}

/// The default as TOML; `None` if there is none.
fn default(name: &Name, arg: &Arg) -> Option<String> {
    let mut given = arg.get_default_values().iter().map(|value| value.to_string_lossy());
    match name.kind {
        Kind::Switch => Some("false".to_owned()),
        Kind::One => given.next_back().map(|value| toml(&value)),
        Kind::Many | Kind::Groups(_) => {
            let values: Vec<String> = match arg.get_value_delimiter() {
                Some(delimiter) => {
                    given.flat_map(|all| all.split(delimiter).map(toml).collect::<Vec<_>>()).collect()
                }
                None => given.map(|value| toml(&value)).collect(),
            };
            Some(format!("[{}]", values.join(", ")))
        }
    }
}

/// A number as it is, anything else in quotes.
fn toml(value: &str) -> String {
    let is_number = value.starts_with(|c: char| c.is_ascii_digit()) && value.parse::<f64>().is_ok();
    // A JSON string is a TOML string too.
    if is_number { value.to_owned() } else { serde_json::Value::from(value).to_string() }
}

/// Adds a text as comments, each line of it broken between words.
fn comment(text: &mut String, words: &str) {
    for paragraph in words.lines() {
        let mut line = String::from("#");
        for word in paragraph.split_whitespace() {
            if line.chars().count() + 1 + word.chars().count() > WIDTH {
                text.push_str(&line);
                line = String::from("\n#");
            }
            line.push(' ');
            line.push_str(word);
        }
        text.push_str(&line);
        text.push('\n');
    }
}
