//! The tables, and how a journal of an older version becomes one of this version.

use std::{fs::OpenOptions, io, path::Path};

use tokio_rusqlite::{params, rusqlite};

/// The version of the schema, kept in SQLite's `user_version`.
const VERSION: i64 = 2;

/// "MEJ1": tells a journal from any other SQLite file.
const APPLICATION_ID: i64 = 0x4D45_4A31;

/// What makes each version of the one before it; an empty file is of version 0.
const STEPS: [fn(&rusqlite::Transaction<'_>) -> rusqlite::Result<()>; 2] = [to_version_1, to_version_2];

fn to_version_1(db: &rusqlite::Transaction<'_>) -> rusqlite::Result<()> {
    db.execute_batch(TABLES_1)
}

fn to_version_2(db: &rusqlite::Transaction<'_>) -> rusqlite::Result<()> {
    db.execute_batch(TABLES_2)?;
    super::record::fill_staked(db)
}

const TABLES_1: &str = "
CREATE TABLE value (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
CREATE TABLE bounty (
    chain      TEXT NOT NULL,               -- home, side
    guid       TEXT NOT NULL,
    stage      TEXT NOT NULL,               -- signed STEP, done STEP, over: OUTCOME
    open       INTEGER NOT NULL,            -- 1 while something is owed
    idx        INTEGER,                     -- our assertion's index, once known
    nonce      INTEGER NOT NULL,            -- first account nonce of the assertion
    bounty     TEXT NOT NULL,               -- what was announced, JSON
    assertion  TEXT NOT NULL,               -- what was promised, with its secret, JSON
    asserting  TEXT NOT NULL,               -- signed bytes, JSON
    revealing  TEXT,
    settling   TEXT,
    sealed_at  TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    noted_at   TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (chain, guid)
) STRICT;
CREATE INDEX bounty_open ON bounty (nonce) WHERE open = 1;
";

/// Amounts are texts: they have more digits than SQLite's integers.
const TABLES_2: &str = "
ALTER TABLE bounty ADD COLUMN staked TEXT;      -- the sum of the bids, base units of NCT
ALTER TABLE bounty ADD COLUMN fee TEXT;         -- what the market took beside them; NULL: not known
ALTER TABLE bounty ADD COLUMN paid TEXT;        -- the payout; NULL: none, or not known
ALTER TABLE bounty ADD COLUMN evidence TEXT;    -- who said what of each artifact, JSON
CREATE INDEX bounty_over ON bounty (noted_at) WHERE open = 0;
CREATE TABLE shadow (
    chain      TEXT NOT NULL,
    guid       TEXT NOT NULL,
    because    TEXT NOT NULL,               -- why it was not staked
    open       INTEGER NOT NULL,            -- 1 while it is not known how it was decided
    bounty     TEXT NOT NULL,               -- what was announced, JSON
    assertion  TEXT NOT NULL,               -- what would have been promised, JSON
    staked     TEXT NOT NULL,
    fee        TEXT NOT NULL,
    evidence   TEXT NOT NULL,
    truth      TEXT,                        -- what the arbiters voted, JSON list of true (malicious) and false
    seen_at    TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (chain, guid)
) STRICT;
CREATE INDEX shadow_open ON shadow (guid) WHERE open = 1;
";

/// Makes sure that the file exists; a new one can be read by its owner only.
pub(super) fn make(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}

/// Takes the file and what SQLite keeps beside it from everybody but its owner: a copy may have come with other rights.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        match std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Sets the connection up, and makes an empty file or a journal of an older version one of this version. What is no journal of ours is
/// left as it is.
pub(super) fn prepare(db: &mut rusqlite::Connection) -> rusqlite::Result<()> {
    let version = version(db)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    if version == VERSION {
        return Ok(());
    }
    if version > 0 {
        tracing::info!(from = version, to = VERSION, "the journal is of an older version and taken over");
    }
    let transaction = db.transaction()?;
    for step in STEPS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        step(&transaction)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// Which version a journal has, 0 for an empty file.
pub(super) fn version(db: &rusqlite::Connection) -> rusqlite::Result<i64> {
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i64 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    match (application, version, tables) {
        (APPLICATION_ID, 1..=VERSION, _) => Ok(version),
        (APPLICATION_ID, newer, _) => Err(refuse(&format!(
            "it is of version {newer}, this program knows version {VERSION}: use the newer program"
        ))),
        (0, 0, 0) => Ok(0),
        _ => Err(refuse("it is an SQLite file, but no journal: name another with --journal")),
    }
}

/// Whether it is a journal, of this program's version.
pub(super) fn is_current(db: &rusqlite::Connection) -> rusqlite::Result<()> {
    match version(db)? {
        VERSION => Ok(()),
        0 => Err(refuse("it is empty: no engine has used it yet")),
        older => Err(refuse(&format!("it is of version {older}; the next `run` makes it version {VERSION}"))),
    }
}

/// Takes away why nothing is staked, and gives it back.
pub(super) fn resume(db: &mut rusqlite::Connection) -> rusqlite::Result<Option<String>> {
    let transaction = db.transaction()?;
    let why = value(&transaction, TRIPPED)?;
    transaction.execute("DELETE FROM value WHERE key = ?1", params![TRIPPED])?;
    if why.is_some() {
        transaction.execute(
            "INSERT OR REPLACE INTO value (key, value) VALUES (?1, CURRENT_TIMESTAMP)",
            params![RESUMED],
        )?;
    }
    transaction.commit()?;
    Ok(why)
}

/// The key of why nothing is staked any more.
pub(super) const TRIPPED: &str = "tripped";
/// The key of when staking was last resumed, in UTC.
pub(super) const RESUMED: &str = "resumed at";

/// The account that the journal belongs to; a new journal belongs to `account`.
pub(super) fn owner(db: &mut rusqlite::Connection, account: &str) -> rusqlite::Result<String> {
    // A journal that has one is only read, so that an engine starts on a full disk and reveals what it owes.
    if let Some(owner) = value(db, "account")? {
        return Ok(owner);
    }
    set_value(db, "account", account)?;
    Ok(account.to_owned())
}

/// Writes something, and makes sure that it is on disk.
pub(super) fn try_to_write(db: &mut rusqlite::Connection) -> rusqlite::Result<()> {
    db.execute("INSERT OR REPLACE INTO value (key, value) VALUES ('last written', CURRENT_TIMESTAMP)", [])
        .map(|_| ())
}

pub(super) fn value(db: &rusqlite::Connection, key: &str) -> rusqlite::Result<Option<String>> {
    use rusqlite::OptionalExtension;
    db.query_row("SELECT value FROM value WHERE key = ?1", params![key], |row| row.get(0)).optional()
}

pub(super) fn set_value(db: &rusqlite::Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    db.execute("INSERT OR REPLACE INTO value (key, value) VALUES (?1, ?2)", params![key, value]).map(|_| ())
}

fn refuse(why: &str) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB),
        Some(why.to_owned()),
    )
}
