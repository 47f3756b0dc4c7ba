//! Who asks, and about which chain: the query of a request. The first request of an account brings it its
//! tokens.

use std::{collections::HashMap, sync::Arc};

use alloy_primitives::Address;
use axum::{
    extract::{FromRequestParts, Query},
    http::{StatusCode, Uri, request::Parts},
};
use uuid::Uuid;

use super::{envelope::Failure, faults::Lies};
use crate::testnet::{chain::ChainName, faults::Lie, node::Node};

/// A request on a chain by an account.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) account: Address,
    pub(super) chain: ChainName,
    /// What is lied about in the answer.
    pub(super) lies: Vec<Lie>,
    query: HashMap<String, String>,
}

/// A request on a chain by anybody.
#[derive(Debug)]
pub(crate) struct AnyChain(pub(crate) ChainName);

/// A request about neither chain nor account; an account that is named gets its tokens nevertheless.
#[derive(Debug)]
pub(super) struct Anybody;

impl Caller {
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.query.get(key).map(String::as_str)
    }

    /// A number of the query, or the default.
    pub(super) fn number(&self, key: &str, default: u64) -> Result<u64, Failure> {
        self.get(key).map_or(Ok(default), |text| text.trim().parse().map_err(|_| server_error()))
    }
}

impl FromRequestParts<Arc<Node>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, Failure> {
        let query = query(&parts.uri);
        let account = query.get("account").filter(|account| !account.is_empty());
        let account = account.ok_or_else(|| Failure::bad_request("Account must be provided"))?;
        let account = address(account)?;
        let chain = chain(&query, node)?;
        node.world().meet(account);
        let lies = parts.extensions.get::<Lies>().map_or_else(Vec::new, |lies| lies.0.clone());
        Ok(Self { account, chain, lies, query })
    }
}

impl FromRequestParts<Arc<Node>> for AnyChain {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, Failure> {
        let chain = chain(&query(&parts.uri), node)?;
        Anybody::from_request_parts(parts, node).await.map(|_| Self(chain))
    }
}

impl FromRequestParts<Arc<Node>> for Anybody {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, Failure> {
        if let Some(account) = account_of(&parts.uri) {
            node.world().meet(account);
        }
        Ok(Self)
    }
}

/// Who a request says that it is from.
pub(crate) fn account_of(uri: &Uri) -> Option<Address> {
    query(uri).get("account").and_then(|account| account.parse().ok())
}

fn query(uri: &Uri) -> HashMap<String, String> {
    Query::try_from_uri(uri).map(|Query(query)| query).unwrap_or_default()
}

/// The chain that a request is about; side when it names none, or none that there is.
pub(super) fn chain_of(uri: &Uri) -> ChainName {
    match query(uri).get("chain").map(String::as_str) {
        Some("home") => ChainName::Home,
        _ => ChainName::Side,
    }
}

/// A missing chain means side.
fn chain(query: &HashMap<String, String>, node: &Node) -> Result<ChainName, Failure> {
    let name = match query.get("chain").map(String::as_str) {
        None | Some("side") => ChainName::Side,
        Some("home") => ChainName::Home,
        Some(_) => return Err(Failure::bad_request("Chain must one of home, side")),
    };
    if node.world().nets.has(name) {
        return Ok(name);
    }
    Err(Failure::bad_request(format!("this testnet has the {} chain only", name.other())))
}

pub(super) fn address(text: &str) -> Result<Address, Failure> {
    text.parse().map_err(|_| Failure::bad_request("Invalid address"))
}

/// A path segment that the node's routes want to be a UUID.
pub(super) fn guid(text: &str) -> Result<Uuid, Failure> {
    Uuid::parse_str(text).map_err(|_| Failure::unhandled(StatusCode::NOT_FOUND))
}

/// A path segment that the node's routes want to be a number.
pub(super) fn index(text: &str) -> Result<usize, Failure> {
    text.parse().map_err(|_| Failure::unhandled(StatusCode::NOT_FOUND))
}

/// What the node answers where its own code throws.
pub(super) fn server_error() -> Failure {
    Failure::unhandled(StatusCode::INTERNAL_SERVER_ERROR)
}
