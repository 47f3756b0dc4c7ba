//! What ClamAV's own error texts mean. clamd sends them, libclamav returns them; the words are the same.

use engine_core::{ErrorKind, ScanError};

/// How texts begin, what they mean, and what to do. The texts are those of `cl_strerror` in 1.4.6, and older ones.
const TEXTS: [(&str, ErrorKind, &str); 15] = [
    ("Exceeded time limit", ErrorKind::TimedOut, "raise MaxScanTime in clamd.conf"),
    ("Time limit reached", ErrorKind::TimedOut, "raise MaxScanTime in clamd.conf"),
    ("Exceeded max", ErrorKind::LimitExceeded, "unpack it and scan the parts"),
    (
        "Can't allocate memory",
        ErrorKind::LimitExceeded,
        "give it more memory, or unpack it and scan the parts",
    ),
    ("Bad format or broken data", ErrorKind::Corrupt, "it is damaged"),
    ("Can't parse data", ErrorKind::Corrupt, "it is damaged"),
    ("Can't unpack some data", ErrorKind::Corrupt, "it is damaged, or packed in an unknown way"),
    ("Can't open", ErrorKind::Unavailable, TEMPORARY),
    ("Can't create", ErrorKind::Unavailable, TEMPORARY),
    ("Can't write", ErrorKind::Unavailable, TEMPORARY),
    ("Can't access", ErrorKind::Unavailable, TEMPORARY),
    ("Can't map", ErrorKind::Unavailable, TEMPORARY),
    ("Can't read", ErrorKind::Unavailable, TEMPORARY),
    ("Mutex lock failed", ErrorKind::Unavailable, "restart it"),
    ("Bad state", ErrorKind::Unavailable, "restart it"),
];

const TEMPORARY: &str = "is its folder for temporary files full, or not writable?";

/// The failure that ClamAV tells in one of its texts; `bad_reply` for a text that is not known.
pub fn failure(text: &str) -> ScanError {
    match TEXTS.iter().find(|(known, _, _)| text.starts_with(known)) {
        Some((_, kind, advice)) => ScanError::new(*kind, format!("ClamAV says `{}`: {advice}", start(text))),
        None => {
            ScanError::bad_reply(format!("ClamAV says `{}`, which is no verdict; see its log", start(text)))
        }
    }
}

/// The beginning of a text from outside, fit to print.
fn start(text: &str) -> String {
    text.chars().take(120).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_failures() {
        for (text, kind) in [
            ("Exceeded time limit", ErrorKind::TimedOut),
            ("Exceeded max recursion depth", ErrorKind::LimitExceeded),
            ("Can't allocate memory", ErrorKind::LimitExceeded),
            ("Bad format or broken data", ErrorKind::Corrupt),
            ("Can't create temporary file", ErrorKind::Unavailable),
            ("Unspecified error", ErrorKind::BadReply),
            ("", ErrorKind::BadReply),
        ] {
            assert_eq!(failure(text).kind, kind, "{text}");
        }
    }

    #[test]
    fn a_long_or_odd_text_is_cut_and_cleaned() {
        let message = failure(&"\u{1b}[31m".repeat(1000)).message;
        assert!(message.len() < 1000 && !message.contains('\u{1b}'), "{message}");
    }
}
