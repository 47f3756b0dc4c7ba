//! On disk before on the wire: what was signed for each bounty, and what came of it.
//!
//! One SQLite file (write-ahead log, every commit synced), so an operator can look into it. It holds the secrets that open
//! commitments: nobody else may read it. One process at a time.

mod beside;
mod connection;
#[cfg(feature = "testing")]
mod disk;
mod keep;
mod ledger;
mod lock;
mod record;
mod schema;
mod sealed;
mod shadow;

use std::{
    io,
    path::{Path, PathBuf},
};

use tokio_rusqlite::rusqlite;

#[cfg(feature = "testing")]
pub use self::disk::{Disk, Hook, Moment};
pub use self::{
    beside::Beside,
    ledger::{Ledger, ShadowSums, Sums},
    record::Record,
    sealed::{Sealed, Signed, SignedTransaction},
    shadow::Watched,
};
use self::{connection::Connection, lock::Lock};
use crate::{
    bounty::{Assertion, Bounty, BountyId, Step, evidence::Basis, machine::Stage},
    fail_points::is_broken,
    units::{Chain, Nct},
};

/// The journal of one account. A clone is another handle to the same.
#[derive(Clone, Debug)]
pub struct Journal {
    connection: Connection,
    path: PathBuf,
    /// A simulated disk has none: only its simulation knows of it.
    _lock: Option<std::sync::Arc<Lock>>,
}

impl Journal {
    /// Opens or makes the journal of `account`. Refused: a file that is no journal, one of a newer version, one of another
    /// account, and one that another process has open.
    pub async fn open(path: &Path, account: &str) -> Result<Self, JournalError> {
        let lock = Lock::take(path)?;
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        schema::make(path).map_err(io)?;
        let broken = |source| JournalError::Sqlite { path: path.to_owned(), source };
        let connection = Connection::File(tokio_rusqlite::Connection::open(path).await.map_err(broken)?);
        let lock = Some(std::sync::Arc::new(lock));
        let journal = Self { connection, path: path.to_owned(), _lock: lock };
        journal.call(schema::prepare).await?;
        schema::make_private(path).map_err(io)?;
        journal.belongs_to(account).await?;
        Ok(journal)
    }

    /// The same on a simulated disk.
    #[cfg(feature = "testing")]
    pub async fn on(disk: Disk, account: &str) -> Result<Self, JournalError> {
        let path = PathBuf::from("(simulated)");
        let journal = Self { connection: Connection::Simulated(disk), path, _lock: None };
        journal.call(schema::prepare).await?;
        journal.belongs_to(account).await?;
        Ok(journal)
    }

    async fn belongs_to(&self, account: &str) -> Result<(), JournalError> {
        let (ours, owner) = (account.to_owned(), account.to_owned());
        let owner = self.call(move |db| schema::owner(db, &owner)).await?;
        if owner != ours {
            return Err(JournalError::Foreign { path: self.path.clone(), owner, ours });
        }
        Ok(())
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
        basis: &Basis,
        signed: Signed,
    ) -> Result<Sealed, JournalError> {
        let record = Record::sealed(bounty.clone(), assertion.clone(), signed.clone());
        if !is_broken("sealed before sent") {
            let basis = basis.clone();
            self.call(move |db| record.insert(db, &basis)).await?;
        }
        Ok(Sealed { id: bounty.id, step: Step::Assert, signed, assertion: assertion.clone() })
    }

    /// Seals a later step of a bounty whose assertion is sealed. Should the disk not take it, it is told and sealed in memory
    /// only: what is staked has to be opened, and opening it twice does no harm.
    pub async fn seal_step(&self, record: &Record, step: Step, signed: Signed) -> Sealed {
        let (id, index, bytes) = (record.bounty.id, record.index, signed.clone());
        if let Err(error) = self.call(move |db| Record::update_signed(db, id, step, &bytes, index)).await {
            tracing::error!(bounty = %id, %step, error = &error as &dyn std::error::Error, "the journal cannot be written; what is owed is done all the same");
        }
        Sealed { id, step, signed, assertion: record.assertion.clone() }
    }

    /// Whether it can be written at this moment.
    pub async fn is_writable(&self) -> Result<(), JournalError> {
        self.call(schema::try_to_write).await
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

    /// Forgets a part of what was over longer ago than this, and says whether there may be more.
    pub async fn prune(&self, keep: std::time::Duration) -> Result<bool, JournalError> {
        Ok(self.call(move |db| keep::prune(db, keep)).await? > 0)
    }

    /// The bids and fees of everything that is not over.
    pub async fn at_risk(&self) -> Result<Nct, JournalError> {
        self.call(|db| ledger::at_risk(db)).await
    }

    /// What was lost in the last day, fees included, by bounties that were over after staking was last resumed.
    pub async fn lost_today(&self) -> Result<Nct, JournalError> {
        self.call(|db| {
            let since: String = db.query_row(
                "SELECT max(datetime('now', '-1 day'), coalesce((SELECT value FROM value WHERE key = ?1), ''))",
                [schema::RESUMED],
                |row| row.get(0),
            )?;
            ledger::lost_since(db, &since)
        })
        .await
    }

    /// Why nothing is staked any more, until somebody [resumes](Beside::resume).
    pub async fn tripped(&self) -> Result<Option<String>, JournalError> {
        self.call(|db| schema::value(db, schema::TRIPPED)).await
    }

    /// Keeps why nothing is staked any more.
    pub async fn trip(&self, why: String) -> Result<(), JournalError> {
        self.call(move |db| schema::set_value(db, schema::TRIPPED, &why)).await
    }

    /// Keeps what would have been staked on a bounty, and why it was not.
    pub(super) async fn watch(
        &self,
        bounty: &Bounty,
        assertion: &Assertion,
        basis: &Basis,
        because: &str,
    ) -> Result<(), JournalError> {
        let (bounty, assertion, basis) = (bounty.clone(), assertion.clone(), basis.clone());
        let because = because.to_owned();
        self.call(move |db| shadow::insert(db, &bounty, &assertion, &basis, &because)).await
    }

    /// What is watched, and not known to be decided.
    pub(super) async fn watched(&self) -> Result<Vec<Watched>, JournalError> {
        self.call(|db| shadow::open(db)).await
    }

    /// Keeps how a bounty that is watched was decided; `None`: nobody voted.
    pub(super) async fn decide(&self, id: BountyId, truth: Option<Vec<bool>>) -> Result<(), JournalError> {
        self.call(move |db| shadow::decide(db, id, truth.as_deref())).await
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
    #[error("journal {} cannot be used: has its disk room, may we write it, is it the right file?", path.display())]
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
