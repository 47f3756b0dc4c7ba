//! Inflicts the faults on requests, before anything else sees them. Their answers are not held against who
//! asked.

use std::sync::Arc;

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use serde_json::json;

use super::{
    envelope::Failure,
    query::{account_of, chain_of},
};
use crate::testnet::{
    faults::{Fate, Lie},
    line::Scissors,
    node::Node,
};

/// The lies that the answer to a request tells.
#[derive(Clone, Debug)]
pub(super) struct Lies(pub(super) Vec<Lie>);

pub(super) async fn inflict(State(node): State<Arc<Node>>, mut request: Request, next: Next) -> Response {
    let (chain, account) = (chain_of(request.uri()), account_of(request.uri()));
    let (fate, lies) =
        node.world().faults.request(chain, request.method().as_str(), request.uri().path(), account);
    if fate.is_some() || !lies.is_empty() {
        node.changed();
    }
    let scissors = request.extensions().get::<ConnectInfo<Scissors>>().map(|info| info.0.clone());
    let cut = || scissors.iter().for_each(Scissors::cut);
    if !lies.is_empty() {
        request.extensions_mut().insert(Lies(lies));
    }
    match fate {
        None | Some(Fate::Lie(_)) => next.run(request).await,
        Some(Fate::LoseRequest) => {
            cut();
            StatusCode::NO_CONTENT.into_response()
        }
        Some(Fate::LoseAnswer) => {
            let answer = next.run(request).await;
            cut();
            answer
        }
        Some(Fate::Delay(time)) => {
            tokio::time::sleep(time).await;
            next.run(request).await
        }
        Some(Fate::TooMany(retry_after)) => {
            let why = json!("Too many requests");
            let mut answer = Failure::new(StatusCode::TOO_MANY_REQUESTS, why).into_response();
            if let Some(seconds) = retry_after {
                answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            answer
        }
        Some(Fate::Broken) => Failure::unhandled(StatusCode::INTERNAL_SERVER_ERROR).into_response(),
        Some(Fate::Html(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, Html(format!("<html><body><h1>{status}</h1></body></html>"))).into_response()
        }
    }
}
