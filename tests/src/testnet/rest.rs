//! The REST interface: routes, who asks, and what every refusal leaves in the report.

mod artifacts;
mod assertions;
mod body;
mod bounties;
mod envelope;
mod fast;
mod faults;
mod query;
mod state;
mod transactions;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{Method, StatusCode},
    middleware::{Next, from_fn_with_state},
    response::Response,
    routing::{MethodRouter, get, options, post},
};

use self::envelope::Refused;
pub(crate) use self::{
    envelope::Failure,
    query::{AnyChain, account_of},
};
use super::{Variant, artifacts::MAX_SIZE, node::Node, socket};

type Route = (&'static str, MethodRouter<Arc<Node>>);

/// Every endpoint of the node. Routes match with and without a trailing slash.
pub(crate) fn router(node: Arc<Node>, variant: Variant) -> Router {
    let own: Vec<Route> = match variant {
        Variant::Ethereum => ethereum().into(),
        Variant::Fast => fast().into(),
    };
    let mut router = Router::new();
    for (path, methods) in shared().into_iter().chain(own) {
        router = router.route(path, methods.clone()).route(&format!("{path}/"), methods);
    }
    router
        .fallback(async || Failure::unhandled(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(async || Failure::unhandled(StatusCode::METHOD_NOT_ALLOWED))
        .layer(from_fn_with_state(node.clone(), note_refusals))
        .layer(from_fn_with_state(node.clone(), faults::inflict))
        .with_state(node)
}

/// What both variants have.
fn shared() -> [Route; 11] {
    [
        ("/status", get(state::status)),
        ("/artifacts", post(artifacts::add).layer(DefaultBodyLimit::max(4 * MAX_SIZE))),
        ("/artifacts/{uri}", get(artifacts::list)),
        ("/artifacts/{uri}/{index}", get(artifacts::content)),
        ("/artifacts/{uri}/{index}/stat", get(artifacts::stat)),
        ("/bounties/parameters", get(bounties::parameters)),
        ("/bounties", get(bounties::list)),
        ("/bounties/{guid}", get(bounties::bounty)),
        ("/bounties/{guid}/votes", get(bounties::votes)),
        ("/bounties/{guid}/assertions/{index}", get(bounties::assertion)),
        ("/events", get(socket::events)),
    ]
}

fn ethereum() -> [Route; 16] {
    [
        ("/nonce", get(state::nonce)),
        ("/pending", get(state::pending)),
        ("/syncing", get(state::syncing)),
        ("/balances/{address}/nct", get(state::nct)),
        ("/balances/{address}/eth", get(state::eth)),
        ("/balances/{address}/staking/total", get(state::nothing)),
        ("/balances/{address}/staking/withdrawable", get(state::nothing)),
        ("/staking/parameters", get(state::staking)),
        ("/bounties/metadata", post(assertions::metadata)),
        ("/bounties/{guid}/votes/{index}", get(bounties::vote)),
        ("/bounties/{guid}/bloom", get(bounties::bloom)),
        ("/bounties/{guid}/assertions", get(bounties::assertions).post(assertions::assert)),
        ("/bounties/{guid}/assertions/{index}/reveal", post(assertions::reveal)),
        ("/bounties/{guid}/settle", post(assertions::settle)),
        ("/bounties/{guid}/vote", post(assertions::vote)),
        ("/transactions", get(transactions::receipts).post(transactions::send)),
    ]
}

fn fast() -> [Route; 3] {
    [
        ("/wallets", options(fast::probe)),
        ("/wallets/{account}", get(fast::wallet)),
        ("/bounties/{guid}/assertions", get(bounties::assertions).post(fast::assert)),
    ]
}

/// Puts each refusal into the report, but for the question by which clients tell the two kinds of node apart,
/// and
/// look-ups of what does not exist.
async fn note_refusals(State(node): State<Arc<Node>>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let account = account_of(request.uri());
    let answer = next.run(request).await;
    let status = answer.status();
    let probe = method == Method::OPTIONS && path.trim_end_matches('/') == "/wallets";
    if probe || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let refused = answer.extensions().get::<Refused>();
    if !refused.is_some_and(|refused| refused.lookup && method == Method::GET) {
        let text = refused.map_or("", |refused| refused.why.as_str());
        node.world().reject(&path, account, format!("{method} {}: {text}", status.as_u16()));
    }
    answer
}
