//! The ledger as a table, for people and for programs: the same lines and columns in each form.

use std::time::SystemTime;

use serde::Serialize;

use crate::{
    BoxError,
    engine::journal::{Ledger, ShadowSums, Sums},
    one_line::OneLine,
    units::Nct,
};

/// A line of the ledger. Amounts are NCT as decimal texts, since they have more digits than a double.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// `total`, `shadow`, `backend` or `rule`.
    of: &'static str,
    /// The backend's name; empty for the total.
    backend: String,
    /// The rule's name; empty for the total and for backends.
    rule: String,
    bounties: u64,
    open: u64,
    missed: u64,
    unknown: u64,
    staked: String,
    won: String,
    lost: String,
    fees: String,
    net: String,
    /// Of `shadow`, verdicts that the arbiters agreed with; nothing on the other lines, where it is not asked for.
    right: Option<u64>,
    /// Of `shadow`, verdicts that they did not agree with.
    wrong: Option<u64>,
}

impl Line {
    /// All lines: the total, what was only watched if anything was, then backends, then rules, each by name.
    pub(super) fn of(ledger: &Ledger) -> Vec<Self> {
        let total = Self::new("total", "", "", &ledger.total);
        let backends = ledger.backends.iter().map(|(name, sums)| Self::new("backend", name, "", sums));
        let rules = ledger.rules.iter().map(|((backend, name), sums)| Self::new("rule", backend, name, sums));
        let shadow = (ledger.shadow.bounties > 0).then(|| Self::shadow(&ledger.shadow));
        std::iter::once(total).chain(shadow).chain(backends).chain(rules).collect()
    }

    fn new(of: &'static str, backend: &str, rule: &str, sums: &Sums) -> Self {
        let Sums { bounties, open, missed, unknown, staked, won, lost, fees } = *sums;
        let out = Nct(lost.0.saturating_add(fees.0));
        let net = if won >= out {
            decimal(won.saturating_sub(out))
        } else {
            format!("-{}", decimal(out.saturating_sub(won)))
        };
        Self {
            of,
            backend: backend.to_owned(),
            rule: rule.to_owned(),
            bounties,
            open,
            missed,
            unknown,
            staked: decimal(staked),
            won: decimal(won),
            lost: decimal(lost),
            fees: decimal(fees),
            net,
            right: None,
            wrong: None,
        }
    }

    fn shadow(sums: &ShadowSums) -> Self {
        let ShadowSums { bounties, open, staked, right, wrong } = *sums;
        let sums = Sums { bounties, open, staked, ..Sums::default() };
        Self { right: Some(right), wrong: Some(wrong), ..Self::new("shadow", "", "", &sums) }
    }

    /// What this line is about, in one word.
    fn name(&self) -> String {
        match (self.backend.as_str(), self.rule.as_str()) {
            ("", _) => self.of.to_owned(),
            (backend, "") => OneLine(backend).to_string(),
            (backend, rule) => format!("{}/{}", OneLine(backend), OneLine(rule)),
        }
    }

    fn cells(&self) -> [String; 12] {
        let Self { bounties, open, missed, unknown, staked, won, lost, fees, net, right, wrong, .. } = self;
        let counts = [bounties, open, missed, unknown].map(u64::to_string);
        let verdicts = [right, wrong].map(|count| count.map(|count| count.to_string()).unwrap_or_default());
        let amounts = [staked, won, lost, fees, net].map(Clone::clone);
        let mut cells = std::iter::once(self.name()).chain(counts).chain(amounts).chain(verdicts);
        std::array::from_fn(|_| cells.next().unwrap_or_default())
    }
}

const HEADS: [&str; 12] =
    ["of", "bounties", "open", "missed", "unknown", "staked", "won", "lost", "fees", "net", "right", "wrong"];

fn decimal(amount: Nct) -> String {
    let text = amount.to_string();
    text.strip_suffix(" NCT").unwrap_or(&text).to_owned()
}

/// Columns with their heads; names to the left, numbers to the right.
pub(super) fn text(lines: &[Line], since: SystemTime) -> String {
    let rows: Vec<[String; 12]> =
        std::iter::once(HEADS.map(str::to_owned)).chain(lines.iter().map(Line::cells)).collect();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|c| c.chars().count()).max();
    let mut text = format!("since {} (UTC), in NCT\n", humantime::format_rfc3339_seconds(since));
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = width(column).unwrap_or(0);
            let cell = if column == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") };
            line.push_str(&cell);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

pub(super) fn csv(lines: &[Line]) -> Result<String, BoxError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        writer.serialize(line)?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

pub(super) fn jsonl(lines: &[Line]) -> Result<String, BoxError> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(line)?);
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_the_same_lines() {
        let sums = |won, lost| Sums {
            bounties: 2,
            staked: Nct::ONE,
            won: Nct(won),
            lost: Nct(lost),
            fees: Nct(Nct::ONE.0 / 2),
            ..Sums::default()
        };
        let mut ledger = Ledger { total: sums(Nct::ONE.0, 0), ..Ledger::default() };
        ledger.shadow = ShadowSums { bounties: 3, right: 2, ..ShadowSums::default() };
        ledger.backends.insert("yara".to_owned(), sums(0, Nct::ONE.0));
        ledger.rules.insert(("yara".to_owned(), "a,\"b\"\n".to_owned()), sums(0, 0));
        let lines = Line::of(&ledger);
        assert_eq!(
            lines.iter().map(|line| line.net.as_str()).collect::<Vec<_>>(),
            ["0.5", "0", "-1.5", "-0.5"]
        );

        let shown = text(&lines, SystemTime::UNIX_EPOCH);
        assert!(shown.starts_with("since 1970-01-01T00:00:00Z (UTC), in NCT\nof "), "{shown}");
        assert_eq!(shown.lines().count(), 6, "a name cannot begin a line of its own: {shown}");
        let csv = csv(&lines).unwrap();
        assert!(csv.starts_with(
            "of,backend,rule,bounties,open,missed,unknown,staked,won,lost,fees,net,right,wrong\ntotal,,,2,"
        ));
        assert!(csv.contains("\nshadow,,,3,0,0,0,0,0,0,0,0,2,0\n"), "{csv}");
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        let rule = rows.records().map(Result::unwrap).find(|row| &row[0] == "rule").unwrap();
        assert_eq!(&rule[2], "a,\"b\"\n");
        let jsonl = jsonl(&lines).unwrap();
        let values: Vec<serde_json::Value> =
            jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((values.len(), &values[2]["net"]), (4, &"-1.5".into()));
    }
}
