//! Which kind of node it is.

use reqwest::StatusCode;

use super::{
    address::Address,
    connect::{ConnectError, TRIES, failed, patiently},
    rest::Rest,
};
use crate::{bounty::fate::Terms, market::backoff::Backoff};

/// The kinds of nodes. Their websockets tell the same, and a bounty's machine is the same; what it does on the market differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Contracts on a chain: transactions, commit and reveal, settlements. Its clock are the blocks.
    Ethereum,
    /// A database in place of the chain: a signed message asserts one artifact in the open, and that is all. Its clock is the time of day,
    /// in seconds.
    Fast,
}

impl Variant {
    /// What this kind of node has.
    pub fn terms(self) -> Terms {
        let chain = self == Self::Ethereum;
        Terms { reveal: chain, settle: chain, answer_unknown: false, one_artifact: !chain }
    }

    /// An ethereum node has no wallets; a fast one has.
    pub(super) async fn of_node(rest: &Rest, address: &Address) -> Result<Self, ConnectError> {
        let timeouts = &rest.timeouts;
        let mut waits = Backoff::new(timeouts.first_wait, timeouts.longest_wait, timeouts.stable);
        let mut tried = 0;
        loop {
            let status = patiently(rest, || rest.options("/wallets/").status()).await;
            let status = status.map_err(|error| failed(address, error))?;
            tried += 1;
            match status {
                StatusCode::NOT_FOUND => return Ok(Self::Ethereum),
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                    let reason = status.to_string();
                    return Err(ConnectError::Unauthorized { address: address.clone(), reason });
                }
                status if status.is_success() || status.is_redirection() => return Ok(Self::Fast),
                status if status.is_server_error() && tried < TRIES => {
                    tracing::debug!(%status, "the node is asked again which kind it is");
                    tokio::time::sleep(waits.next(rand::random())).await;
                }
                status => {
                    let reason = format!("status {status}");
                    return Err(ConnectError::Unclear { address: address.clone(), reason });
                }
            }
        }
    }
}
