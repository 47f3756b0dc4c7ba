//! What happened, line for line: hashed always, kept when somebody wants to read it.

use std::fmt::Arguments;

use sha2::{Digest, Sha256};

/// The log of one life.
#[derive(Debug)]
pub(super) struct Log {
    hash: Sha256,
    lines: Option<Vec<String>>,
}

impl Log {
    pub(super) fn new(keep: bool) -> Self {
        Self { hash: Sha256::new(), lines: keep.then(Vec::new) }
    }

    pub(super) fn line(&mut self, block: u64, text: Arguments<'_>) {
        let line = format!("{block} {text}\n");
        self.hash.update(line.as_bytes());
        if let Some(lines) = &mut self.lines {
            lines.push(line);
        }
    }

    /// Two lives with the same hash had the same log.
    pub(super) fn end(self) -> (String, Vec<String>) {
        (hex::encode(self.hash.finalize()), self.lines.unwrap_or_default())
    }
}
