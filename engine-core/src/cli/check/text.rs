//! What `check` found, for people.

use std::fmt::{Result, Write};

use super::{
    backend::Backend,
    report::{Problem, Report},
};
use crate::{cli::scan::Plain, settings::Setting};

/// How many warnings of one backend people are told.
const SHOWN: usize = 20;

/// The report: settings if asked for, backends, problems, and at the end whether the engine is ready.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, report);
    text
}

fn write(text: &mut String, report: &Report) -> Result {
    writeln!(text, "{} {}", report.name, report.version)?;
    for Setting { table, key, value, origin, .. } in report.settings.iter().flatten() {
        match value {
            Some(value) => writeln!(text, "  [{table}] {key} = {}  ({origin})", line(value))?,
            None => writeln!(text, "  [{table}] {key} is not set")?,
        }
    }
    for secret in report.secrets.iter().flatten() {
        let state = if secret.set { "= ********  (variable)" } else { "is not set" };
        writeln!(text, "  {} {state}", secret.variable)?;
    }
    details(text, 1, &report.facts, &report.warnings)?;
    for backend in &report.backends {
        self::backend(text, 0, backend)?;
    }
    for Problem { what, message } in &report.problems {
        writeln!(text, "{what}: {}", line(message))?;
    }
    text.write_str(if report.ready { "ready\n" } else { "not ready\n" })
}

fn backend(text: &mut String, depth: usize, backend: &Backend) -> Result {
    let Backend { name, version, signatures, error, .. } = backend;
    let told = |text: &str| if text.is_empty() { "not told".to_owned() } else { line(text) };
    let (version, signatures) = (told(version), told(signatures));
    indent(text, depth)?;
    match error {
        None => writeln!(text, "backend {name}: version {version}, signatures {signatures}")?,
        Some(error) => writeln!(text, "backend {name}: degraded, {}: {}", error.kind, line(&error.message))?,
    }
    details(text, depth + 1, &backend.facts, &backend.warnings)?;
    backend.backends.iter().try_for_each(|inner| self::backend(text, depth + 1, inner))
}

fn details(text: &mut String, depth: usize, facts: &[(&'static str, String)], warnings: &[String]) -> Result {
    for (name, value) in facts {
        indent(text, depth)?;
        writeln!(text, "{}: {}", name.replace('_', " "), line(value))?;
    }
    for warning in warnings.iter().take(SHOWN) {
        indent(text, depth)?;
        writeln!(text, "warning: {}", line(warning))?;
    }
    if let Some(more @ 1..) = warnings.len().checked_sub(SHOWN) {
        indent(text, depth)?;
        writeln!(text, "warning: and {more} more: --format json tells all")?;
    }
    Ok(())
}

fn indent(text: &mut String, depth: usize) -> Result {
    write!(text, "{:1$}", "", 2 * depth)
}

/// A text from outside on one line, without what a terminal would obey.
fn line(text: &str) -> String {
    Plain::text(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_of_warnings_is_cut_and_says_so() {
        for (count, last) in
            [(0, None), (20, Some("warning: w19")), (23, Some("warning: and 3 more: --format json"))]
        {
            let warnings: Vec<_> = (0..count).map(|number| format!("w{number}")).collect();
            let mut text = String::new();
            details(&mut text, 0, &[], &warnings).unwrap();
            assert_eq!(text.lines().count(), count.min(21));
            assert!(last.is_none_or(|last| text.lines().last().unwrap().starts_with(last)), "{text}");
        }
    }
}
