//! The websocket of events: greets a client, then sends it everything that happens. Replays nothing.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::sync::broadcast::Receiver;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::derive_accept_key, protocol::Role},
};

use super::{
    chain::ChainName,
    event::connected_frame,
    node::{Node, Push},
    rest::{AnyChain, Failure},
};

/// `GET /events/?chain=side`: answers the handshake and goes on in a task of its own.
pub(crate) async fn events(
    State(node): State<Arc<Node>>,
    AnyChain(chain): AnyChain,
    mut request: Request,
) -> Result<Response, Failure> {
    let accept = accept_key(request.headers())
        .ok_or_else(|| Failure::bad_request("a websocket handshake is expected here"))?;
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(serve(node, chain, upgrade));
    let headers = [(header::CONNECTION, "Upgrade"), (header::UPGRADE, "websocket")];
    let accept = [(header::SEC_WEBSOCKET_ACCEPT, accept)];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers, accept, Body::empty()).into_response())
}

fn accept_key(headers: &HeaderMap) -> Option<String> {
    let upgrade = headers.get(header::UPGRADE)?.to_str().ok()?;
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    upgrade.eq_ignore_ascii_case("websocket").then(|| derive_accept_key(key.as_bytes()))
}

async fn serve(node: Arc<Node>, chain: ChainName, upgrade: OnUpgrade) {
    let upgraded = match upgrade.await {
        Ok(upgraded) => TokioIo::new(upgraded),
        Err(e) => return tracing::debug!(error = %e, "no websocket after the handshake"),
    };
    let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Server, None).await;
    let frames = node.subscribe(chain);
    if socket.send(Message::text(connected_frame(&node.started))).await.is_err() {
        return;
    }
    node.client_arrived();
    // The node may end while the client stays: hold it no longer.
    drop(node);
    relay(socket, frames).await;
}

/// Sends frames until one side closes, or the client is too far behind.
async fn relay(mut socket: WebSocketStream<TokioIo<Upgraded>>, mut frames: Receiver<Push>) {
    loop {
        tokio::select! {
            frame = frames.recv() => match frame {
                Ok(Push::Drop) => return,
                Ok(Push::Text(text)) => if socket.send(Message::Text(text)).await.is_err() { return },
                Err(_) => {
                    // The client is gone or going; there is nobody to tell.
                    let _ = socket.close(None).await;
                    return;
                }
            },
            // Reading answers pings; what a client says is not listened to.
            said = socket.next() => match said {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
        }
    }
}
