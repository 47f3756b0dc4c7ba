//! Endpoints of the artifact store.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Multipart, Path, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{
    envelope::{Answer, Failure, success},
    query::{Anybody, index},
};
use crate::testnet::{
    artifacts::MAX_SIZE,
    node::Node,
    store::{Entry, is_uri},
};

pub(super) async fn list(State(node): State<Arc<Node>>, _who: Anybody, Path(uri): Path<String>) -> Answer {
    let list = |entries: &[Entry]| -> Vec<Value> {
        entries.iter().map(|entry| json!({ "name": entry.name, "hash": entry.hash })).collect()
    };
    success(listing(&node, &uri, list)?)
}

pub(super) async fn content(
    State(node): State<Arc<Node>>,
    _who: Anybody,
    Path((uri, i)): Path<(String, String)>,
) -> Result<Bytes, Failure> {
    entry(&node, &uri, &i, |entry| entry.content.clone())
}

pub(super) async fn stat(
    State(node): State<Arc<Node>>,
    _who: Anybody,
    Path((uri, i)): Path<(String, String)>,
) -> Answer {
    success(entry(&node, &uri, &i, |entry| {
        let size = entry.content.len();
        json!({ "hash": entry.hash, "name": entry.name, "num_links": 0, "links_size": 0,
            "block_size": size, "data_size": size, "cumulative_size": size })
    })?)
}

/// Files in parts named `file`; stored under numbers, as the node does.
pub(super) async fn add(State(node): State<Arc<Node>>, _who: Anybody, mut form: Multipart) -> Answer {
    let unreadable = |_| Failure::bad_request("Unable to read file sizes");
    let mut files = Vec::new();
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        if part.name() != Some("file") {
            continue;
        }
        let content = part.bytes().await.map_err(unreadable)?;
        if content.is_empty() {
            return Err(Failure::bad_request("Artifact empty"));
        }
        if content.len() > MAX_SIZE {
            return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "Artifact too large".into()));
        }
        files.push((format!("{:06}", files.len()), content));
    }
    match files.len() {
        0 => Err(Failure::bad_request("No artifacts")),
        1..=256 => success(node.world().store.add_files(files)),
        _ => Err(Failure::bad_request("Too many artifacts")),
    }
}

fn listing<T>(node: &Node, uri: &str, read: impl FnOnce(&[Entry]) -> T) -> Result<T, Failure> {
    if !is_uri(uri) {
        return Err(Failure::bad_request("Invalid artifact URI"));
    }
    let world = node.world();
    let missing = || Failure::not_found(format!("Artifact with URI {uri} not found"));
    world.store.listing(uri).map(read).ok_or_else(missing)
}

fn entry<T>(node: &Node, uri: &str, i: &str, read: impl FnOnce(&Entry) -> T) -> Result<T, Failure> {
    let index = index(i)?;
    let missing = || Failure::not_found(format!("Artifact with URI {uri}/{i} not found"));
    listing(node, uri, |entries| entries.get(index).map(read))?.ok_or_else(missing)
}
