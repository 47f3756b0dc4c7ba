//! One engine an account on this machine: two would spend each other's nonces, and lose what both have staked.
//!
//! The journal has its own lock; this one finds a second engine that was given another journal. On Linux it is an abstract socket, so
//! it leaves nothing behind and is gone with the process. Elsewhere, and between machines or containers, nobody notices: there
//! the rule is the operator's to keep.

use std::io;

/// The account on one node is ours for as long as this lives.
#[derive(Debug)]
pub struct Alone {
    #[cfg(target_os = "linux")]
    _listener: tokio_util::task::AbortOnDropHandle<()>,
}

impl Alone {
    /// Takes `account` on the node at `node`, as both are written in settings and logs. Needs a runtime.
    ///
    /// # Errors
    /// [`AloneError::Taken`] when another process has it, [`AloneError::Io`] when the system does not let us look.
    #[cfg(target_os = "linux")]
    pub async fn take(account: &str, node: &str) -> Result<Self, AloneError> {
        use tokio::net::{UnixListener, UnixStream};

        let digest = <sha2::Sha256 as sha2::Digest>::digest(format!("{account} {node}"));
        let name = format!("\0microengine-{}", hex::encode(digest));
        let listener = match UnixListener::bind(&name) {
            Ok(listener) => listener,
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                let peer = UnixStream::connect(&name).await.and_then(|peer| peer.peer_cred());
                let holder = peer.ok().and_then(|peer| peer.pid());
                let (account, node) = (account.to_owned(), node.to_owned());
                let holder = holder.map_or_else(|| "(unknown)".to_owned(), |pid| pid.to_string());
                return Err(AloneError::Taken { account, node, holder });
            }
            Err(error) => return Err(AloneError::Io(error)),
        };
        // Who asks gets to know our process by connecting; it must find room to.
        let answer = async move {
            loop {
                if listener.accept().await.is_err() {
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                }
            }
        };
        Ok(Self { _listener: tokio_util::task::AbortOnDropHandle::new(tokio::spawn(answer)) })
    }

    /// There is no such lock on this system.
    #[cfg(not(target_os = "linux"))]
    pub async fn take(account: &str, node: &str) -> Result<Self, AloneError> {
        let _ = (account, node);
        Ok(Self {})
    }
}

/// Why an account is not ours.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AloneError {
    /// Another process of this machine uses it.
    #[error(
        "account {account} is in use at {node} by process {holder}: two engines on one account would spend each other's nonces; stop that one first, or give this one another keyfile"
    )]
    Taken {
        /// The account.
        account: String,
        /// Where.
        node: String,
        /// The other process's id, as far as it is known.
        holder: String,
    },
    /// The system does not let us look.
    #[error("cannot find out whether another engine uses this account")]
    Io(#[from] io::Error),
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_account_is_taken_once_a_node_and_is_free_again() {
        let node = format!("http://node.example/{}", std::process::id());
        let first = Alone::take("0x1", &node).await.unwrap();
        for _ in 0..300 {
            let error = Alone::take("0x1", &node).await.unwrap_err().to_string();
            assert!(error.contains(&format!("by process {}", std::process::id())), "{error}");
        }
        Alone::take("0x2", &node).await.unwrap();
        Alone::take("0x1", "http://other.example").await.unwrap();
        drop(first);
        // The task that held it ends with the next turn of the runtime.
        while Alone::take("0x1", &node).await.is_err() {
            tokio::task::yield_now().await;
        }
    }
}
