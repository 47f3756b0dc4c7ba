//! Endpoints that prepare what an account then signs: nothing is on the chain before it was signed and posted.

use std::sync::Arc;

use alloy_primitives::U256;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::{
    body::Body,
    envelope::{Answer, Failure, success},
    query::{Caller, guid, index, server_error},
};
use crate::testnet::{
    abi::{Call, REGISTRY},
    bits,
    contract::commitment,
    event::{address, number},
    faults::{distort_calls, distort_transactions},
    metadata::{is_bounty_list, is_verdict_list},
    node::Node,
};

/// Gas that the node puts into each transaction.
const GAS: u64 = 5_000_000;

/// `POST /bounties/metadata`: keeps the metadata of an assertion or a bounty and gives its URI.
pub(super) async fn metadata(State(node): State<Arc<Node>>, Body(mut list): Body) -> Answer {
    if let Some(text) = list.as_str() {
        let parsed = serde_json::from_str(text);
        list = parsed.map_err(|_| Failure::bad_request("Invalid Assertion metadata"))?;
    }
    if !is_verdict_list(&list) && !is_bounty_list(&list) {
        return Err(Failure::bad_request("Invalid metadata"));
    }
    success(node.world().store.add_text(list.to_string()))
}

/// `POST /bounties/{guid}/assertions`: approve and postAssertion.
pub(super) async fn assert(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body,
) -> Answer {
    let guid = guid(&id)?;
    body.require(&["bid", "mask"])?;
    let (bid, mask) = (body.digit_lists("bid")?, body.bools("mask")?);
    let (promised, verdicts) = (body.digits("commitment")?, body.bools("verdicts")?);
    if promised.is_none() && body.0.get("verdicts").is_none() {
        return Err(Failure::bad_request("Require verdicts and bid_portions or a commitment"));
    }
    if bid.is_empty() || bid.len() != mask.iter().filter(|set| **set).count() {
        let why = "bid_portions must be equal in length to the number of true mask values";
        return Err(Failure::bad_request(why));
    }
    let bid = bid.iter().map(|bid| integer(bid)).collect::<Result<Vec<_>, _>>()?;
    let fee = node.world().nets.get(caller.chain).registry.terms.assertion_fee;
    let amount = bid.iter().try_fold(fee, |sum, bid| sum.checked_add(*bid)).ok_or_else(server_error)?;
    let mask = bits::from_bools(&mask);
    let (nonce, commitment) = match promised {
        Some(commitment) => (None, integer(&commitment)?),
        None => {
            // The node makes the secret itself, and so learns the verdicts.
            let nonce = U256::from_be_bytes(rand::random::<[u8; 32]>());
            (Some(nonce), commitment(caller.account, nonce, bits::from_bools(&verdicts)))
        }
    };
    let calls =
        [Call::Approve { spender: REGISTRY, amount }, Call::PostAssertion { guid, bid, mask, commitment }];
    let mut result = transactions(&node, &caller, &calls)?;
    if let (Some(nonce), Value::Object(members)) = (nonce, &mut result) {
        members.insert("nonce".into(), number(nonce));
    }
    success(result)
}

/// `POST /bounties/{guid}/assertions/{index}/reveal`: revealAssertion.
pub(super) async fn reveal(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Path((id, i)): Path<(String, String)>,
    body: Body,
) -> Answer {
    let (guid, index) = (guid(&id)?, U256::from(index(&i)?));
    body.require(&["nonce", "verdicts", "metadata"])?;
    let nonce = integer(&body.digits("nonce")?.unwrap_or_default())?;
    let verdicts = bits::from_bools(&body.bools("verdicts")?);
    let metadata = body.text("metadata", 1024)?;
    let call = Call::RevealAssertion { guid, index, nonce, verdicts, metadata };
    success(transactions(&node, &caller, &[call])?)
}

/// `POST /bounties/{guid}/settle`: settleBounty.
pub(super) async fn settle(State(node): State<Arc<Node>>, caller: Caller, Path(id): Path<String>) -> Answer {
    success(transactions(&node, &caller, &[Call::SettleBounty { guid: guid(&id)? }])?)
}

/// `POST /bounties/{guid}/vote`: voteOnBounty.
pub(super) async fn vote(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body,
) -> Answer {
    let guid = guid(&id)?;
    body.require(&["votes", "valid_bloom"])?;
    let votes = bits::from_bools(&body.bools("votes")?);
    let valid_bloom = body.0.get("valid_bloom").and_then(Value::as_bool);
    let valid_bloom =
        valid_bloom.ok_or_else(|| Failure::bad_request("Invalid JSON: data.valid_bloom must be boolean"))?;
    success(transactions(&node, &caller, &[Call::VoteOnBounty { guid, votes, valid_bloom }])?)
}

/// The unsigned transactions, with nonces from `base_nonce` on.
fn transactions(node: &Node, caller: &Caller, calls: &[Call]) -> Result<Value, Failure> {
    let (next, gas_price) = {
        let world = node.world();
        let chain = &world.nets.get(caller.chain).chain;
        (chain.nonce(caller.account), chain.gas_price())
    };
    let base = caller.number("base_nonce", next)?;
    let mut calls = calls.to_vec();
    distort_calls(&caller.lies, &mut calls);
    let unsigned = |(nonce, call): (u64, &Call)| {
        json!({
            "chainId": caller.chain.id(),
            "data": format!("0x{}", hex::encode(call.encode())),
            "gas": GAS,
            "gasPrice": gas_price,
            "nonce": nonce,
            "to": address(call.to()),
            "value": 0,
        })
    };
    let mut transactions: Vec<_> = (base..).zip(&calls).map(unsigned).collect();
    distort_transactions(&caller.lies, caller.chain, &mut transactions);
    Ok(json!({ "transactions": transactions }))
}

/// Digits as a number that the chain can hold; on a larger one the node's encoder throws.
fn integer(digits: &str) -> Result<U256, Failure> {
    digits.parse().map_err(|_| server_error())
}
