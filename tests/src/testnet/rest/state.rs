//! Endpoints about the node and its accounts.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::{
    envelope::{Answer, success},
    query::{AnyChain, Caller, address},
};
use crate::testnet::node::Node;

pub(super) async fn status(State(node): State<Arc<Node>>) -> Answer {
    let mut status = json!({
        "community": "testnet",
        "artifact_services": { "ipfs": { "reachable": true } },
        "auth": { "reachable": true },
    });
    for net in node.world().nets.iter() {
        let block = net.told(net.chain.head());
        if let Value::Object(members) = &mut status {
            let chain = json!({ "reachable": true, "syncing": false, "block": block });
            members.insert(net.name.to_string(), chain);
        }
    }
    success(status)
}

pub(super) async fn nonce(State(node): State<Arc<Node>>, caller: Caller) -> Answer {
    let world = node.world();
    let chain = &world.nets.get(caller.chain).chain;
    match caller.get("ignore_pending") {
        Some(_) => success(chain.nonce(caller.account)),
        None => success(chain.pending_nonce(caller.account)),
    }
}

pub(super) async fn pending(State(node): State<Arc<Node>>, caller: Caller) -> Answer {
    let nonces = node.world().nets.get(caller.chain).chain.pending(caller.account);
    success(nonces.iter().map(ToString::to_string).collect::<Vec<_>>())
}

pub(super) async fn syncing(_caller: Caller) -> Answer {
    success(false)
}

pub(super) async fn nct(
    State(node): State<Arc<Node>>,
    AnyChain(chain): AnyChain,
    Path(who): Path<String>,
) -> Answer {
    success(node.world().nets.get(chain).balance(address(&who)?).to_string())
}

pub(super) async fn eth(
    State(node): State<Arc<Node>>,
    AnyChain(chain): AnyChain,
    Path(who): Path<String>,
) -> Answer {
    success(node.world().nets.get(chain).chain.ether(address(&who)?).to_string())
}

/// Stakes: nobody has any here.
pub(super) async fn nothing(_chain: AnyChain, Path(who): Path<String>) -> Answer {
    address(&who)?;
    success("0")
}

pub(super) async fn staking(_caller: Caller) -> Answer {
    success(json!({
        "minimum_stake": 10_000_000_000_000_000_000_000_000u128,
        "maximum_stake": 100_000_000_000_000_000_000_000_000u128,
        "vote_ratio_numerator": 9,
        "vote_ratio_denominator": 10,
    }))
}
