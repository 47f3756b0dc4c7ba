//! Endpoints that read bounties.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::{
    envelope::{Answer, Failure, success},
    query::{Caller, guid, index},
};
use crate::testnet::{
    bits,
    contract::{Assertion, Bounty, Vote},
    event::{address, decimals, number},
    metadata,
    node::Node,
    store::Store,
};

/// GUIDs on one page of the contract.
const PAGE: u64 = 25;
/// Pages in one answer.
const MAX_PAGES: u64 = 3;

pub(super) async fn parameters(State(node): State<Arc<Node>>, caller: Caller) -> Answer {
    let world = node.world();
    let terms = &world.nets.get(caller.chain).registry.terms;
    success(json!({
        "bounty_fee": number(terms.bounty_fee),
        "assertion_fee": number(terms.assertion_fee),
        "bounty_amount_minimum": number(terms.amount_minimum),
        "assertion_bid_minimum": number(terms.bid_minimum),
        "assertion_bid_maximum": number(terms.bid_maximum),
        "arbiter_lookback_range": 100,
        "max_duration": terms.max_duration,
        "assertion_reveal_window": terms.reveal_window,
        "arbiter_vote_window": terms.vote_window,
    }))
}

pub(super) async fn list(State(node): State<Arc<Node>>, caller: Caller) -> Answer {
    let page = caller.number("page", 0)?;
    let count = caller.number("count", PAGE)?;
    if count % PAGE != 0 || count / PAGE > MAX_PAGES {
        return Err(Failure::bad_request(format!("Count must be a multiple of page size {PAGE}")));
    }
    let as_usize = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let (skip, take) = (as_usize(page.saturating_mul(count)), as_usize(count));
    let world = node.world();
    let guids = world.nets.get(caller.chain).registry.bounties().iter().skip(skip).take(take);
    success(guids.map(|bounty| bounty.guid.to_string()).collect::<Vec<_>>())
}

pub(super) async fn bounty(State(node): State<Arc<Node>>, caller: Caller, Path(id): Path<String>) -> Answer {
    read(&node, &caller, &id, |bounty, store| {
        let metadata = store.resolve(&bounty.metadata, metadata::is_bounty_list);
        Ok(json!({
            "guid": bounty.guid,
            "artifact_type": bounty.kind.name(),
            "author": address(bounty.author),
            "amount": bounty.amount.to_string(),
            "uri": bounty.uri,
            "num_artifacts": bounty.artifacts,
            "expiration": bounty.expiration,
            "assigned_arbiter": address(bounty.assigned_arbiter),
            "quorum_reached": bounty.quorum.is_some(),
            "quorum_reached_block": bounty.quorum.unwrap_or_default(),
            "quorum_mask": bits::to_bools(bounty.quorum_mask, bounty.artifacts),
            "metadata": if bounty.metadata.is_empty() { Value::Null } else { metadata },
        }))
    })
}

pub(super) async fn assertions(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    read(&node, &caller, &id, |bounty, store| {
        let nulls = Value::Array(vec![Value::Null; bounty.artifacts]);
        let shown = |assertion: &Assertion| {
            let mut shown = show_assertion(bounty, assertion, store);
            if let (false, Value::Object(members)) = (assertion.revealed(), &mut shown) {
                members.insert("verdicts".into(), nulls.clone());
            }
            shown
        };
        Ok(Value::Array(bounty.assertions.iter().map(shown).collect()))
    })
}

/// One assertion. Unlike in the list, verdicts that are not revealed are all false here: so the node answers.
pub(super) async fn assertion(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Path((id, i)): Path<(String, String)>,
) -> Answer {
    let index = index(&i)?;
    read(&node, &caller, &id, |bounty, store| {
        let assertion = bounty.assertions.get(index);
        let assertion = assertion.ok_or_else(|| Failure::not_found("Assertion not found"))?;
        Ok(show_assertion(bounty, assertion, store))
    })
}

pub(super) async fn votes(State(node): State<Arc<Node>>, caller: Caller, Path(id): Path<String>) -> Answer {
    read(&node, &caller, &id, |bounty, _| {
        Ok(bounty.votes.iter().map(|vote| show_vote(bounty, vote)).collect())
    })
}

pub(super) async fn vote(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Path((id, i)): Path<(String, String)>,
) -> Answer {
    let index = index(&i)?;
    read(&node, &caller, &id, |bounty, _| {
        let vote = bounty.votes.get(index).ok_or_else(|| Failure::not_found("Vote not found"))?;
        Ok(show_vote(bounty, vote))
    })
}

/// No bloom filter is kept: an empty one.
pub(super) async fn bloom(State(node): State<Arc<Node>>, caller: Caller, Path(id): Path<String>) -> Answer {
    read(&node, &caller, &id, |_, _| Ok(json!({ "bloom": vec![0; 8] })))
}

fn read(
    node: &Node,
    caller: &Caller,
    id: &str,
    show: impl FnOnce(&Bounty, &Store) -> Result<Value, Failure>,
) -> Answer {
    let guid = guid(id)?;
    let world = node.world();
    let bounty = world
        .nets
        .get(caller.chain)
        .registry
        .bounty(guid)
        .ok_or_else(|| Failure::not_found("Bounty not found"))?;
    success(show(bounty, &world.store)?)
}

fn show_assertion(bounty: &Bounty, assertion: &Assertion, store: &Store) -> Value {
    json!({
        "author": address(assertion.author),
        "mask": bits::to_bools(assertion.mask, bounty.artifacts),
        "commitment": assertion.commitment.to_string(),
        "nonce": assertion.nonce.to_string(),
        "verdicts": bits::to_bools(assertion.verdicts, bounty.artifacts),
        "metadata": store.resolve(&assertion.metadata, metadata::is_verdict_list),
        "bid": decimals(&assertion.bid),
    })
}

fn show_vote(bounty: &Bounty, vote: &Vote) -> Value {
    json!({
        "voter": address(vote.voter),
        "votes": bits::to_bools(vote.votes, bounty.artifacts),
        "valid_bloom": vote.valid_bloom,
    })
}
