//! Why a scan has no result. A failure is not an opinion.

use serde::{Deserialize, Serialize};

/// Why a scan failed: a kind for programs, a message for people (what failed, on what, what to do).
///
/// The same record is printed, journalled and read from a child, so causes are part of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ScanError {
    /// What sort of failure; also the label in output and metrics.
    pub kind: ErrorKind,
    /// What failed and what to do, for people.
    #[serde(default)]
    pub message: String,
}

impl ScanError {
    /// A failure of a kind, told in a sentence without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The scan passed its deadline.
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::TimedOut, message)
    }

    /// The backend cannot be reached.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message)
    }

    /// The backend said something that is no answer.
    pub fn bad_reply(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadReply, message)
    }

    /// The backend died.
    pub fn crashed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Crashed, message)
    }
}

/// The sorts of failure. Their names are part of the output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The artifact cannot be read.
    Unreadable,
    /// The artifact is larger than a limit.
    TooLarge,
    /// The artifact, or something in it, is encrypted.
    Encrypted,
    /// The artifact is damaged, so that it cannot be looked into.
    Corrupt,
    /// This kind of artifact is not for this scanner (a device, a URL).
    Unsupported,
    /// Looking into it went over a limit of depth, files, bytes or memory.
    LimitExceeded,
    /// The deadline passed.
    TimedOut,
    /// The backend cannot be reached, or is not ready.
    Unavailable,
    /// The backend died during the scan.
    Crashed,
    /// The backend said something that is no answer, or did not find its own test file.
    BadReply,
    /// The scan was given up from outside.
    Cancelled,
}

impl ErrorKind {
    /// The name in output: `timed_out`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::TooLarge => "too_large",
            Self::Encrypted => "encrypted",
            Self::Corrupt => "corrupt",
            Self::Unsupported => "unsupported",
            Self::LimitExceeded => "limit_exceeded",
            Self::TimedOut => "timed_out",
            Self::Unavailable => "unavailable",
            Self::Crashed => "crashed",
            Self::BadReply => "bad_reply",
            Self::Cancelled => "cancelled",
        }
    }
}

impl std::fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
