//! Signed bytes handed in, and what came of them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    envelope::{Answer, NotAnAnswer, reason},
    rest::Rest,
    wire::bounded,
};
use crate::{
    bounty::{BountyId, Step, commitment::Commitment, fate::Fate},
    engine::journal::{Sealed, SignedTransaction},
    market::{MarketError, Sent},
    units::{Chain, Guid, Nct},
};

const PATH: &str = "/transactions";

/// Hands in each transaction by itself, in order; a refused one does not keep the next from being sent.
///
/// Handing in the same bytes again is harmless, so whenever some of it may be in the pool and not all of it is, the answer
/// is [`MarketError::Lost`].
pub(super) async fn send(rest: &Rest, sealed: &Sealed) -> Result<Sent, MarketError> {
    let chain = sealed.id().chain;
    let (mut pooled, mut spent, mut refused) = (0, 0, None);
    for transaction in &sealed.signed().transactions {
        match send_one(rest, chain, transaction).await {
            Ok(Sent::Spent) => spent += 1,
            Ok(_) => pooled += 1,
            Err(error @ MarketError::Refused { .. }) => refused = Some(error),
            // Busy says that nothing was carried out, which is not so for what went before.
            Err(error) if pooled > 0 => return Err(lost(error)),
            Err(error) => return Err(error),
        }
    }
    match refused {
        Some(error) if pooled > 0 => Err(lost(error)),
        Some(error) if spent == 0 => Err(error),
        _ if spent > 0 => Ok(Sent::Spent),
        _ => Ok(Sent::Pooled),
    }
}

fn lost(source: MarketError) -> MarketError {
    MarketError::Lost { request: format!("all of POST {PATH}"), source: source.into() }
}

async fn send_one(rest: &Rest, chain: Chain, transaction: &SignedTransaction) -> Result<Sent, MarketError> {
    let call = rest.post(PATH).chain(chain).body(json!({ "transactions": [transaction.raw] }));
    let name = call.name();
    match call.answer().await? {
        Answer::Done(_) => Ok(Sent::Pooled),
        Answer::Refused { errors, .. } => {
            let text = reason(&errors);
            let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
            if says(&["known transaction", "already known"]) {
                Ok(Sent::Pooled)
            } else if says(&["nonce too low"]) {
                Ok(Sent::Spent)
            } else {
                Err(MarketError::Refused { request: name, reason: text })
            }
        }
    }
}

/// The decoded events of transactions; keys only where there are some. A failure has the same form, with `errors`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Outcome {
    assertions: Vec<Value>,
    reveals: Vec<Value>,
    transfers: Vec<Value>,
    errors: Vec<Value>,
}

/// Waits, as long as the node does, for what came of signed bytes.
pub(super) async fn fate(rest: &Rest, sealed: &Sealed) -> Result<Fate, MarketError> {
    let chain = sealed.id().chain;
    let hashes: Vec<&str> = sealed.signed().transactions.iter().map(|sent| sent.hash.as_str()).collect();
    // Its body makes this GET unusual, but so the node has it. Each try may take a minute: the caller decides on a second.
    let call = rest.get(PATH).chain(chain).waits().once().timeout(rest.timeouts.fate(chain, sealed.step()));
    let call = call.body(json!({ "transactions": hashes }));
    let name = call.name();
    let outcome = match call.answer().await? {
        Answer::Done(result) => super::wire::answer(&result),
        Answer::Refused { errors: Value::Object(errors), .. } => {
            super::wire::answer(&Value::Object(errors).to_string())
        }
        Answer::Refused { errors, .. } => {
            return Err(MarketError::Refused { request: name, reason: reason(&errors) });
        }
    };
    let outcome: Outcome = outcome
        .map_err(|why| MarketError::Lost { request: name, source: NotAnAnswer::Unexpected(why).into() })?;
    let ours = Ours { id: sealed.id(), account: rest.account(), commitment: sealed.assertion().commitment };
    Ok(outcome.fate(sealed.step(), ours))
}

impl Outcome {
    /// The step's own event decides, whatever else went wrong. A failure counts only when nothing is waited for any more:
    /// while one transaction may still be mined, so may the step.
    fn fate(&self, step: Step, ours: Ours<'_>) -> Fate {
        let event = match step {
            Step::Assert => self.assertions.iter().find_map(|event| ours.assertion(event)).map(Fate::Placed),
            Step::Reveal => self
                .reveals
                .iter()
                .any(|event| ours.entry(event).is_some())
                .then_some(Fate::Done { payout: None }),
            Step::Settle => None,
        };
        if let Some(fate) = event {
            return fate;
        }
        let texts: Vec<&str> = self.errors.iter().filter_map(Value::as_str).collect();
        let failures: Vec<_> = texts.iter().filter_map(|text| failure(text)).collect();
        match failures.first() {
            Some(why) if failures.len() == self.errors.len() => Fate::Reverted(why.clone()),
            _ if !self.errors.is_empty() || step != Step::Settle => Fate::Pending,
            _ => Fate::Done { payout: self.payout(ours.account) },
        }
    }

    /// What was transferred to us, if anything was.
    fn payout(&self, account: &str) -> Option<Nct> {
        let to_us = self.transfers.iter().filter_map(|transfer| {
            let transfer = Transfer::deserialize(transfer).ok()?;
            transfer.to.eq_ignore_ascii_case(account).then_some(transfer.value)
        });
        let amounts: Vec<Nct> = to_us.collect();
        (!amounts.is_empty()).then(|| Nct::checked_sum(amounts)).flatten()
    }
}

#[derive(Deserialize)]
struct Transfer {
    to: String,
    value: Nct,
}

/// What an `assertions` and a `reveals` entry have in common.
#[derive(Deserialize)]
struct Entry {
    bounty_guid: Guid,
    author: String,
    index: u64,
    commitment: Option<Commitment>,
}

/// By what an entry is known to be ours.
#[derive(Clone, Copy)]
struct Ours<'a> {
    id: BountyId,
    account: &'a str,
    commitment: Commitment,
}

impl Ours<'_> {
    fn entry(self, event: &Value) -> Option<Entry> {
        let entry = Entry::deserialize(event).ok()?;
        (entry.bounty_guid == self.id.guid && entry.author.eq_ignore_ascii_case(self.account))
            .then_some(entry)
    }

    fn assertion(self, event: &Value) -> Option<u64> {
        self.entry(event).filter(|entry| entry.commitment == Some(self.commitment)).map(|entry| entry.index)
    }
}

/// Why a mined transaction failed; `None` for a text that leaves open whether it was mined.
fn failure(text: &str) -> Option<String> {
    if let Some((_, rest)) = text.split_once("transaction failed at block") {
        let why = rest.split_once("error: ").map_or("no reason given: check the parameters", |(_, why)| why);
        return Some(bounded(why.trim(), 200));
    }
    text.contains("out of gas").then(|| "out of gas".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: &str = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";

    fn id() -> BountyId {
        BountyId { chain: Chain::Side, guid: "ad243eec-b4d5-4932-b0c8-ff598e4d0018".parse().unwrap() }
    }

    fn fate(step: Step, outcome: Value) -> Fate {
        let ours = Ours { id: id(), account: US, commitment: "100".parse().unwrap() };
        serde_json::from_value::<Outcome>(outcome).unwrap().fate(step, ours)
    }

    fn entry(author: &str, index: u64, commitment: &str) -> Value {
        json!({"bounty_guid": id().guid, "author": author, "index": index, "commitment": commitment, "more": [1]})
    }

    #[test]
    fn the_event_counts_more_than_errors() {
        let outcome = json!({"assertions": [entry("0x00", 1, "100"), entry(US, 5, "7"), entry(&US.to_lowercase(), 2, "100")],
            "errors": ["transaction 00: transaction failed at block 9, error: approve"]});
        assert_eq!(fate(Step::Assert, outcome.clone()), Fate::Placed(2));
        assert_eq!(fate(Step::Reveal, outcome), Fate::Reverted("approve".into()));
        assert_eq!(
            fate(Step::Reveal, json!({"reveals": [{"bounty_guid": id().guid, "author": US, "index": 2}]})),
            Fate::Done { payout: None }
        );
    }

    #[test]
    fn a_settlement_is_done_when_nothing_failed() {
        let transfers = json!([{"to": US, "from": "0x00", "value": "3"}, {"to": US, "value": "4"}, {"to": "0x00", "value": "9"}]);
        assert_eq!(fate(Step::Settle, json!({"transfers": transfers})), Fate::Done { payout: Some(Nct(7)) });
        assert_eq!(fate(Step::Settle, json!({})), Fate::Done { payout: None });
        let failed = json!({"errors": ["transaction 00: transaction failed at block 9, error: Sender already settled"]});
        assert_eq!(fate(Step::Settle, failed), Fate::Reverted("Sender already settled".into()));
    }

    #[test]
    fn while_one_transaction_is_waited_for_the_step_is_open() {
        for text in [
            "transaction 00: timeout during wait for receipt",
            "transaction 00: receipt not available",
            "transaction 00: unexpected error while fetching transaction receipt",
            "transaction 00: what nobody has seen yet",
        ] {
            let failed = "transaction 11: transaction failed at block 9, check parameters";
            assert_eq!(fate(Step::Assert, json!({ "errors": [text] })), Fate::Pending, "{text}");
            assert_eq!(fate(Step::Settle, json!({ "errors": [failed, text] })), Fate::Pending, "{text}");
        }
        assert_eq!(
            fate(Step::Assert, json!({})),
            Fate::Pending,
            "mined, and the event is not decoded: ask elsewhere"
        );
        assert_eq!(
            fate(Step::Assert, json!({"errors": ["transaction 0: out of gas"]})),
            Fate::Reverted("out of gas".into())
        );
    }
}
