//! A proxy in front of a node that closes at a chosen request: the moment to kill an engine in.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// When the gate closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The request does not reach the node.
    BeforeTheNode,
    /// The node has taken the request; its answer does not come back.
    AfterTheNode,
}

/// Lets everything through until the chosen request, and holds that one for ever.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    held: watch::Receiver<bool>,
    server: JoinHandle<()>,
}

/// What a connection needs to know.
#[derive(Clone, Debug)]
struct Rule {
    start: &'static str,
    nth: usize,
    side: Side,
    seen: Arc<AtomicUsize>,
    held: Arc<watch::Sender<bool>>,
}

impl Gate {
    /// Listens in front of `node`, and closes at the `nth` request (from 1) that begins with `start`, as `POST /transactions`.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(
        node: SocketAddr,
        start: &'static str,
        nth: usize,
        side: Side,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (tell, held) = watch::channel(false);
        let rule = Rule { start, nth, side, seen: Arc::default(), held: Arc::new(tell) };
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let rule = rule.clone();
                tokio::spawn(async move {
                    if let Ok(node) = TcpStream::connect(node).await {
                        pass(client, node, rule).await;
                    }
                });
            }
        });
        Ok(Self { address, held, server })
    }

    /// The base URL for `--polyswarmd-addr`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until the request is held.
    pub async fn held(&mut self) {
        // An error means that nobody can close the gate any more; the test that waits has its own time-out.
        if self.held.wait_for(|held| *held).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Copies both ways. A client's request starts at the start of what it writes, since it waits for each answer.
async fn pass(client: TcpStream, node: TcpStream, rule: Rule) {
    let ((mut from_client, mut to_client), (mut from_node, mut to_node)) =
        (client.into_split(), node.into_split());
    let answers = tokio::spawn(async move { tokio::io::copy(&mut from_node, &mut to_client).await });
    let mut buffer = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
        let request = buffer.get(..read).unwrap_or_default();
        let counts = request.starts_with(rule.start.as_bytes());
        let closes = counts && rule.seen.fetch_add(1, Ordering::SeqCst) + 1 == rule.nth;
        if closes && rule.side == Side::BeforeTheNode {
            rule.held.send_replace(true);
            std::future::pending::<()>().await;
        }
        if closes {
            answers.abort();
        }
        if to_node.write_all(request).await.is_err() {
            break;
        }
        if closes {
            rule.held.send_replace(true);
        }
    }
    answers.abort();
}
