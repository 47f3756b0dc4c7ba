//! A page of the book: what it tells its reader to write and to run.

use std::fmt;

/// What a reader does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Writes a file.
    File { path: String, text: String },
    /// Runs a command and sees these lines.
    Command { command: String, expected: Vec<String> },
}

impl Step {
    pub(super) fn command(&self) -> Option<(&str, &[String])> {
        match self {
            Self::Command { command, expected } => Some((command, expected)),
            Self::File { .. } => None,
        }
    }
}

/// The steps of a page, in order.
pub(super) fn steps(page: &str) -> Result<Vec<Step>, BadPage> {
    let mut steps = Vec::new();
    let (mut before, mut lines) = ("", page.lines());
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            if language == "console" {
                console(&block, &mut steps)?;
            } else if let Some(path) = file(before) {
                let text = block.iter().map(|line| format!("{line}\n")).collect();
                steps.push(Step::File { path: path.to_owned(), text });
            }
        } else if !line.trim().is_empty() {
            before = line;
        }
    }
    Ok(steps)
}

/// The path that a line like "Then `my-yara/Cargo.toml`:" announces.
fn file(line: &str) -> Option<&str> {
    line.strip_suffix("`:")?.rsplit('`').next()
}

fn console(block: &[&str], steps: &mut Vec<Step>) -> Result<(), BadPage> {
    let mut lines = block.iter().peekable();
    while let Some(line) = lines.next() {
        let command = line.strip_prefix("$ ").ok_or_else(|| BadPage((*line).to_owned()))?;
        let mut command = command.to_owned();
        while command.ends_with('\\') {
            command = format!("{command}\n{}", lines.next().unwrap_or(&""));
        }
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
            expected.push((*line).to_owned());
        }
        steps.push(Step::Command { command, expected });
    }
    Ok(())
}

/// Output before the first command of a block.
#[derive(Debug)]
pub(super) struct BadPage(String);

impl fmt::Display for BadPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a console block starts with a command (`$ …`), not with: {}", self.0)
    }
}

/// Whether a command printed what the page shows.
pub(super) fn matches(expected: &[String], output: &str) -> bool {
    let printed: Vec<&str> = output.lines().collect();
    lines_match(expected, &printed)
}

fn lines_match(expected: &[String], printed: &[&str]) -> bool {
    match expected {
        [] => printed.is_empty(),
        [any, rest @ ..] if any == "…" => (0..=printed.len()).any(|n| lines_match(rest, &printed[n..])),
        [line, rest @ ..] => {
            printed.first().is_some_and(|first| line_matches(line, first)) && lines_match(rest, &printed[1..])
        }
    }
}

/// `…` within a line stands for any text.
fn line_matches(pattern: &str, line: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('…') else { return pattern == line };
    let Some(line) = line.strip_prefix(start) else { return false };
    line.char_indices().map(|(at, _)| at).chain([line.len()]).any(|at| line_matches(rest, &line[at..]))
}

#[test]
fn a_page_is_read_as_a_reader_reads_it() {
    let page = "Write `a/b.txt`:\n\n```text\nhello\n```\n\nRun it:\n\n```console\n$ cat \\\n    a/b.txt\nhello\n$ true\n```\n";
    let command = |command: &str, expected: &[&str]| Step::Command {
        command: command.to_owned(),
        expected: expected.iter().map(|&line| line.to_owned()).collect(),
    };
    assert_eq!(
        steps(page).unwrap(),
        [
            Step::File { path: "a/b.txt".to_owned(), text: "hello\n".to_owned() },
            command("cat \\\n    a/b.txt", &["hello"]),
            command("true", &[]),
        ]
    );
    assert!(steps("```console\nno command\n```\n").is_err());
}

#[test]
fn an_ellipsis_stands_for_any_text_or_lines_and_nothing_else_does() {
    let matches = |expected: &[&str], output| {
        matches(&expected.iter().map(|&line| line.to_owned()).collect::<Vec<_>>(), output)
    };
    assert!(matches(&["1 files in … s", "…", "end"], "1 files in 0.3 s\na\nb\nend\n"));
    assert!(matches(&["…"], ""));
    assert!(!matches(&[], "more\n"));
    assert!(!matches(&["1 files in … s"], "2 files in 0.3 s\n"));
    assert!(!matches(&["a", "b"], "a\n"));
}
