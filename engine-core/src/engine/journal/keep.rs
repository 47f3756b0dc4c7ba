//! What is over is forgotten after a while, a part at a time: the engine goes on in between.

use std::time::Duration;

use tokio_rusqlite::{
    params,
    rusqlite::{self, Connection},
};

/// How many bounties are forgotten at once.
const PART: usize = 1000;

/// Forgets bounties that were over, and what was only watched, longer ago than this; at most [`PART`] of each. How many there were.
pub(super) fn prune(db: &Connection, keep: Duration) -> rusqlite::Result<usize> {
    let ago = format!("-{} seconds", keep.as_secs());
    let bounties = db.execute(
        "DELETE FROM bounty WHERE rowid IN
           (SELECT rowid FROM bounty WHERE open = 0 AND noted_at < datetime('now', ?1) LIMIT ?2)",
        params![ago, i64::try_from(PART).unwrap_or(i64::MAX)],
    )?;
    let watched = db.execute(
        "DELETE FROM shadow WHERE rowid IN (SELECT rowid FROM shadow WHERE seen_at < datetime('now', ?1) LIMIT ?2)",
        params![ago, i64::try_from(PART).unwrap_or(i64::MAX)],
    )?;
    Ok(bounties + watched)
}
