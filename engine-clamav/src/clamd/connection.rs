//! One command and its reply over a connection of its own. No deadline in here but that of connecting.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter},
    net::TcpStream,
    time,
};

use super::{Address, command};

/// A daemon that is there accepts at once; a host that is not there may never refuse.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The longest reply that is read. A signature's name is never that long.
const LONGEST_REPLY: usize = 64 << 10;
/// Small artifacts leave in one piece with their command and their end.
const BUFFER: usize = 64 << 10;

/// What to do about a daemon that is not there; the end of the message.
pub(crate) const HINT: &str = "; is it running, and is this its address?";

/// Sends a command, and behind it an artifact, and reads the reply: all bytes up to its NUL, or up to the end of the stream.
pub(super) async fn exchange(
    address: &Address,
    command: &[u8],
    artifact: Option<&[u8]>,
) -> Result<Vec<u8>, ConnectionError> {
    let reply = match address {
        Address::Tcp { host, port } => {
            let stream = in_time(TcpStream::connect((host.as_str(), *port))).await?;
            // The last few bytes of a request must not wait for the peer's acknowledgement. Without it we are slower, no more.
            let _ = stream.set_nodelay(true);
            talk(stream, command, artifact).await
        }
        #[cfg(unix)]
        Address::Unix(path) => {
            talk(in_time(tokio::net::UnixStream::connect(path)).await?, command, artifact).await
        }
        #[cfg(not(unix))]
        Address::Unix(_) => return Err(ConnectionError::Connect(io::ErrorKind::Unsupported.into())),
    };
    reply.map_err(ConnectionError::Broken)
}

async fn in_time<S>(connect: impl Future<Output = io::Result<S>>) -> Result<S, ConnectionError> {
    let connected = time::timeout(CONNECT_WITHIN, connect).await;
    connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(ConnectionError::Connect)
}

/// Reads while it sends: a daemon that refuses an artifact for its size says so at once and hangs up, and the reply has to be
/// read although sending failed.
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    command: &[u8],
    artifact: Option<&[u8]>,
) -> io::Result<Vec<u8>> {
    let (from, to) = tokio::io::split(stream);
    let mut reading = std::pin::pin!(read(from));
    let (sent, (reply, end)) = tokio::select! {
        read = &mut reading => (Ok(()), read),
        sent = send(to, command, artifact) => (sent, reading.await),
    };
    // A reply counts for more than how the connection ended: behind a refusal a reset is normal.
    if reply.is_empty() {
        sent.and(end)?;
    }
    Ok(reply)
}

async fn send(to: impl AsyncWrite + Unpin, command: &[u8], artifact: Option<&[u8]>) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(BUFFER, to);
    to.write_all(command).await?;
    for (length, piece) in artifact.map(command::chunks).into_iter().flatten() {
        to.write_all(&length).await?;
        to.write_all(piece).await?;
    }
    to.flush().await
}

/// Reads up to and with the first NUL, or to the end, and says how it ended.
async fn read(mut from: impl AsyncRead + Unpin) -> (Vec<u8>, io::Result<()>) {
    let mut reply = Vec::new();
    while reply.last() != Some(&0) && reply.len() <= LONGEST_REPLY {
        match from.read_buf(&mut reply).await {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => return (reply, Err(error)),
        }
    }
    (reply, Ok(()))
}

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectionError {
    #[error("cannot connect ({0}){HINT}")]
    Connect(io::Error),
    #[error("the connection broke before an answer ({0}); see its log")]
    Broken(io::Error),
}
