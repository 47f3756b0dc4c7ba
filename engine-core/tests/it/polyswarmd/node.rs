//! A node that answers what a test tells it to: HTTP and websocket on one port of loopback.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::derive_accept_key, protocol::Role},
};

/// A request, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// `GET /nonce`.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// What comes back.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A status and JSON.
    Json(u16, Value),
    /// A status, headers and bytes.
    Raw(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The connection closes without an answer.
    Lost,
    /// These bytes as they are, and then nothing more: the connection stays open.
    Stuck(Vec<u8>),
}

impl Reply {
    pub(crate) fn ok(result: impl Into<Value>) -> Self {
        Self::Json(200, json!({"status": "OK", "result": result.into()}))
    }

    pub(crate) fn fail(status: u16, errors: impl Into<Value>) -> Self {
        Self::Json(status, json!({"status": "FAIL", "errors": errors.into()}))
    }

    pub(crate) fn html(status: u16) -> Self {
        Self::Raw(status, vec![("content-type", "text/html".into())], b"<html>It works!</html>".to_vec())
    }

    fn into_bytes(self) -> Option<Vec<u8>> {
        let (status, headers, body) = match self {
            Self::Json(status, body) => {
                (status, vec![("content-type", "application/json".into())], body.to_string().into_bytes())
            }
            Self::Raw(status, headers, body) => (status, headers, body),
            Self::Lost => return None,
            Self::Stuck(bytes) => return Some(bytes),
        };
        let mut head =
            format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        Some([head.into_bytes(), body].concat())
    }
}

type Script = dyn Fn(&Request) -> Reply + Send + Sync;
/// The node's end of a websocket.
pub(crate) type Peer = WebSocketStream<TcpStream>;

/// Runs until it is dropped.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    peers: mpsc::UnboundedReceiver<(Request, Peer)>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Node {
    /// Every request but a websocket's is answered by `script`.
    pub(crate) async fn start(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (tell, peers) = mpsc::unbounded_channel();
        let (script, seen): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&requests));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&script), Arc::clone(&seen), tell.clone()));
            }
        });
        Self { address, requests, peers, task }
    }

    /// A node as it usually is: ethereum variant, parameters as a fresh deployment has them, `script` for the rest.
    pub(crate) async fn usual(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(move |request| match request.line().as_str() {
            "OPTIONS /wallets/" => Reply::Json(404, json!({"message": "404 Not Found"})),
            "GET /bounties/parameters" => Reply::ok(parameters()),
            _ => script(request),
        })
        .await
    }

    /// The same in the fast variant: it has wallets.
    pub(crate) async fn fast(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(move |request| match request.line().as_str() {
            "OPTIONS /wallets/" => Reply::ok(Value::Null),
            "GET /bounties/parameters/" => Reply::ok(parameters()),
            _ => script(request),
        })
        .await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next websocket that was opened.
    pub(crate) async fn peer(&mut self) -> Peer {
        self.peer_and_request().await.1
    }

    /// The same, with the request that opened it.
    pub(crate) async fn peer_and_request(&mut self) -> (Request, Peer) {
        within("a websocket", self.peers.recv()).await.expect("the node runs")
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// How often something was asked.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.requests().iter().filter(|request| request.line() == line).count()
    }
}

/// What a fresh deployment asks for.
pub(crate) fn parameters() -> Value {
    json!({"bounty_fee": 62_500_000_000_000_000u64, "assertion_fee": 31_250_000_000_000_000u64,
        "bounty_amount_minimum": 2_000_000_000_000_000_000u64, "assertion_bid_minimum": 62_500_000_000_000_000u64,
        "assertion_bid_maximum": 1_000_000_000_000_000_000u64, "arbiter_lookback_range": 100, "max_duration": 100,
        "assertion_reveal_window": 25, "arbiter_vote_window": 100})
}

/// What a test waits for has to come; this is how a test fails instead of hanging.
pub(crate) async fn within<T>(what: &str, awaited: impl Future<Output = T>) -> T {
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, awaited).await.unwrap_or_else(|_| panic!("{what} never came"))
}

/// Sends a text frame.
pub(crate) async fn say(peer: &mut Peer, text: impl Into<String>) {
    futures_util::SinkExt::send(peer, Message::text(text.into())).await.unwrap();
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<Script>,
    seen: Arc<Mutex<Vec<Request>>>,
    tell: mpsc::UnboundedSender<(Request, Peer)>,
) {
    let Some(request) = read(&mut stream).await else { return };
    if let Some(key) = request.headers.get("sec-websocket-key") {
        let accept = derive_accept_key(key.as_bytes());
        let head = format!(
            "HTTP/1.1 101 x\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: {accept}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let _ = tell.send((request, WebSocketStream::from_raw_socket(stream, Role::Server, None).await));
        return;
    }
    seen.lock().unwrap().push(request.clone());
    let reply = script(&request);
    let stuck = matches!(reply, Reply::Stuck(_));
    if let Some(bytes) = reply.into_bytes() {
        // The client may have had enough of it.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.flush().await;
    }
    if stuck {
        // Until the client closes.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?);
    let url = url::Url::parse(&format!("http://node{target}")).unwrap();
    let headers: BTreeMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    let path = target.split('?').next().unwrap().to_owned();
    Some(Request { method, path, query: url.query_pairs().into_owned().collect(), headers, body })
}
