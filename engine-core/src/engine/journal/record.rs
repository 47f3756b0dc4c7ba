//! One bounty in the journal.

use serde::{Serialize, de::DeserializeOwned};
use tokio_rusqlite::{
    params,
    rusqlite::{self, Connection, OptionalExtension, Row, types::Type},
};

use super::sealed::{Sealed, Signed};
use crate::{
    bounty::{
        Assertion, Bounty, BountyId, Step,
        evidence::Basis,
        machine::{Outcome, Stage},
    },
    fail_points::is_broken,
    units::Nct,
};

/// What is kept of a bounty on which something was staked.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What was announced.
    pub bounty: Bounty,
    /// What was promised.
    pub assertion: Assertion,
    /// How far it has come.
    pub stage: Stage,
    /// Our assertion's index, once it is known.
    pub index: Option<u64>,
    asserting: Signed,
    revealing: Option<Signed>,
    settling: Option<Signed>,
}

const COLUMNS: &str = "bounty, assertion, stage, idx, asserting, revealing, settling";

impl Record {
    pub(super) fn sealed(bounty: Bounty, assertion: Assertion, asserting: Signed) -> Self {
        let stage = Stage::Signed(Step::Assert);
        Self { bounty, assertion, stage, index: None, asserting, revealing: None, settling: None }
    }

    /// The step's bytes, if they were sealed.
    pub fn signed(&self, step: Step) -> Option<Sealed> {
        let signed = match step {
            Step::Assert => Some(&self.asserting),
            Step::Reveal => self.revealing.as_ref(),
            Step::Settle => self.settling.as_ref(),
        };
        signed.map(|signed| Sealed {
            id: self.bounty.id,
            step,
            signed: signed.clone(),
            assertion: self.assertion.clone(),
        })
    }

    pub(super) fn insert(&self, db: &Connection, basis: &Basis) -> rusqlite::Result<()> {
        let BountyId { chain, guid } = self.bounty.id;
        let nonce =
            self.asserting.transactions.first().map_or(0, |t| i64::try_from(t.nonce).unwrap_or(i64::MAX));
        if is_broken("staked on once") {
            db.execute("DELETE FROM bounty WHERE guid = ?1", [guid.to_string()])?;
        }
        db.execute(
            "INSERT INTO bounty (chain, guid, stage, open, nonce, bounty, assertion, asserting, staked, fee, evidence)
             VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                chain.as_str(),
                guid.to_string(),
                stage_text(self.stage),
                nonce,
                json(&self.bounty)?,
                json(&self.assertion)?,
                json(&self.asserting)?,
                staked(&self.assertion),
                basis.fee.0.to_string(),
                json(&basis.evidence)?
            ],
        )?;
        Ok(())
    }

    pub(super) fn update_signed(
        db: &Connection,
        id: BountyId,
        step: Step,
        signed: &Signed,
        index: Option<u64>,
    ) -> rusqlite::Result<()> {
        let index = index.and_then(|index| i64::try_from(index).ok());
        let column = match step {
            Step::Assert => "asserting",
            Step::Reveal => "revealing",
            Step::Settle => "settling",
        };
        let changed = db.execute(
            &format!(
                "UPDATE bounty SET {column} = ?1, stage = ?2, idx = coalesce(?3, idx), noted_at = CURRENT_TIMESTAMP
                 WHERE chain = ?4 AND guid = ?5"
            ),
            params![
                json(signed)?,
                stage_text(Stage::Signed(step)),
                index,
                id.chain.as_str(),
                id.guid.to_string()
            ],
        )?;
        if changed == 1 { Ok(()) } else { Err(rusqlite::Error::QueryReturnedNoRows) }
    }

    pub(super) fn update_stage(
        db: &Connection,
        id: BountyId,
        stage: Stage,
        index: Option<u64>,
    ) -> rusqlite::Result<()> {
        let index = index.and_then(|index| i64::try_from(index).ok());
        let payout = if let Stage::Over(Outcome::Settled { payout }) = stage { payout } else { None };
        // A word that comes late, when the disk was full before, does not undo what was sealed in the meantime.
        let later = match stage {
            Stage::Done(Step::Assert) => {
                [Step::Reveal, Step::Settle].map(|step| stage_text(Stage::Signed(step)))
            }
            Stage::Done(Step::Reveal) => [Step::Settle; 2].map(|step| stage_text(Stage::Signed(step))),
            _ => Default::default(),
        };
        let [first, second] = later;
        db.execute(
            "UPDATE bounty SET stage = CASE WHEN stage IN (?7, ?8) THEN stage ELSE ?1 END, open = ?2, idx = coalesce(?3, idx), paid = ?4, noted_at = CURRENT_TIMESTAMP
             WHERE chain = ?5 AND guid = ?6",
            params![
                stage_text(stage),
                !matches!(stage, Stage::Over(_)),
                index,
                payout.map(|payout| payout.0.to_string()),
                id.chain.as_str(),
                id.guid.to_string(),
                first,
                second
            ],
        )?;
        Ok(())
    }

    pub(super) fn select(db: &Connection, id: BountyId) -> rusqlite::Result<Option<Self>> {
        let sql = format!("SELECT {COLUMNS} FROM bounty WHERE chain = ?1 AND guid = ?2");
        db.query_row(&sql, params![id.chain.as_str(), id.guid.to_string()], Self::read).optional()
    }

    pub(super) fn select_open(db: &Connection) -> rusqlite::Result<Vec<Self>> {
        let mut rows = db.prepare(&format!("SELECT {COLUMNS} FROM bounty WHERE open = 1 ORDER BY nonce"))?;
        rows.query_map([], Self::read)?.collect()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let text: String = row.get("stage")?;
        let stage =
            stage_of(&text).ok_or_else(|| damaged("stage", format!("unknown stage `{text}`").into()))?;
        Ok(Self {
            bounty: column(row, "bounty")?.ok_or_else(|| damaged("bounty", "missing".into()))?,
            assertion: column(row, "assertion")?.ok_or_else(|| damaged("assertion", "missing".into()))?,
            stage,
            index: row.get::<_, Option<i64>>("idx")?.and_then(|index| u64::try_from(index).ok()),
            asserting: column(row, "asserting")?.ok_or_else(|| damaged("asserting", "missing".into()))?,
            revealing: column(row, "revealing")?,
            settling: column(row, "settling")?,
        })
    }
}

/// The sum of the bids, as the column `staked` has it. An absurd sum is more than any balance.
pub(super) fn staked(assertion: &Assertion) -> String {
    Nct::checked_sum(assertion.bids.iter().copied()).unwrap_or(Nct(u128::MAX)).0.to_string()
}

/// Fills the column `staked` of all bounties that an older version sealed.
pub(super) fn fill_staked(db: &Connection) -> rusqlite::Result<()> {
    let mut all = db.prepare("SELECT rowid, assertion FROM bounty")?;
    let mut fill = db.prepare("UPDATE bounty SET staked = ?1 WHERE rowid = ?2")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(assertion) = column::<Assertion>(row, "assertion")? {
            fill.execute(params![staked(&assertion), row.get::<_, i64>("rowid")?])?;
        }
    }
    Ok(())
}

/// The stage as an operator reads it: `signed assert`, `done reveal`, `over: settled`.
fn stage_text(stage: Stage) -> String {
    match stage {
        Stage::Open => "open".to_owned(),
        Stage::Signed(step) => format!("signed {step}"),
        Stage::Done(step) => format!("done {step}"),
        Stage::Over(Outcome::Settled { payout: None }) => "over: settled".to_owned(),
        Stage::Over(Outcome::Settled { payout: Some(payout) }) => format!("over: settled for {}", payout.0),
        Stage::Over(Outcome::Missed(step)) => format!("over: missed {step}"),
        Stage::Over(Outcome::Skipped(_)) => "over: skipped".to_owned(),
    }
}

/// The stage of a bounty that is not over.
fn stage_of(text: &str) -> Option<Stage> {
    let step =
        |word: &str| [Step::Assert, Step::Reveal, Step::Settle].into_iter().find(|s| s.as_str() == word);
    match text.split_once(' ')? {
        ("signed", word) => step(word).map(Stage::Signed),
        ("done", word) => step(word).map(Stage::Done),
        ("over:", word) => {
            let missed = word.strip_prefix("missed ").and_then(step).map(Outcome::Missed);
            Some(Stage::Over(missed.unwrap_or(Outcome::Settled { payout: None })))
        }
        _ => None,
    }
}

pub(super) fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// An amount in a column of digits.
pub(super) fn amount(row: &Row<'_>, name: &'static str) -> rusqlite::Result<Option<Nct>> {
    let text: Option<String> = row.get(name)?;
    text.map(|text| text.parse().map(Nct).map_err(|_| damaged(name, format!("`{text}` is no amount").into())))
        .transpose()
}

pub(super) fn column<T: DeserializeOwned>(row: &Row<'_>, name: &'static str) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(name)?;
    text.map(|text| serde_json::from_str(&text).map_err(|error| damaged(name, error.into()))).transpose()
}

fn damaged(name: &'static str, why: crate::BoxError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, format!("column {name}: {why}").into())
}
