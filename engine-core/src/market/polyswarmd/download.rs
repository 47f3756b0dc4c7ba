//! Bytes from the node, never more than asked for and never longer than allowed.

use bytes::{Bytes, BytesMut};
use reqwest::Response;

use super::{
    envelope::{Answer, reason},
    rest::{NoAnswer, Rest},
};
use crate::market::MarketError;

/// The most bytes that are read of a refusal.
const MAX_REFUSAL: u64 = 64 << 10;

/// One artifact. One time limit covers both tries, from the first request to the last byte.
pub(super) async fn artifact(rest: &Rest, path: &str, max_size: u64) -> Result<Bytes, MarketError> {
    let limit = rest.timeouts.download;
    let both = async {
        match once(rest, path, max_size).await {
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "downloading again");
                once(rest, path, max_size).await
            }
            other => other,
        }
    };
    let lost = |_| MarketError::Lost { request: format!("GET {path}"), source: NoAnswer(limit).into() };
    tokio::time::timeout(limit, both).await.map_err(lost)?
}

async fn once(rest: &Rest, path: &str, max_size: u64) -> Result<Bytes, MarketError> {
    let call = rest.get(path);
    let _room = call.room().await;
    let response = call.response().await?;
    let status = response.status();
    if status.is_success() {
        return at_most(response, max_size).await.map_err(|error| match error {
            ReadError::TooLarge { max_size } => MarketError::TooLarge { max_size },
            ReadError::Broken(_) => call.lost(error),
        });
    }
    let body = at_most(response, MAX_REFUSAL).await.map_err(|error| call.lost(error))?;
    match Answer::read(status, "a refusal", &body).map_err(|error| call.lost(error))? {
        Answer::Refused { errors, .. } => {
            Err(MarketError::Refused { request: call.name(), reason: reason(&errors) })
        }
        Answer::Done(_) => Err(MarketError::Refused { request: call.name(), reason: status.to_string() }),
    }
}

/// The whole body. It gives up at the first byte past `max_size`, and before the first one if the head announces more.
pub(super) async fn at_most(mut response: Response, max_size: u64) -> Result<Bytes, ReadError> {
    let too_large = ReadError::TooLarge { max_size };
    let announced = response.content_length();
    if announced.is_some_and(|length| length > max_size) {
        return Err(too_large);
    }
    let room = announced.unwrap_or(0).min(1 << 20);
    let mut body = BytesMut::with_capacity(usize::try_from(room).unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(|error| ReadError::Broken(error.without_url()))? {
        let size = u64::try_from(body.len().saturating_add(chunk.len())).unwrap_or(u64::MAX);
        if size > max_size {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// It has more bytes than allowed.
    #[error("the answer has more than {max_size} bytes")]
    TooLarge {
        /// How many are allowed.
        max_size: u64,
    },
    /// The connection broke.
    #[error("the answer broke off")]
    Broken(#[source] reqwest::Error),
}
