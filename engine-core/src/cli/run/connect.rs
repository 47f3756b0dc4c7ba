//! The way to the node at the start. While something is owed, a node that is away is waited for.

use std::time::Duration;

use tokio::{sync::mpsc::Receiver, time};
use tokio_util::sync::CancellationToken;

use crate::{
    bounty::event::Heard,
    market::polyswarmd::{ConnectError, Options, Polyswarmd, keystore::Wallet},
};

/// Between two tries; a reveal's window may be ten seconds long.
const PAUSE: Duration = Duration::from_secs(2);

/// Connects; `None` when it was told to `stop` before there was a node.
///
/// # Errors
/// As [`Polyswarmd::connect`]. With bounties `owed`, a node that does not answer is no error: ending here would lose their bids,
/// should the node come back.
pub(super) async fn connect(
    options: Options,
    wallet: Wallet,
    owed: usize,
    stop: &CancellationToken,
    listening: &CancellationToken,
) -> Result<Option<(Polyswarmd, Receiver<Heard>)>, ConnectError> {
    let mut told = false;
    loop {
        let connecting = Polyswarmd::connect(options.clone(), wallet.clone(), listening.clone());
        match stop.run_until_cancelled(connecting).await {
            None => return Ok(None),
            Some(Err(error @ ConnectError::NoNode { .. })) if owed > 0 => {
                if !std::mem::replace(&mut told, true) {
                    tracing::error!(
                        owed,
                        error = &error as &dyn std::error::Error,
                        "what is owed needs the node: trying until it is back"
                    );
                }
                super::service::starting("waiting for the node: bounties are owed");
                if stop.run_until_cancelled(time::sleep(PAUSE)).await.is_none() {
                    return Ok(None);
                }
            }
            Some(connected) => return connected.map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody listens there: the port was ours a moment ago.
    fn nowhere() -> Options {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut options = Options::new(format!("http://127.0.0.1:{port}"));
        options.timeouts.first_wait = Duration::from_millis(1);
        options.timeouts.longest_wait = Duration::from_millis(1);
        options
    }

    async fn without_a_node(owed: usize, stop: &CancellationToken) -> Result<bool, ConnectError> {
        let wallet = Wallet::from_key(&alloy_primitives::B256::repeat_byte(0x46)).unwrap();
        let connected = connect(nowhere(), wallet, owed, stop, &CancellationToken::new()).await;
        connected.map(|connected| connected.is_some())
    }

    #[tokio::test]
    async fn with_nothing_owed_a_node_that_is_away_is_an_error() {
        let error = without_a_node(0, &CancellationToken::new()).await.unwrap_err();
        assert!(matches!(error, ConnectError::NoNode { .. }), "{error}");
    }

    #[tokio::test]
    async fn with_something_owed_it_is_waited_for_until_the_end() {
        let stop = CancellationToken::new();
        let mut waiting = std::pin::pin!(without_a_node(1, &stop));
        let first = time::timeout(Duration::from_millis(500), &mut waiting).await;
        assert!(first.is_err(), "it waits");
        stop.cancel();
        assert!(!waiting.await.unwrap());
    }
}
