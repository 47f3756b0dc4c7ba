//! What clamd answers: bytes in, no I/O. Three outcomes, of which the third is an error, never a verdict.

use engine_core::{ErrorKind, ScanError};

use crate::failure::failure;

/// What clamd found in an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `stream: OK`: no signature fired.
    Clean,
    /// `stream: NAME FOUND`: this one did; the name as clamd wrote it.
    Found(String),
}

impl Reply {
    /// Reads the reply to INSTREAM, with or without the NUL or newline at its end.
    ///
    /// # Errors
    ///
    /// - `too_large`: over the daemon's `StreamMaxLength`
    /// - `timed_out`: the daemon gave up waiting for us, or passed its own `MaxScanTime`
    /// - `unavailable`: no reply at all; the daemon closed the connection
    /// - what [`failure`] makes of an error that the daemon tells
    /// - `bad_reply`: everything else
    pub fn parse(bytes: &[u8]) -> Result<Self, ScanError> {
        let text = line(bytes)?;
        if let Some(about) = text.strip_prefix("stream: ") {
            if about == "OK" {
                return Ok(Self::Clean);
            }
            if let Some(name) = about.strip_suffix(" FOUND").filter(|name| !name.trim().is_empty()) {
                return Ok(Self::Found(name.to_owned()));
            }
        }
        Err(refusal(text))
    }
}

/// What stands for the version of signatures that have none: no official database is loaded.
pub(crate) const UNVERSIONED: &str = "unversioned";

/// Versions that clamd tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// `ClamAV 1.4.6`.
    pub scanner: String,
    /// What follows the first `/`: the number and date of the official database. `unversioned` if there is none.
    pub signatures: String,
}

impl Version {
    /// Reads the reply to VERSION.
    ///
    /// # Errors
    ///
    /// `unavailable` for no reply at all, `bad_reply` for one that is no version.
    pub fn parse(bytes: &[u8]) -> Result<Self, ScanError> {
        let text = line(bytes)?;
        if !text.starts_with("ClamAV ") {
            return Err(refusal(text));
        }
        let (scanner, signatures) = text.split_once('/').unwrap_or((text, ""));
        let signatures = if signatures.is_empty() { UNVERSIONED } else { signatures };
        Ok(Self { scanner: scanner.trim_end().to_owned(), signatures: signatures.to_owned() })
    }
}

/// A reply's text without its end.
fn line(bytes: &[u8]) -> Result<&str, ScanError> {
    let text = match bytes {
        [] => {
            return Err(ScanError::unavailable(
                "clamd closed the connection without an answer; is it being restarted?",
            ));
        }
        [text @ .., 0 | b'\n'] => text,
        // An answer that was cut off: `stream: OK` may be the start of something else.
        text => return Err(failure(&String::from_utf8_lossy(text))),
    };
    match std::str::from_utf8(text) {
        Ok(text) if !text.contains(char::is_control) => Ok(text),
        _ => Err(failure(&String::from_utf8_lossy(text))),
    }
}

/// What a reply means that is neither clean nor found.
fn refusal(text: &str) -> ScanError {
    // The limit is on the stream, so there is no `stream: ` before it.
    if text.contains("INSTREAM size limit exceeded") {
        let message = "the artifact is over the limit of clamd; raise StreamMaxLength in clamd.conf";
        return ScanError::new(ErrorKind::TooLarge, message);
    }
    if text == "COMMAND READ TIMED OUT" {
        return ScanError::timed_out(
            "the artifact did not reach clamd in time; raise ReadTimeout in clamd.conf",
        );
    }
    let about = text.strip_prefix("stream: ").unwrap_or(text);
    failure(about.strip_suffix(" ERROR").unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f15_only_whole_replies_are_verdicts() {
        for (bytes, kind) in [
            (&b""[..], ErrorKind::Unavailable),
            (b"\0", ErrorKind::BadReply),
            (b"stream: OK", ErrorKind::BadReply),
            (b"stream: \0", ErrorKind::BadReply),
            (b"stream:  FOUND\0", ErrorKind::BadReply),
            (b"stream: FOUND\0", ErrorKind::BadReply),
            (b"stream: found\0", ErrorKind::BadReply),
            (b"stream: OK\0\0", ErrorKind::BadReply),
            (b"stream: \xff FOUND\0", ErrorKind::BadReply),
            (b"stream: a\nb FOUND\0", ErrorKind::BadReply),
            (b"1: stream: OK\0", ErrorKind::BadReply),
            (b"OK\0", ErrorKind::BadReply),
            (b"UNKNOWN COMMAND\0", ErrorKind::BadReply),
            (b"ERROR\0", ErrorKind::BadReply),
            (b"stream: Can't open file or directory ERROR\0", ErrorKind::Unavailable),
            (b"stream: Can't allocate memory ERROR\0", ErrorKind::LimitExceeded),
            (b"stream: Exceeded time limit ERROR\0", ErrorKind::TimedOut),
        ] {
            let error = Reply::parse(bytes).expect_err(&String::from_utf8_lossy(bytes));
            assert_eq!(error.kind, kind, "{error}");
        }
    }

    #[test]
    fn a_name_may_hold_spaces_and_words_of_the_protocol() {
        for name in ["OK", "a b", "stream: x", "FOUND FOUND", "ERROR"] {
            let reply = Reply::parse(format!("stream: {name} FOUND\0").as_bytes());
            assert_eq!(reply, Ok(Reply::Found(name.to_owned())));
        }
    }

    #[test]
    fn versions_with_and_without_a_database() {
        for (bytes, scanner, signatures) in [
            (&b"ClamAV 1.4.6\0"[..], "ClamAV 1.4.6", "unversioned"),
            (b"ClamAV 1.4.6/\n", "ClamAV 1.4.6", "unversioned"),
            (
                b"ClamAV 0.102.4/25912/Fri Aug 28 13:19:15 2020\n",
                "ClamAV 0.102.4",
                "25912/Fri Aug 28 13:19:15 2020",
            ),
        ] {
            let version = Version { scanner: scanner.into(), signatures: signatures.into() };
            assert_eq!(Version::parse(bytes), Ok(version));
        }
        assert!(Version::parse(b"PONG\0").is_err());
    }
}
