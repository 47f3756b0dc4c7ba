//! What was staked, and what came of it: in all, for each backend, and for each rule.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use tokio_rusqlite::{
    params,
    rusqlite::{self, Connection, Row},
};

use crate::{
    bounty::{Assertion, evidence::Evidence},
    engine::shadow::score,
    units::Nct,
    verdict::Verdict,
};

/// The sums since some day. A bounty counts whole for every backend and every rule that its assertion rests on, so the lines of
/// backends and rules do not add up to the total.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Everything.
    pub total: Sums,
    /// By name: backends that had the opinion that was asserted.
    pub backends: BTreeMap<String, Sums>,
    /// What was only watched.
    pub shadow: ShadowSums,
    /// By backend and name: rules and signatures behind what was called malicious.
    pub rules: BTreeMap<(String, String), Sums>,
}

/// Sums over bounties on which something was staked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many.
    pub bounties: u64,
    /// How many of them are not over.
    pub open: u64,
    /// How many were not revealed, or not settled.
    pub missed: u64,
    /// How many were settled for a payout that is not known; they are in neither `won` nor `lost`.
    pub unknown: u64,
    /// All bids.
    pub staked: Nct,
    /// What came back beyond the bids, where more came back.
    pub won: Nct,
    /// What did not come back of the bids, where less came back.
    pub lost: Nct,
    /// The market's fees, as far as they are known. Gas is not among them.
    pub fees: Nct,
}

/// What was only watched, see [`Caution`](crate::engine::brakes::Caution): how many of its verdicts were right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShadowSums {
    /// How many bounties.
    pub bounties: u64,
    /// How many of them are not known to be decided.
    pub open: u64,
    /// What would have been staked.
    pub staked: Nct,
    /// Verdicts on artifacts that the arbiters agreed with.
    pub right: u64,
    /// Verdicts that they did not agree with.
    pub wrong: u64,
}

impl ShadowSums {
    fn read(db: &Connection, since: i64) -> rusqlite::Result<Self> {
        let mut rows = db.prepare(
            "SELECT open, staked, assertion, truth FROM shadow WHERE seen_at >= datetime(?1, 'unixepoch')",
        )?;
        let mut rows = rows.query(params![since])?;
        let mut watched = Self::default();
        while let Some(row) = rows.next()? {
            watched.bounties += 1;
            watched.open += u64::from(row.get::<_, bool>("open")?);
            let staked = super::record::amount(row, "staked")?.unwrap_or_default();
            watched.staked.0 = watched.staked.0.saturating_add(staked.0);
            let truth: Option<Vec<bool>> = super::record::column(row, "truth")?;
            let assertion: Option<Assertion> = super::record::column(row, "assertion")?;
            if let (Some(truth), Some(assertion)) = (truth, assertion) {
                let (right, wrong) = score(&assertion, &truth);
                watched.right += right;
                watched.wrong += wrong;
            }
        }
        Ok(watched)
    }
}

impl Ledger {
    pub(super) fn read(db: &Connection, since: SystemTime) -> rusqlite::Result<Self> {
        let since = since.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let since = i64::try_from(since).unwrap_or(i64::MAX);
        let mut rows = db.prepare(
            "SELECT stage, open, staked, fee, paid, evidence FROM bounty
             WHERE sealed_at >= datetime(?1, 'unixepoch') AND stage != 'over: missed assert'",
        )?;
        let mut rows = rows.query(params![since])?;
        let mut ledger = Self { shadow: ShadowSums::read(db, since)?, ..Self::default() };
        while let Some(row) = rows.next()? {
            ledger.add(&Entry::read(row)?);
        }
        Ok(ledger)
    }

    fn add(&mut self, entry: &Entry) {
        let sums = entry.sums();
        self.total.add(&sums);
        for said in entry.evidence.iter().flatten().filter(|said| said.verdict.has_opinion()) {
            // Once a bounty, however many of its artifacts it had an opinion on.
            entry
                .first(said, |other| other.backend == said.backend)
                .then(|| self.backends.entry(said.backend.clone()).or_default().add(&sums));
            if said.verdict != Verdict::Malicious {
                continue;
            }
            for rule in &said.findings {
                let is_this =
                    |other: &Evidence| other.backend == said.backend && other.findings.contains(rule);
                entry.first(said, is_this).then(|| {
                    self.rules.entry((said.backend.clone(), rule.clone())).or_default().add(&sums);
                });
            }
        }
    }
}

impl Sums {
    fn add(&mut self, other: &Self) {
        let sum = |a: Nct, b: Nct| Nct(a.0.saturating_add(b.0));
        self.bounties += other.bounties;
        self.open += other.open;
        self.missed += other.missed;
        self.unknown += other.unknown;
        self.staked = sum(self.staked, other.staked);
        self.won = sum(self.won, other.won);
        self.lost = sum(self.lost, other.lost);
        self.fees = sum(self.fees, other.fees);
    }
}

/// One bounty.
struct Entry {
    open: bool,
    missed: bool,
    staked: Nct,
    fee: Option<Nct>,
    paid: Option<Nct>,
    evidence: Vec<Vec<Evidence>>,
}

impl Entry {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let stage: String = row.get("stage")?;
        Ok(Self {
            open: row.get("open")?,
            missed: stage.starts_with("over: missed"),
            staked: super::record::amount(row, "staked")?.unwrap_or_default(),
            fee: super::record::amount(row, "fee")?,
            paid: super::record::amount(row, "paid")?,
            evidence: super::record::column(row, "evidence")?.unwrap_or_default(),
        })
    }

    fn sums(&self) -> Sums {
        let over = !self.open;
        // What was not settled, or not revealed, brought nothing as far as the journal knows.
        let back = self.paid.or_else(|| self.missed.then_some(Nct::ZERO)).filter(|_| over);
        let beyond = |a: Nct, b: Nct| a.saturating_sub(b);
        Sums {
            bounties: 1,
            open: u64::from(self.open),
            missed: u64::from(self.missed),
            unknown: u64::from(over && back.is_none()),
            staked: self.staked,
            won: back.map_or(Nct::ZERO, |back| beyond(back, self.staked)),
            lost: back.map_or(Nct::ZERO, |back| beyond(self.staked, back)),
            fees: self.fee.unwrap_or_default(),
        }
    }

    /// Whether `said` is the first opinion of this bounty that is so.
    fn first(&self, said: &Evidence, is_so: impl Fn(&Evidence) -> bool) -> bool {
        let mut all = self.evidence.iter().flatten().filter(|other| other.verdict == said.verdict);
        all.find(|other| is_so(other)).is_some_and(|first| std::ptr::eq(first, said))
    }
}

/// What was lost by bounties that were over since then, fees included; zero if more was won. A payout that is not known counts as none.
pub(super) fn lost_since(db: &Connection, since: &str) -> rusqlite::Result<Nct> {
    let mut rows =
        db.prepare("SELECT stage, staked, fee, paid FROM bounty WHERE open = 0 AND noted_at >= ?1 AND stage != 'over: missed assert'")?;
    let mut rows = rows.query(params![since])?;
    let (mut out, mut back) = (Nct::ZERO, Nct::ZERO);
    while let Some(row) = rows.next()? {
        for name in ["staked", "fee"] {
            out.0 = out.0.saturating_add(super::record::amount(row, name)?.unwrap_or_default().0);
        }
        back.0 = back.0.saturating_add(super::record::amount(row, "paid")?.unwrap_or_default().0);
    }
    Ok(out.saturating_sub(back))
}

/// The bids and fees of everything that is not over.
pub(super) fn at_risk(db: &Connection) -> rusqlite::Result<Nct> {
    let mut rows = db.prepare("SELECT staked, fee FROM bounty WHERE open = 1")?;
    let mut rows = rows.query([])?;
    let mut sum = Nct::ZERO;
    while let Some(row) = rows.next()? {
        for name in ["staked", "fee"] {
            sum.0 = sum.0.saturating_add(super::record::amount(row, name)?.unwrap_or_default().0);
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(backends: &[(&str, Verdict, &[&str])], staked: u128, paid: Option<u128>) -> Entry {
        let said = |(backend, verdict, findings): &(&str, Verdict, &[&str])| Evidence {
            backend: (*backend).to_owned(),
            verdict: *verdict,
            findings: findings.iter().map(|rule| (*rule).to_owned()).collect(),
        };
        let evidence: Vec<_> = backends.iter().map(said).collect();
        Entry {
            open: false,
            missed: false,
            staked: Nct(staked),
            fee: Some(Nct(1)),
            paid: paid.map(Nct),
            evidence: vec![evidence.clone(), evidence],
        }
    }

    #[test]
    fn a_bounty_counts_once_for_whoever_it_rests_on() {
        use Verdict::{Benign, Malicious, Unknown};
        let mut ledger = Ledger::default();
        ledger.add(&entry(&[("yara", Malicious, &["a", "b"]), ("clamav", Unknown, &[])], 10, Some(25)));
        ledger.add(&entry(&[("yara", Malicious, &["a"]), ("clamav", Benign, &[])], 10, Some(4)));
        ledger.add(&entry(&[("clamav", Benign, &[])], 10, None));
        ledger.add(&Entry { open: true, ..entry(&[], 10, None) });
        ledger.add(&Entry { missed: true, ..entry(&[], 10, None) });

        let sums = |sums: &Sums| (sums.bounties, sums.won.0, sums.lost.0, sums.fees.0);
        assert_eq!(sums(&ledger.total), (5, 15, 16, 5));
        assert_eq!((ledger.total.open, ledger.total.missed, ledger.total.unknown), (1, 1, 1));
        assert_eq!(sums(&ledger.backends["yara"]), (2, 15, 6, 2));
        assert_eq!(sums(&ledger.backends["clamav"]), (2, 0, 6, 2));
        let rule = |name: &str| sums(&ledger.rules[&("yara".to_owned(), name.to_owned())]);
        assert_eq!((rule("a"), rule("b")), ((2, 15, 6, 2), (1, 15, 0, 1)));
        assert_eq!((ledger.backends.len(), ledger.rules.len()), (2, 2));
    }
}
