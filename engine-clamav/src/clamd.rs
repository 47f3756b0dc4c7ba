//! A client of clamd, ClamAV's daemon. It knows the protocol and no policy.
//!
//! One connection a command. Measured on loopback, connecting costs a few per cent of the smallest scan, because libclamav's
//! own set-up costs a millisecond; and a connection of its own per scan cannot be broken by another scan.

mod address;
mod command;
mod connection;
mod reply;

use engine_core::{ErrorKind, ScanError};
use tokio::time::{self, Instant};

pub(crate) use self::connection::HINT;
pub use self::{
    address::{Address, AddressError},
    reply::{Reply, Version},
};

/// A clamd that may or may not be running: making this value does not connect.
#[derive(Clone, Debug)]
pub struct Clamd {
    address: Address,
}

impl Clamd {
    /// A clamd at an address.
    pub fn new(address: Address) -> Self {
        Self { address }
    }

    /// Where it listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Asks for its version and that of its signatures.
    ///
    /// # Errors
    ///
    /// `unavailable` if it cannot be reached, `timed_out` past the deadline, `bad_reply` for what is no version.
    pub async fn version(&self, deadline: Instant) -> Result<Version, ScanError> {
        self.ask(deadline, command::VERSION, None).await.and_then(|reply| self.place(Version::parse(&reply)))
    }

    /// Has it scan bytes (INSTREAM).
    ///
    /// # Errors
    ///
    /// `unavailable` if it cannot be reached or hangs up, `timed_out` past the deadline, and those of [`Reply::parse`].
    pub async fn instream(&self, artifact: &[u8], deadline: Instant) -> Result<Reply, ScanError> {
        let reply = self.ask(deadline, command::INSTREAM, Some(artifact)).await;
        reply.and_then(|reply| self.place(Reply::parse(&reply)))
    }

    async fn ask(
        &self,
        deadline: Instant,
        command: &[u8],
        artifact: Option<&[u8]>,
    ) -> Result<Vec<u8>, ScanError> {
        let exchange = connection::exchange(&self.address, command, artifact);
        match time::timeout_at(deadline, exchange).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(ScanError::unavailable(format!("clamd at {}: {error}", self.address))),
            Err(_) => Err(ScanError::timed_out(format!("clamd at {} did not answer in time", self.address))),
        }
    }

    /// Says which daemon it was that could not be talked to.
    fn place<T>(&self, outcome: Result<T, ScanError>) -> Result<T, ScanError> {
        outcome.map_err(|error| match error.kind {
            ErrorKind::Unavailable | ErrorKind::BadReply => {
                ScanError::new(error.kind, format!("{}: {}", self.address, error.message))
            }
            _ => error,
        })
    }
}
