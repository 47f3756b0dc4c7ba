//! A backend that is a program of somebody else's: `NAME=exec:COMMAND`.

use std::str::FromStr;

use engine_core::scanner::child::Program;
use serde::{Deserialize, Deserializer, de};

/// The longest name of a backend, in bytes: names travel in the metadata of assertions.
const MAX_NAME: usize = 32;

/// A backend's name and the command that starts it.
#[derive(Clone, Debug)]
pub struct ExternalProgram {
    /// The name it goes by, whatever it calls itself: ASCII letters, digits, `-`, `_` and `.`, at most 32.
    pub name: String,
    /// How to start it.
    pub program: Program,
}

impl FromStr for ExternalProgram {
    type Err = BadProgram;
    /// Reads `NAME=exec:COMMAND`. The command is split into words as a shell does it, with quotes and backslashes; nothing is
    /// expanded, and no shell is run.
    fn from_str(text: &str) -> Result<Self, BadProgram> {
        let short = || text.chars().take(80).collect();
        let Some((name, command)) = text.split_once('=') else {
            return Err(BadProgram::Form(short()));
        };
        let Some(command) = command.strip_prefix("exec:") else {
            return Err(BadProgram::Form(short()));
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(allowed) {
            return Err(BadProgram::Name(name.chars().take(80).collect()));
        }
        if command.contains('\0') {
            return Err(BadProgram::Command(name.to_owned()));
        }
        let mut words = shlex::split(command).unwrap_or_default().into_iter();
        let Some(path) = words.next().filter(|path| !path.is_empty()) else {
            return Err(BadProgram::Command(name.to_owned()));
        };
        Ok(Self { name: name.to_owned(), program: Program::new(path).args(words) })
    }
}

impl<'de> Deserialize<'de> for ExternalProgram {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A backend program that is not told as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadProgram {
    /// It is not `NAME=exec:COMMAND`.
    #[error("expected NAME=exec:COMMAND (own=exec:python3 own.py), got `{0}`")]
    Form(String),
    /// The name is none.
    #[error("a backend's name has 1 to 32 letters, digits, `-`, `_` or `.`, got `{0}`")]
    Name(String),
    /// The command is empty, or has a quote that is not closed.
    #[error("the command of backend `{0}` is empty, or has an open quote or a NUL")]
    Command(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_split_like_a_shell_does() {
        let own: ExternalProgram = r#"own=exec:python3 "my file.py" --rate=2 'a b' c\ d"#.parse().unwrap();
        assert_eq!(own.name, "own");
        assert_eq!(own.program.path.to_str(), Some("python3"));
        assert_eq!(own.program.args, ["my file.py", "--rate=2", "a b", "c d"]);
    }

    #[test]
    fn what_cannot_be_started_is_refused() {
        let refused = |text: &str| text.parse::<ExternalProgram>().unwrap_err();
        for text in ["", "own", "own=python3", "own:exec:x", "own=Exec:x"] {
            assert!(matches!(refused(text), BadProgram::Form(_)), "{text}");
        }
        for text in ["=exec:x", "a b=exec:x", "ä=exec:x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=exec:x"] {
            assert!(matches!(refused(text), BadProgram::Name(_)), "{text}");
        }
        for text in ["own=exec:", "own=exec:  ", "own=exec:'open", "own=exec:''", "own=exec:a\0b"] {
            assert!(matches!(refused(text), BadProgram::Command(_)), "{text}");
        }
    }
}
