//! The live view: one record per change of a bounty, as JSON for programs and as a line for people.

use std::fmt;

use alloy_primitives::{U256, utils::format_ether};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    chain::ChainName,
    event::{Log, address, decimals},
};

/// A change of one bounty. The JSON form is stable; `deploy/demo` draws its table from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The chain that it happened on.
    pub chain: ChainName,
    /// The block that it happened in.
    pub block: u64,
    /// The bounty's number in posting order, from 1.
    pub bounty: usize,
    /// Lower-case UUID.
    pub guid: String,
    /// What happened.
    pub event: What,
    /// What there is to know of it; the members depend on the event, further ones may come.
    pub detail: Value,
}

/// What happens to a bounty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// Open for assertions. `artifacts` (names), `expiration` (block), `amount` (wei).
    Posted,
    /// An account staked on hidden verdicts. `author`, `index`, `mask`, `bid` (wei).
    Asserted,
    /// An account opened its verdicts. `author`, `index`, `verdicts` (true = malicious).
    Revealed,
    /// The arbiters agree. `truth` (true = malicious).
    Voted,
    /// An assertor was paid. `settler`, `payout` (wei).
    Settled,
    /// Nothing more is expected. `why`, and `asserted`, `revealed`, `settled`, `correct` of the reported
    /// account.
    Over,
}

impl Change {
    /// The change that a log stands for, if it is one; `assertor` tells whether an account has a stake.
    pub(crate) fn of_log(
        (chain, block, bounty): (ChainName, u64, usize),
        log: &Log,
        artifacts: &[(String, bool)],
        assertor: impl Fn(alloy_primitives::Address) -> bool,
    ) -> Option<Self> {
        let (guid, event, detail) = match log {
            Log::Bounty { guid, amount, expiration, .. } => {
                let names: Vec<_> = artifacts.iter().map(|(name, _)| name).collect();
                let detail =
                    json!({ "artifacts": names, "expiration": expiration, "amount": amount.to_string() });
                (guid, What::Posted, detail)
            }
            Log::Assertion { guid, author, index, bid, mask, .. } => {
                let detail =
                    json!({ "author": address(*author), "index": index, "mask": mask, "bid": decimals(bid) });
                (guid, What::Asserted, detail)
            }
            Log::Reveal { guid, author, index, verdicts, .. } => {
                let detail = json!({ "author": address(*author), "index": index, "verdicts": verdicts });
                (guid, What::Revealed, detail)
            }
            Log::Quorum { guid } => {
                let truth: Vec<_> = artifacts.iter().map(|(_, truth)| truth).collect();
                (guid, What::Voted, json!({ "truth": truth }))
            }
            Log::Settled { guid, settler, payout } if assertor(*settler) => {
                let detail = json!({ "settler": address(*settler), "payout": payout.to_string() });
                (guid, What::Settled, detail)
            }
            _ => return None,
        };
        Some(Self { chain, block, bounty, guid: guid.to_string(), event, detail })
    }

    /// The line for people; `total` is how many bounties there will be.
    pub fn line(&self, total: usize) -> impl fmt::Display + '_ {
        Line { change: self, total }
    }
}

struct Line<'a> {
    change: &'a Change,
    total: usize,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { chain, block, bounty, guid, event, detail } = self.change;
        write!(f, "bounty {bounty}/{} {guid}: ", self.total)?;
        match event {
            What::Posted => {
                write!(f, "posted {} (open until block {})", list(detail, "artifacts"), detail["expiration"])?
            }
            What::Asserted => write!(
                f,
                "asserted on {} with {} NCT by {}",
                list(detail, "mask"),
                nct(&detail["bid"]),
                text(detail, "author")
            )?,
            What::Revealed => {
                write!(f, "revealed {} by {}", words(&detail["verdicts"]), text(detail, "author"))?
            }
            What::Voted => write!(f, "arbiters voted {}", words(&detail["truth"]))?,
            What::Settled => {
                write!(f, "settled, {} NCT paid to {}", nct(&detail["payout"]), text(detail, "settler"))?
            }
            What::Over => {
                let verdict = if detail["correct"] == true { "correct" } else { "not correct" };
                write!(f, "over ({}), {verdict}", text(detail, "why"))?;
            }
        }
        if *chain == ChainName::Home {
            write!(f, " on home")?;
        }
        write!(f, " at block {block}")
    }
}

fn text<'a>(detail: &'a Value, key: &str) -> &'a str {
    detail.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list(detail: &Value, key: &str) -> String {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let words: Vec<_> = detail.get(key).and_then(Value::as_array).into_iter().flatten().map(word).collect();
    format!("[{}]", words.join(", "))
}

fn words(verdicts: &Value) -> String {
    let word = |verdict: &Value| if *verdict == true { "malicious" } else { "benign" };
    let words: Vec<_> = verdicts.as_array().into_iter().flatten().map(word).collect();
    format!("[{}]", words.join(", "))
}

/// Whole NCT with decimals, of one amount or the sum of a list.
fn nct(amounts: &Value) -> String {
    let wei = |amount: &Value| amount.as_str().and_then(|text| text.parse::<U256>().ok()).unwrap_or_default();
    let sum: U256 = amounts.as_array().map_or_else(|| wei(amounts), |list| list.iter().map(wei).sum());
    let text = format_ether(sum);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
