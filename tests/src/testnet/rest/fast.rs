//! Endpoints that only the fast variant has: no chain, no commitment, and what is posted holds at once.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{
    body::Body,
    envelope::{Answer, Failure, success},
    query::{Caller, address, guid},
};
use crate::testnet::{event, fast, metadata::is_verdict_list, node::Node};

/// `OPTIONS /wallets/`: that there is such a path tells the variant.
pub(super) async fn probe() -> StatusCode {
    StatusCode::OK
}

/// `GET /wallets/{account}/`
pub(super) async fn wallet(State(node): State<Arc<Node>>, caller: Caller, Path(who): Path<String>) -> Answer {
    let account = address(&who)?;
    let nct = node.world().nets.get(caller.chain).balance(account).to_string();
    success(json!({ "address": event::address(account), "nct": nct }))
}

/// `POST /bounties/{guid}/assertions/`: a signed assertion on the first artifact.
pub(super) async fn assert(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body,
) -> Answer {
    let id = guid(&id)?;
    body.require(&["raw_transaction", "signature"])?;
    let text = body.text("raw_transaction", usize::MAX)?;
    let signed = fast::read(&text, &body.text("signature", 132)?)
        .map_err(|why| Failure::bad_request(why.to_string()))?;
    if signed.author != caller.account {
        let (expected, got) = (event::address(caller.account), event::address(signed.author));
        return Err(Failure::bad_request(format!("Invalid sender: expected {expected} got {got}")));
    }
    if signed.guid != id {
        return Err(Failure::bad_request(format!("Invalid transaction: it is about {}", signed.guid)));
    }
    let list = json!([signed.metadata]);
    if !is_verdict_list(&list) {
        return Err(Failure::bad_request("Invalid metadata"));
    }
    node.reactions.asserted(id);
    node.at_once(caller.chain, |world| world.assert_openly(&signed, list.to_string()))
        .map(|index| {
            success(json!({ "bounty_guid": id, "index": index, "author": event::address(signed.author) }))
        })
        .map_err(|why| Failure::bad_request(Value::from(why.to_string())))?
}
