//! What would have been staked, and how it was decided.

use tokio_rusqlite::{
    params,
    rusqlite::{self, Connection},
};

use super::record::{column, json, staked};
use crate::{
    bounty::{Assertion, Bounty, BountyId, evidence::Basis},
    units::Tick,
};

/// A bounty that was watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// Which one.
    pub id: BountyId,
    /// When it expired.
    pub expiration: Tick,
    /// What would have been promised.
    pub assertion: Assertion,
}

/// Keeps what would have been staked, and why it was not.
pub(super) fn insert(
    db: &Connection,
    bounty: &Bounty,
    assertion: &Assertion,
    basis: &Basis,
    because: &str,
) -> rusqlite::Result<()> {
    db.execute(
        "INSERT OR IGNORE INTO shadow (chain, guid, because, open, bounty, assertion, staked, fee, evidence)
         VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8)",
        params![
            bounty.id.chain.as_str(),
            bounty.id.guid.to_string(),
            because,
            json(bounty)?,
            json(assertion)?,
            staked(assertion),
            basis.fee.0.to_string(),
            json(&basis.evidence)?
        ],
    )?;
    Ok(())
}

/// What was watched and is not known to be decided.
pub(super) fn open(db: &Connection) -> rusqlite::Result<Vec<Watched>> {
    let mut rows = db.prepare("SELECT bounty, assertion FROM shadow WHERE open = 1")?;
    let mut rows = rows.query([])?;
    let mut watched = Vec::new();
    while let Some(row) = rows.next()? {
        let (bounty, assertion) = (column::<Bounty>(row, "bounty")?, column::<Assertion>(row, "assertion")?);
        if let (Some(bounty), Some(assertion)) = (bounty, assertion) {
            watched.push(Watched { id: bounty.id, expiration: bounty.expiration, assertion });
        }
    }
    Ok(watched)
}

/// Keeps how it was decided: for each artifact whether it is malicious; `None` if nobody voted.
pub(super) fn decide(db: &Connection, id: BountyId, truth: Option<&[bool]>) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE shadow SET open = 0, truth = ?1 WHERE chain = ?2 AND guid = ?3",
        params![truth.map(|truth| json(&truth)).transpose()?, id.chain.as_str(), id.guid.to_string()],
    )?;
    Ok(())
}
