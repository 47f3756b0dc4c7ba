//! One websocket connection of one chain: text frames out, and a clear end.
//!
//! It knows nothing of what the frames say, and does not come back by itself.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::TcpStream,
    time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout},
};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{self, Bytes, Message, Utf8Bytes, protocol::WebSocketConfig},
};

/// The largest message that is taken, in bytes. A bounty of 256 artifacts with much metadata has a few hundred thousand.
const MAX_MESSAGE: usize = 8 << 20;

/// An open connection.
#[derive(Debug)]
pub(super) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    ping: Interval,
    limits: Limits,
    last_text: Instant,
}

/// How long to wait for what on a socket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// For the connection and its handshakes.
    pub(super) connect: Duration,
    /// Between two pings.
    pub(super) ping: Duration,
    /// Without a text frame, the connection counts as dead.
    pub(super) silence: Duration,
    /// Whether an answer to a ping counts as much as a text frame.
    pub(super) pongs_count: bool,
}

impl Socket {
    /// Opens a connection to a `ws://` or `wss://` URL.
    pub(super) async fn open(
        url: &str,
        tls: Arc<rustls::ClientConfig>,
        limits: Limits,
    ) -> Result<Self, SocketError> {
        let config =
            WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        let connecting = connect_async_tls_with_config(url, Some(config), true, Some(Connector::Rustls(tls)));
        let (stream, _response) = timeout(limits.connect, connecting)
            .await
            .map_err(|_| SocketError::TimedOut(limits.connect))?
            .map_err(|error| SocketError::Open(Box::new(error)))?;
        let mut ping = interval_at(Instant::now() + limits.ping, limits.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self { stream, ping, limits, last_text: Instant::now() })
    }

    /// The next text frame. Cancel-safe. After an error the connection is of no more use.
    pub(super) async fn text(&mut self) -> Result<Utf8Bytes, SocketError> {
        let Limits { silence, pongs_count, .. } = self.limits;
        loop {
            let silent = self.last_text + silence;
            tokio::select! {
                // What has arrived counts, however long nobody looked.
                biased;
                frame = self.stream.next() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        self.last_text = Instant::now();
                        return Ok(text);
                    }
                    Some(Ok(Message::Close(_))) | None => return Err(SocketError::Closed),
                    Some(Ok(Message::Pong(_))) if pongs_count => self.last_text = Instant::now(),
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(SocketError::Broken(Box::new(error))),
                },
                () = sleep_until(silent) => return Err(SocketError::Silent(silence)),
                _ = self.ping.tick() => {
                    let sent = timeout(silence, self.stream.send(Message::Ping(Bytes::new()))).await;
                    sent.map_err(|_| SocketError::Silent(silence))?
                        .map_err(|error| SocketError::Broken(Box::new(error)))?;
                }
            }
        }
    }
}

/// Why a connection ended, or never was.
#[derive(Debug, thiserror::Error)]
pub(super) enum SocketError {
    /// No connection, or no websocket at its end.
    #[error("the websocket cannot be opened")]
    Open(#[source] Box<tungstenite::Error>),
    /// Nobody answered in time.
    #[error("the websocket was not open within {0:?}")]
    TimedOut(Duration),
    /// The node ended it.
    #[error("the node closed the websocket")]
    Closed,
    /// The network ended it, or the node sent what is no websocket.
    #[error("the websocket broke")]
    Broken(#[source] Box<tungstenite::Error>),
    /// It stands, but nothing comes over it, not even blocks.
    #[error("no event for {0:?}")]
    Silent(Duration),
}
