//! A client of clamd, ClamAV's daemon. It knows the protocol and no policy.
//!
//! One connection a command, and no session (IDSESSION) kept open over several. Measured on loopback, with 2,000 files of 1 kB, one
//! signature and clamd 1.4.6 (medians of nine rounds in turn on two busy cores), a session makes scans a second of
//!
//! - 557 to 640 (TCP, one at a time), 1793 to 2209 (TCP, four at once),
//! - 885 to 862 (unix socket, one at a time), 1711 to 1911 (unix socket, four at once):
//!
//! at most 0.2 ms a scan, which is little beside a real database's scan. Against it stand a session that clamd closes when it is idle,
//! and daemons that speak INSTREAM and no IDSESSION. A connection of its own cannot be broken by another scan, nor be stale.

mod address;
mod command;
mod connection;
mod reply;

use engine_core::{ErrorKind, ScanError};
use tokio::time::{self, Instant};

pub use self::{
    address::{Address, AddressError},
    reply::{Reply, Version},
};
pub(crate) use self::{connection::HINT, reply::UNVERSIONED};

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
