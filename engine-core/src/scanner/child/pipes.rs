//! The two pipes to a program: requests go into one, lines come out of the other.

use std::io;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{ChildStdin, ChildStdout},
};

use super::protocol::MAX_LINE;
use crate::scanner::ScanError;

/// A program's standard input, which knows how much of the latest request it was given.
#[derive(Debug)]
pub(super) struct Input {
    pipe: ChildStdin,
    given: u64,
}

impl Input {
    pub(super) fn new(pipe: ChildStdin) -> Self {
        Self { pipe, given: 0 }
    }

    /// Writes a request: its line and the artifact. Gives itself back, to be asked how much of it was read.
    pub(super) async fn give(&mut self, line: &[u8], artifact: &[u8]) -> io::Result<&Self> {
        self.given = 0;
        for mut rest in [line, artifact] {
            while !rest.is_empty() {
                let written = self.pipe.write(rest).await?;
                if written == 0 {
                    return Err(io::ErrorKind::WriteZero.into());
                }
                self.given = self.given.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
                rest = rest.get(written..).unwrap_or_default();
            }
        }
        self.pipe.flush().await?;
        Ok(self)
    }

    /// Whether all that was given of the latest request is still in the pipe: nothing of it was read. False where the system can't tell.
    pub(super) fn is_untouched(&self) -> bool {
        self.unread().is_some_and(|unread| unread >= self.given)
    }

    /// Whether nothing is left in the pipe. True where the system can't tell.
    pub(super) fn is_read(&self) -> bool {
        self.unread().is_none_or(|unread| unread == 0)
    }

    /// How many bytes are in the pipe, written and not read yet.
    fn unread(&self) -> Option<u64> {
        #[cfg(unix)]
        return rustix::io::ioctl_fionread(&self.pipe).ok();
        #[cfg(not(unix))]
        None
    }
}

/// A program's standard output.
#[derive(Debug)]
pub(super) struct Output {
    pipe: BufReader<ChildStdout>,
}

impl Output {
    pub(super) fn new(pipe: ChildStdout) -> Self {
        Self { pipe: BufReader::new(pipe) }
    }

    /// One line with its end, at most [`MAX_LINE`] bytes; empty at end of file.
    pub(super) async fn line(&mut self) -> Result<Vec<u8>, ScanError> {
        let mut line = Vec::new();
        let read = (&mut self.pipe).take(MAX_LINE).read_until(b'\n', &mut line).await;
        read.map_err(|error| ScanError::crashed(format!("its output cannot be read: {error}")))?;
        if !line.is_empty() && line.last() != Some(&b'\n') {
            return Err(ScanError::bad_reply("a line without an end, or longer than a mebibyte"));
        }
        Ok(line)
    }

    /// Whether there is nothing to be read at this moment, not even an end.
    pub(super) fn is_silent(&self) -> bool {
        self.pipe.buffer().is_empty() && self.is_pipe_silent()
    }

    /// Asks the pipe itself: what tokio knows of it may be older.
    #[cfg(unix)]
    fn is_pipe_silent(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut pipe = [PollFd::new(self.pipe.get_ref(), PollFlags::IN)];
        matches!(poll(&mut pipe, Some(&Timespec::default())), Ok(0))
    }

    #[cfg(not(unix))]
    fn is_pipe_silent(&self) -> bool {
        true
    }
}
