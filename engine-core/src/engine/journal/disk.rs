//! A simulated disk for journals: SQLite in memory, with a say in when each call begins and when its answer comes.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::BoxFuture;
use tokio_rusqlite::rusqlite;

/// The two moments of a call at which the process may be killed, or made to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing of it has happened.
    Before,
    /// All of it has happened, and nobody has been told.
    After,
}

/// What a simulation does at these moments. A future that never ends is a process that was killed.
pub type Hook = dyn Fn(Moment) -> BoxFuture<'static, ()> + Send + Sync;

/// A disk that outlives the journals on it. A clone is another handle to the same.
#[derive(Clone)]
pub struct Disk {
    database: Arc<Mutex<rusqlite::Connection>>,
    hook: Arc<Hook>,
}

impl Disk {
    /// An empty one.
    ///
    /// # Errors
    /// When SQLite has no memory.
    pub fn new(
        hook: impl Fn(Moment) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> rusqlite::Result<Self> {
        let database = Arc::new(Mutex::new(rusqlite::Connection::open_in_memory()?));
        Ok(Self { database, hook: Arc::new(hook) })
    }

    /// Looks into the database, or changes it, past the engine and its hook.
    pub fn sql<T>(&self, job: impl FnOnce(&mut rusqlite::Connection) -> T) -> T {
        // A job that crashed has rolled its transaction back.
        job(&mut self.database.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) async fn call<T>(&self, job: impl FnOnce(&mut rusqlite::Connection) -> T) -> T {
        (self.hook)(Moment::Before).await;
        let done = self.sql(job);
        (self.hook)(Moment::After).await;
        done
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}
