//! Our own assertion among those of a bounty, after a lost answer or a restart.

use serde::Deserialize;
use serde_json::Value;

use super::{
    envelope::{Answer, NotAnAnswer},
    rest::Rest,
};
use crate::{
    bounty::{Assertion, BountyId, commitment::Commitment, fate::Placed},
    market::MarketError,
};

/// How many indices past the position in the list are tried.
const SEARCHED: u64 = 64;

/// An assertion, as far as it was readable.
#[derive(Deserialize)]
struct Entry {
    author: Option<String>,
    commitment: Option<Commitment>,
    nonce: Option<String>,
}

impl Entry {
    fn read(value: Value) -> Option<Self> {
        serde_json::from_value(value).ok()
    }

    fn is(&self, author: &str, commitment: Commitment) -> bool {
        self.commitment == Some(commitment)
            && self.author.as_deref().is_some_and(|by| by.eq_ignore_ascii_case(author))
    }

    fn revealed(&self) -> bool {
        self.nonce.as_deref().is_some_and(|nonce| nonce != "0")
    }
}

/// Looks for our assertion. The list has no indices, and it leaves out what the node could not read: so an entry's index
/// is its position or higher, and each is asked for until it is ours.
pub(super) async fn assertion(
    rest: &Rest,
    id: BountyId,
    assertion: &Assertion,
) -> Result<Option<Placed>, MarketError> {
    let ours = |entry: &Entry| entry.is(rest.account(), assertion.commitment);
    let path = format!("/bounties/{}/assertions", id.guid);
    let list: Vec<Value> = rest.get(path.as_str()).chain(id.chain).result().await?;
    let position = list.into_iter().position(|entry| Entry::read(entry).as_ref().is_some_and(ours));
    let Some(position) = position.and_then(|position| u64::try_from(position).ok()) else { return Ok(None) };
    for index in position..=position.saturating_add(SEARCHED) {
        let call = rest.get(format!("{path}/{index}")).chain(id.chain);
        let name = call.name();
        let entry = match call.answer().await? {
            // One that the node cannot read now, or the end of the list.
            Answer::Refused { status, .. } if status == reqwest::StatusCode::NOT_FOUND => continue,
            answer => Entry::read(answer.result(name)?),
        };
        if let Some(entry) = entry.filter(ours) {
            return Ok(Some(Placed { index, revealed: entry.revealed() }));
        }
    }
    let why =
        format!("our assertion is listed at position {position}, but no index up to {SEARCHED} more has it");
    Err(MarketError::Lost { request: format!("GET {path}"), source: NotAnAnswer::Unexpected(why).into() })
}
