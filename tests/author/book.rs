//! The book in `docs/`: every file that a page shows is written, every command is run, in the order of the pages, and what it prints is
//! what the page shows.
//!
//! In a page, a fenced block under a line that ends with "`path`:" is a file; a `console` block has commands after `$ ` and what they
//! print below them. `…` stands for any text, and on a line of its own for any lines. A command succeeds, unless the next one is
//! `echo $?`.

mod page;

use std::{fs, path::Path};

use engine_tests::{
    peers::clamd::Clamd,
    running::{program, workspace},
};

use self::page::{Step, steps};
use crate::outside;

/// Between what two commands printed, with the exit code of the first.
const MARK: char = '\u{1e}';

#[test]
fn every_file_and_command_of_the_book() {
    let clamd = Clamd::start().unwrap();
    // Always the same folder, so that cargo knows what it built there the last time.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("book");
    prepare(&folder);
    let faults: Vec<String> = pages().iter().flat_map(|page| faults(page, &folder, &clamd.tcp())).collect();
    assert!(
        faults.is_empty(),
        "{} commands are not as their page shows:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Does what a page says; where it shows something else than what happens.
fn faults(page: &str, folder: &Path, clamd: &str) -> Vec<String> {
    let text = fs::read_to_string(workspace("docs/src").join(page)).unwrap();
    let steps = steps(&text).unwrap_or_else(|error| panic!("docs/src/{page}: {error}"));
    let printed = run(&steps, folder, clamd);
    let told: Vec<_> = printed.split(MARK).collect();
    let mut told = told.chunks(2);
    let (mut faults, mut commands) = (Vec::new(), steps.iter().filter_map(Step::command).peekable());
    while let Some((command, expected)) = commands.next() {
        let Some(&[output, code]) = told.next() else {
            faults.push(format!("docs/src/{page}: the shell ended at\n$ {command}\n{printed}"));
            break;
        };
        let status_is_shown = commands.peek().is_some_and(|(next, _)| *next == "echo $?");
        if !page::matches(expected, output) || (code != "0" && !status_is_shown) {
            let shown = expected.join("\n");
            faults.push(format!(
                "docs/src/{page}\n$ {command}\n--- the page\n{shown}\n--- exit code {code}\n{output}"
            ));
        }
    }
    faults
}

/// The clone that the reader has, and the versions of dependencies that are here already.
fn prepare(folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    let clone = workspace("").canonicalize().unwrap();
    for package in ["my-yara", "my-clamav", "my-multi"] {
        fs::create_dir_all(folder.join(package)).unwrap();
        fs::copy(clone.join("Cargo.lock"), folder.join(package).join("Cargo.lock")).unwrap();
    }
    std::os::unix::fs::symlink(clone, folder.join("microengine")).unwrap();
}

/// The pages in the book's order.
fn pages() -> Vec<String> {
    let summary = fs::read_to_string(workspace("docs/src/SUMMARY.md")).unwrap();
    let links = summary.split("](").skip(1);
    let pages: Vec<_> = links.filter_map(|link| Some(link.split_once(')')?.0.to_owned())).collect();
    assert!(pages.len() > 3, "the summary lists the pages: {summary}");
    pages
}

/// Runs a page in one shell, and gives back what its commands printed and their exit codes, with marks between them.
fn run(steps: &[Step], folder: &Path, clamd: &str) -> String {
    let mut script =
        format!("mark() {{ local code=$?; printf '{MARK}%s{MARK}' \"$code\"; return \"$code\"; }}\n");
    for step in steps {
        script.push_str(&match step {
            Step::File { path, text } => {
                format!("mkdir -p \"$BOOK/$(dirname '{path}')\"; cat >\"$BOOK/{path}\" <<'END OF FILE'\n{text}END OF FILE\n")
            }
            Step::Command { command, .. } => format!("{command}\nmark\n"),
        });
    }
    let path =
        std::env::vars_os().find_map(|(key, value)| (key == "PATH").then_some(value)).unwrap_or_default();
    let programs = program("testnet").unwrap().parent().unwrap().to_owned();
    let path = std::env::join_paths([programs].into_iter().chain(std::env::split_paths(&path))).unwrap();
    let output = outside("bash")
        .args(["-c", &format!("exec 2>&1\n{script}")])
        .current_dir(folder)
        .env("PATH", path)
        .env("BOOK", folder)
        .env("CLAMD", clamd)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}
