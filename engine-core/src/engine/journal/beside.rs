//! A journal as other commands see it while an engine may be working on it: no lock is taken, and nothing is changed but what is asked.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio_rusqlite::{
    params,
    rusqlite::{self, Connection, OpenFlags},
};

use super::{JournalError, ledger::Ledger, schema};

/// How long the engine's own writing is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A journal beside the engine that owns it. Its calls wait for the disk: not for a runtime's threads.
#[derive(Debug)]
pub struct Beside {
    db: Connection,
    path: PathBuf,
}

impl Beside {
    /// Opens a journal that exists.
    ///
    /// # Errors
    /// [`JournalError`] when there is none, or one of another version: an older one is taken over by the next `run`.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let wrong = |source| JournalError::Sqlite { path: path.to_owned(), source };
        File::open(path).map_err(|source| JournalError::Io { path: path.to_owned(), source })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).map_err(wrong)?;
        db.busy_timeout(PATIENCE).map_err(wrong)?;
        schema::is_current(&db).map_err(wrong)?;
        Ok(Self { db, path: path.to_owned() })
    }

    /// What was staked since then, and what came of it.
    ///
    /// # Errors
    /// [`JournalError`] when it cannot be read.
    pub fn ledger(&self, since: std::time::SystemTime) -> Result<Ledger, JournalError> {
        Ledger::read(&self.db, since).map_err(|source| self.wrong(source))
    }

    /// Writes the whole journal, as it is at this moment, into a new file that only its owner can read.
    ///
    /// # Errors
    /// [`JournalError`] when the file exists, or when it or the journal fails; what was written is removed then.
    pub fn backup(&self, to: &Path) -> Result<(), JournalError> {
        let io = |source| JournalError::Io { path: to.to_owned(), source };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(to).map_err(io)?;
        let name = to.to_str().ok_or_else(|| io(io::Error::other("its name is not UTF-8")))?;
        let written = self.db.execute("VACUUM INTO ?1", params![name]);
        let written = written.map_err(|source| self.wrong(source)).and_then(|_| file.sync_all().map_err(io));
        if written.is_err() {
            // The first error is the one to tell.
            let _ = std::fs::remove_file(to);
        }
        written
    }

    /// Lets an engine that put itself into shadow stake again: the reason is taken away, and given back if there was one. What was lost
    /// before does not count any more.
    ///
    /// # Errors
    /// [`JournalError`] when it cannot be written.
    pub fn resume(&mut self) -> Result<Option<String>, JournalError> {
        let resumed = schema::resume(&mut self.db);
        resumed.map_err(|source| self.wrong(source))
    }

    fn wrong(&self, source: rusqlite::Error) -> JournalError {
        JournalError::Sqlite { path: self.path.clone(), source }
    }
}
