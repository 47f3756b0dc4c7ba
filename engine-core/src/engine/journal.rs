//! On disk before on the wire: what was signed for each bounty, and what came of it.
//!
//! One SQLite file (write-ahead log, every commit synced), so an operator can look into it. It holds the secrets that open
//! commitments: nobody else may read it. One process at a time.

mod lock;
mod record;
mod schema;
mod sealed;

use std::{
    io,
    path::{Path, PathBuf},
};

use tokio_rusqlite::{Connection, rusqlite};

use self::lock::Lock;
pub use self::{
    record::Record,
    sealed::{Sealed, Signed, SignedTransaction},
};
use crate::{
    bounty::{Assertion, Bounty, BountyId, Step, machine::Stage},
    units::Chain,
};

/// The journal of one account. A clone is another handle to the same.
#[derive(Clone, Debug)]
pub struct Journal {
    connection: Connection,
    path: PathBuf,
    _lock: std::sync::Arc<Lock>,
}

impl Journal {
    /// Opens or makes the journal of `account`. Refused: a file that is no journal, one of a newer version, one of another
    /// account, and one that another process has open.
    pub async fn open(path: &Path, account: &str) -> Result<Self, JournalError> {
        let lock = Lock::take(path)?;
        schema::make_private(path).map_err(|source| JournalError::Io { path: path.to_owned(), source })?;
        let broken = |source| JournalError::Sqlite { path: path.to_owned(), source };
        let connection = Connection::open(path).await.map_err(broken)?;
        let journal = Self { connection, path: path.to_owned(), _lock: std::sync::Arc::new(lock) };
        journal.call(schema::prepare).await?;
        let (ours, owner) = (account.to_owned(), account.to_owned());
        let owner = journal.call(move |db| schema::owner(db, &owner)).await?;
        if owner != ours {
            return Err(JournalError::Foreign { path: path.to_owned(), owner, ours });
        }
        Ok(journal)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Seals an assertion: its secret, its verdicts and its signed bytes are on disk when this returns. A bounty that has been
    /// sealed before is refused.
    pub async fn seal(
        &self,
        bounty: &Bounty,
        assertion: &Assertion,
        signed: Signed,
    ) -> Result<Sealed, JournalError> {
        let record = Record::sealed(bounty.clone(), assertion.clone(), signed.clone());
        self.call(move |db| record.insert(db)).await?;
        Ok(Sealed { id: bounty.id, step: Step::Assert, signed, assertion: assertion.clone() })
    }

    /// Seals a later step of a bounty whose assertion is sealed.
    pub async fn seal_step(
        &self,
        record: &Record,
        step: Step,
        signed: Signed,
    ) -> Result<Sealed, JournalError> {
        let (id, bytes) = (record.bounty.id, signed.clone());
        self.call(move |db| Record::update_signed(db, id, step, &bytes)).await?;
        Ok(Sealed { id, step, signed, assertion: record.assertion.clone() })
    }

    /// Notes how far a sealed bounty has come; one that was never sealed is left out.
    pub async fn note(&self, id: BountyId, stage: Stage, index: Option<u64>) -> Result<(), JournalError> {
        self.call(move |db| Record::update_stage(db, id, stage, index)).await
    }

    /// What is kept of a bounty.
    pub async fn record(&self, id: BountyId) -> Result<Option<Record>, JournalError> {
        self.call(move |db| Record::select(db, id)).await
    }

    /// Everything that is not over, in the order of account nonces.
    pub async fn open_records(&self) -> Result<Vec<Record>, JournalError> {
        self.call(|db| Record::select_open(db)).await
    }

    /// What a market learned of a chain, see [`Market::learned`](crate::market::Market::learned).
    pub async fn learned(&self, chain: Chain) -> Result<Option<String>, JournalError> {
        self.call(move |db| schema::value(db, &learned_key(chain))).await
    }

    /// Keeps what a market learned of a chain.
    pub async fn set_learned(&self, chain: Chain, learned: String) -> Result<(), JournalError> {
        self.call(move |db| schema::set_value(db, &learned_key(chain), &learned)).await
    }

    async fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, JournalError> {
        self.connection.call(job).await.map_err(|error| match error {
            tokio_rusqlite::Error::Error(source) => JournalError::Sqlite { path: self.path.clone(), source },
            _ => JournalError::Closed { path: self.path.clone() },
        })
    }
}

fn learned_key(chain: Chain) -> String {
    format!("learned of {chain}")
}

/// Why the journal could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file cannot be made or opened.
    #[error("journal {} cannot be opened: check its folder and permissions, or name another with --journal", path.display())]
    Io {
        /// Which journal.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("journal {} is in use by process {holder}: two engines on one account would spend each other's nonces; stop that one first", path.display())]
    InUse {
        /// Which journal.
        path: PathBuf,
        /// The other process's id, as far as it is known.
        holder: String,
    },
    /// It belongs to another account.
    #[error("journal {} belongs to account {owner}, not to {ours}: name another with --journal, or use that account's keyfile", path.display())]
    Foreign {
        /// Which journal.
        path: PathBuf,
        /// Whose it is.
        owner: String,
        /// Whose key we have.
        ours: String,
    },
    /// SQLite refused: the disk is full, the file is damaged, it is no journal, or it is of a newer version.
    #[error("journal {} cannot be used", path.display())]
    Sqlite {
        /// Which journal.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// It has been closed.
    #[error("journal {} is closed", path.display())]
    Closed {
        /// Which journal.
        path: PathBuf,
    },
}
