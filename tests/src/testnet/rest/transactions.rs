//! Endpoints that take signed transactions and tell what became of them.

use std::sync::Arc;

use alloy_primitives::B256;
use axum::extract::State;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::{
    body::Body,
    envelope::{Answer, Failure, success},
    query::Caller,
};
use crate::testnet::{
    abi::{REGISTRY, TOKEN},
    chain::{ChainName, Receipt},
    contract::Revert,
    event::address,
    node::Node,
    transaction::Transaction,
};

/// Transactions in one request.
const MOST: usize = 10;

/// `POST /transactions`: into the pool, each for itself; one bad transaction fails the answer, not the others.
pub(super) async fn send(State(node): State<Arc<Node>>, caller: Caller, body: Body) -> Answer {
    body.require(&["transactions"])?;
    let posted = body.hex_lists("transactions", MOST, "", None)?;
    let decoded = posted.iter().map(|hex| Transaction::decode(hex)).collect::<Result<Vec<_>, _>>();
    let results: Vec<Result<String, String>> = match decoded {
        Ok(transactions) => transactions.into_iter().map(|tx| submit(&node, &caller, tx)).collect(),
        Err(e) => vec![Err(format!("Invalid transaction: {e}"))],
    };
    node.changed();
    let failed = results.iter().any(Result::is_err);
    let results: Vec<_> = results
        .into_iter()
        .map(|result| {
            let is_error = result.is_err();
            let (Ok(message) | Err(message)) = result;
            json!({ "is_error": is_error, "message": message })
        })
        .collect();
    if failed { Err(Failure::bad_request(results)) } else { success(results) }
}

fn submit(node: &Node, caller: &Caller, tx: Transaction) -> Result<String, String> {
    let hash = format!("0x{:x}", tx.hash);
    if tx.sender != caller.account {
        let (expected, got) = (address(caller.account), address(tx.sender));
        return Err(format!("Invalid transaction sender for tx {hash}: expected {expected} got {got}"));
    }
    if tx.to != REGISTRY && tx.to != TOKEN {
        return Err(format!("Invalid transaction recipient for tx {hash}: {}", address(tx.to)));
    }
    node.reactions.arrived(&tx);
    match node.world().nets.get_mut(caller.chain).chain.submit(tx) {
        Ok(_) => Ok(hash),
        Err(why) => {
            Err(format!("Invalid transaction error for tx {hash}: {{'code': -32000, 'message': '{why}'}}"))
        }
    }
}

/// `GET /transactions`, with a body: waits until each transaction has one more block on top, then tells its
/// events.
pub(super) async fn receipts(State(node): State<Arc<Node>>, caller: Caller, body: Body) -> Answer {
    body.require(&["transactions"])?;
    let mut events = Map::new();
    let (mut errors, mut unknown) = (Vec::new(), true);
    for hex in body.hex_lists("transactions", MOST, "0x", Some(64))? {
        let hash: B256 = hex.parse().map_err(|_| super::query::server_error())?;
        let hex = hex.to_lowercase();
        let receipt = timeout(node.receipt_wait, confirmed(&node, caller.chain, hash)).await;
        unknown &= !node.world().nets.get(caller.chain).chain.knows(hash);
        match receipt {
            Err(_) => errors.push(format!("transaction {hex}: timeout during wait for receipt")),
            Ok(Receipt { outcome: Err(Revert::OutOfGas), .. }) => {
                errors.push(format!("transaction {hex}: out of gas"));
            }
            Ok(Receipt { block, outcome: Err(why) }) => {
                errors.push(format!("transaction {hex}: transaction failed at block {block}, error: {why}"));
            }
            Ok(Receipt { outcome: Ok(logs), .. }) => {
                for log in logs {
                    let Some(key) = log.receipt_key() else { continue };
                    let list = events.entry(key).or_insert_with(|| json!([]));
                    list.as_array_mut().into_iter().for_each(|list| list.push(log.data()));
                }
            }
        }
    }
    if errors.is_empty() {
        return success(Value::Object(events));
    }
    events.insert("errors".into(), errors.into());
    let failure = Failure::bad_request(events);
    Err(if unknown { failure.lookup() } else { failure })
}

/// The receipt, once a block was mined on top of its own.
async fn confirmed(node: &Node, chain: ChainName, hash: B256) -> Receipt {
    node.until(|world| {
        let chain = &world.nets.get(chain).chain;
        chain.receipt(hash).filter(|receipt| chain.head() > receipt.block).cloned()
    })
    .await
}
