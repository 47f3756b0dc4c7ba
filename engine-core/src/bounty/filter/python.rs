//! JSON values as Python prints and reads them: filters are compared with that, and operators bring theirs along.
//!
//! Where it differs: whole numbers over 64 bits are read as floating ones, members of an object are printed in the order of their names rather
//! than the poster's, and inside of lists and objects a character that cannot be printed is escaped only if it is a control character.

use std::{borrow::Cow, fmt::Write};

use serde_json::Value;

/// `str(value)`: a text is itself.
pub(super) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => {
            let mut printed = String::new();
            print(&mut printed, other);
            Cow::Owned(printed)
        }
    }
}

/// `float(value)`, or `None` where Python raises an error.
pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(bit) => Some(f64::from(u8::from(*bit))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => number(text),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `float(text)`: blanks around it and single underscores between digits are no matter.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if !text.contains('_') {
        return text.parse().ok();
    }
    let is_digit = |part: Option<char>| part.is_some_and(|c| c.is_ascii_digit());
    let parts: Vec<&str> = text.split('_').collect();
    let between_digits = parts
        .iter()
        .zip(parts.iter().skip(1))
        .all(|(before, after)| is_digit(before.chars().next_back()) && is_digit(after.chars().next()));
    parts.concat().parse().ok().filter(|_| between_digits)
}

/// `repr(value)`.
fn print(into: &mut String, value: &Value) {
    match value {
        Value::Null => into.push_str("None"),
        Value::Bool(true) => into.push_str("True"),
        Value::Bool(false) => into.push_str("False"),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(number) => print_float(into, number),
            None => into.push_str(&number.to_string()),
        },
        Value::String(text) => print_quoted(into, text),
        Value::Array(values) => {
            into.push('[');
            for (index, value) in values.iter().enumerate() {
                into.push_str(if index == 0 { "" } else { ", " });
                print(into, value);
            }
            into.push(']');
        }
        Value::Object(members) => {
            into.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                into.push_str(if index == 0 { "" } else { ", " });
                print_quoted(into, name);
                into.push_str(": ");
                print(into, value);
            }
            into.push('}');
        }
    }
}

/// Rust's `{:?}` changes to exponents at the same sizes, and only writes them otherwise: `1e16`, not `1e+16`.
fn print_float(into: &mut String, number: f64) {
    let printed = format!("{number:?}");
    match printed.split_once('e') {
        None => into.push_str(&printed),
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
            // Writing to a string does not fail.
            let _ = write!(into, "{digits}e{sign}{exponent:0>2}");
        }
    }
}

/// In single quotes, unless only double ones do without an escape.
fn print_quoted(into: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    into.push(quote);
    for c in text.chars() {
        match c {
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            '\\' => into.push_str("\\\\"),
            c if c == quote => into.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(into, "\\x{:02x}", u32::from(c));
            }
            c => into.push(c),
        }
    }
    into.push(quote);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python 3.11 says of `str(json.loads(text))`.
    #[test]
    fn printed_as_python_prints() {
        for (json, printed) in [
            ("null", "None"),
            ("true", "True"),
            ("12", "12"),
            ("-3", "-3"),
            ("18446744073709551615", "18446744073709551615"),
            ("1.0", "1.0"),
            ("1e3", "1000.0"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("1.5e300", "1.5e+300"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1.25e-7", "1.25e-07"),
            (r#""it's""#, "it's"),
            ("[]", "[]"),
            (r#"["a", 1, null, [false]]"#, "['a', 1, None, [False]]"),
            (r#"["it's", "say \"it's\""]"#, r#"["it's", 'say "it\'s"']"#),
            (r#"["a\nb\t\u0001\u0085\\", "ö"]"#, r"['a\nb\t\x01\x85\\', 'ö']"),
            (r#"{"a": 1, "b": {}}"#, "{'a': 1, 'b': {}}"),
        ] {
            assert_eq!(text(&serde_json::from_str(json).unwrap()), printed, "{json}");
        }
    }

    /// What Python 3.11 says of `float(text)`.
    #[test]
    fn read_as_python_reads() {
        for (text, value) in [
            ("1", Some(1.0)),
            (" 1.5\n", Some(1.5)),
            ("1_000", Some(1000.0)),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("1_.5", None),
            ("-.5", Some(-0.5)),
            ("5.", Some(5.0)),
            ("1e3", Some(1000.0)),
            ("+1e-3", Some(0.001)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("inf", Some(f64::INFINITY)),
            ("0x10", None),
            ("1M", None),
            ("", None),
            ("1 0", None),
        ] {
            assert_eq!(number(text), value, "{text:?}");
        }
        assert!(number("NaN").is_some_and(f64::is_nan));
    }
}
