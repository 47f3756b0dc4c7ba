//! The command `man`: manual pages out of the same definitions as `--help`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{ArgMatches, Args, Command, FromArgMatches};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use super::{Exit, print};
use crate::{BoxError, Engine};

pub(super) const NAME: &str = "man";

/// Which page, and where to.
#[derive(Clone, Debug, Args)]
struct Which {
    /// The command whose page is printed [default: the page of the program]
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
    /// Write the pages of the program and of all its commands into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

pub(super) fn command<E: Engine>() -> Command {
    Which::augment_args(Command::new(NAME)).about("Print a manual page").after_help(format!(
        "Examples:\n  \
         {0} man | man -l -\n  \
         {0} man scan > {0}-scan.1\n  \
         {0} man --out /usr/local/share/man/man1\n\n\
         Exit codes: 0 printed or written, 2 no such command, or the folder cannot be written to",
        E::NAME
    ))
}

pub(super) fn run<E: Engine>(matches: &ArgMatches) -> Result<Exit, BoxError> {
    let which = Which::from_arg_matches(matches)?;
    let mut program = super::command::<E>();
    program.build();
    if let Some(folder) = which.out {
        write_all(&program, &folder)?;
        return Ok(Exit::Clean);
    }
    let command = match &which.command {
        None => &program,
        Some(name) => program.find_subcommand(name).ok_or_else(|| {
            let known: Vec<_> = program.get_subcommands().map(Command::get_name).collect();
            format!("no command `{name}`; there are {}", known.join(", "))
        })?,
    };
    print(&page(&program, command)?)?;
    Ok(Exit::Clean)
}

/// Writes `NAME.1`, and `NAME-COMMAND.1` for each command.
fn write_all(program: &Command, folder: &Path) -> Result<(), BoxError> {
    fs::create_dir_all(folder)
        .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
    for command in std::iter::once(program).chain(program.get_subcommands()) {
        let path = folder.join(Man::new(command.clone()).get_filename());
        fs::write(&path, page(program, command)?)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

/// One page. What stands below the options of `--help` becomes sections of its own.
fn page(program: &Command, command: &Command) -> Result<Vec<u8>, BoxError> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let below = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut roff = Roff::new();
    let mut has_notes = false;
    for paragraph in below.split("\n\n") {
        section(&mut roff, paragraph, &mut has_notes);
    }
    see_also(&mut roff, program, command);
    roff.to_writer(&mut page)?;
    // Written here, since the renderer leaves out the quotes of an empty date. Pages are the same whenever they are made.
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_uppercase();
    let (program, version) = (program.get_name(), program.get_version().unwrap_or_default());
    let title = format!(".TH \"{name}\" \"1\" \"\" \"{program} {version}\" \"User Commands\"\n");
    Ok((title + &tidy(&String::from_utf8_lossy(&page))).into_bytes())
}

/// Takes out what the renderer writes for each section again, and line breaks beside paragraphs.
fn tidy(page: &str) -> String {
    let mut lines = Vec::<&str>::new();
    for line in page.lines().map(str::trim_end) {
        match (line, lines.last()) {
            (".ie \\n(.g .ds Aq \\(aq" | ".el .ds Aq '", _) | (".br", Some(&".sp")) => {}
            ("", Some(&".br")) => {
                lines.pop();
                lines.push(".sp");
            }
            _ => lines.push(line),
        }
    }
    // What an apostrophe is, once.
    ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n".to_owned() + &lines.join("\n") + "\n"
}

/// What stands below the options: `Examples:`, `Exit codes:`, and notes. Indented lines stay as they are.
fn section(roff: &mut Roff, paragraph: &str, has_notes: &mut bool) {
    let mut as_it_is = false;
    for (i, line) in paragraph.lines().enumerate() {
        if line.starts_with(' ') != as_it_is {
            as_it_is = !as_it_is;
            roff.control(if as_it_is { "nf" } else { "fi" }, []);
        }
        let text = match (line, line.strip_prefix("Exit codes: ")) {
            ("Examples:", _) => {
                roff.control("SH", ["EXAMPLES"]);
                continue;
            }
            (_, Some(codes)) => {
                roff.control("SH", ["EXIT STATUS"]);
                codes
            }
            _ if i == 0 => {
                if std::mem::replace(has_notes, true) {
                    roff.control("PP", []);
                } else {
                    roff.control("SH", ["NOTES"]);
                }
                line
            }
            _ => line,
        };
        roff.text([roman(text.trim())]);
    }
    if as_it_is {
        roff.control("fi", []);
    }
}

/// The other pages.
fn see_also(roff: &mut Roff, program: &Command, command: &Command) {
    let name = program.get_name();
    let others = program.get_subcommands().filter(|other| other.get_name() != command.get_name());
    let mut pages: Vec<String> = others.map(|other| format!("{name}-{}", other.get_name())).collect();
    if command.get_name() != name {
        pages.insert(0, name.to_owned());
    }
    roff.control("SH", ["SEE ALSO"]);
    for (i, page) in pages.iter().enumerate() {
        let end = if i + 1 == pages.len() { "(1)" } else { "(1)," };
        roff.text([bold(page), roman(end)]);
    }
}
