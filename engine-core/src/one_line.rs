//! Texts from outside on one line: a file's name must not look like a line of ours, nor tell a terminal what to do.

use std::fmt::{self, Write};

/// A value that is printed without control characters (line ends and tabs too) and without marks that turn the order of writing: they
/// are escaped as in Rust (`\n`, `\u{1b}`). A backslash stays as it is.
///
/// ```
/// use engine_core::one_line::OneLine;
/// assert_eq!(OneLine("a\n\u{1b}[31m.yar").to_string(), r"a\n\u{1b}[31m.yar");
/// ```
#[derive(Clone, Copy)]
pub struct OneLine<T>(pub T);

impl<T: fmt::Display> fmt::Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

impl<T: fmt::Debug> fmt::Debug for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{:?}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut good = 0;
        for (at, c) in text.char_indices().filter(|(_, c)| c.is_control() || turns(*c)) {
            self.0.write_str(text.get(good..at).unwrap_or_default())?;
            write!(self.0, "{}", c.escape_default())?;
            good = at + c.len_utf8();
        }
        self.0.write_str(text.get(good..).unwrap_or_default())
    }
}

/// Marks that make a terminal show text in another order than it is written (`gpj.exe` as `exe.jpg`), the ends of lines and paragraphs
/// that are no control characters, and the byte order mark, which shows nothing.
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_the_rest_is_not() {
        let told = OneLine("é\\n\r\n\t\u{9b}31m\u{202e}gpj.exe\u{2028}\u{61c}\u{feff}").to_string();
        assert_eq!(told, r"é\n\r\n\t\u{9b}31m\u{202e}gpj.exe\u{2028}\u{61c}\u{feff}");
        // What its Debug lets through as well.
        assert_eq!(format!("{:?}", OneLine(format_args!("a\nb"))), r"a\nb");
    }
}
