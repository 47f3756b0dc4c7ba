//! What differs on a fast node: an assertion is a signed message, in the open and on one artifact, and nothing comes after it.
//!
//! There is neither a chain nor an account nonce. The message is text, and the text as it was sent is what the signature holds for: so the
//! same message is the same bytes, which the node may be handed as often as one likes.

mod message;

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

pub use self::message::Message;
use super::{
    Draft,
    envelope::{Answer, NotAnAnswer, reason},
    rest::Rest,
};
use crate::{
    bounty::{
        BountyId,
        fate::{Fate, Placed},
    },
    engine::journal::Sealed,
    market::{Action, MarketError, Sent},
    units::{Chain, Nct, Tick},
};

/// What an account is taken to have of which the node says that it has nothing: not every node fills its wallets, and then the Python
/// client takes it so too. The node has the last word on each bid.
const UNTOLD: Nct = Nct(1000 * Nct::ONE.0);

/// The time of day, in seconds since 1970. Before that it is 0.
pub(super) fn now() -> Tick {
    Tick(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// The message that takes a step. The node is not asked: it could only make another one of it.
///
/// # Errors
/// [`MarketError::Refused`] for a step that a fast node does not have, and for an assertion that cannot be written.
pub(super) fn draft(account: &str, id: BountyId, action: Action<'_>) -> Result<Draft, MarketError> {
    match action {
        Action::Assert(assertion) => Message::assertion(account, id.guid, assertion).map(Draft::Message),
        Action::Reveal { .. } | Action::Settle(_) => Err(MarketError::Refused {
            request: format!("the {} of {id}", action.step()),
            reason: "a fast node has no such step".to_owned(),
        }),
    }
}

/// Our balance.
pub(super) async fn balance(rest: &Rest, chain: Chain) -> Result<Nct, MarketError> {
    #[derive(Deserialize)]
    struct Wallet {
        /// A number, or a text with one; it may have more than 64 bits.
        nct: Box<RawValue>,
    }
    let call = rest.get(format!("/wallets/{}/", rest.account())).chain(chain);
    let name = call.name();
    let wallet: Wallet = call.result().await?;
    match wallet.nct.get().trim_matches('"').parse() {
        Ok(Nct::ZERO) => Ok(UNTOLD),
        Ok(balance) => Ok(balance),
        Err(error) => {
            let what = NotAnAnswer::Unexpected(format!("nct: {error}"));
            Err(MarketError::Lost { request: name, source: what.into() })
        }
    }
}

/// Hands in the message. What a fast node takes is asserted; what it refuses is not, unless it has it already.
pub(super) async fn send(rest: &Rest, sealed: &Sealed) -> Result<Sent, MarketError> {
    let id = sealed.id();
    let call = rest.post(path(id)).chain(id.chain);
    let name = call.name();
    let raw = sealed.signed().transactions.first().map(|message| message.raw.as_str()).unwrap_or_default();
    let body = serde_json::from_str(raw)
        .map_err(|error| MarketError::Refused { request: name, reason: format!("it is no JSON: {error}") })?;
    let Answer::Refused { errors, .. } = call.body(body).answer().await? else {
        return Ok(Sent::Decided(Fate::Placed(0)));
    };
    // It may be these very bytes, of which the first answer was lost.
    let reason = reason(&errors);
    match find(rest, id).await? {
        Some(placed) => Ok(Sent::Decided(Fate::Placed(placed.index))),
        None if reason.to_ascii_lowercase().contains("already") => Ok(Sent::Spent),
        None => Ok(Sent::Decided(Fate::Reverted(reason))),
    }
}

/// What came of a message that the node did not decide about at once.
pub(super) async fn fate(rest: &Rest, sealed: &Sealed) -> Result<Fate, MarketError> {
    Ok(find(rest, sealed.id()).await?.map_or(Fate::Pending, |placed| Fate::Placed(placed.index)))
}

/// Our assertion on a bounty, known by its author: there is one for each.
pub(super) async fn find(rest: &Rest, id: BountyId) -> Result<Option<Placed>, MarketError> {
    let list: Option<Vec<Value>> = rest.get(path(id)).chain(id.chain).result().await?;
    let is_ours = |entry: &Value| {
        entry.get("author").and_then(Value::as_str).is_some_and(|by| by.eq_ignore_ascii_case(rest.account()))
    };
    let index = list.unwrap_or_default().iter().position(is_ours).and_then(|index| u64::try_from(index).ok());
    Ok(index.map(|index| Placed { index, revealed: false }))
}

/// How the bounty's first artifact was voted on, which is the only one that is: malicious if at least as many say so as say that it is not.
pub(super) async fn truth(rest: &Rest, id: BountyId) -> Result<Option<Vec<bool>>, MarketError> {
    let list: Option<Vec<Value>> =
        rest.get(format!("/bounties/{}/votes/", id.guid)).chain(id.chain).result().await?;
    // A vote is posted as one bit; a node may show it as the list that it is on a chain.
    let vote =
        |entry: &Value| entry.get("vote").or_else(|| entry.get("votes")?.get(0)).and_then(Value::as_bool);
    let votes: Vec<bool> = list.unwrap_or_default().iter().filter_map(vote).collect();
    let malicious = votes.iter().filter(|vote| **vote).count();
    Ok((!votes.is_empty()).then(|| vec![malicious >= votes.len() - malicious]))
}

fn path(id: BountyId) -> String {
    format!("/bounties/{}/assertions/", id.guid)
}
