//! Where the journal's SQL runs: on a thread of its own, or in a simulation where the simulation wants it.

use tokio_rusqlite::rusqlite;

#[cfg(feature = "testing")]
use super::disk::Disk;

/// A database. A clone is another handle to the same.
#[derive(Clone, Debug)]
pub(super) enum Connection {
    /// A file, and a thread that waits for it.
    File(tokio_rusqlite::Connection),
    /// A simulated disk: no thread, so that a paused clock knows when nothing is under way.
    #[cfg(feature = "testing")]
    Simulated(Disk),
}

impl Connection {
    pub(super) async fn call<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, tokio_rusqlite::Error> {
        match self {
            Self::File(connection) => connection.call(job).await,
            #[cfg(feature = "testing")]
            Self::Simulated(disk) => Ok(disk.call(job).await?),
        }
    }
}
