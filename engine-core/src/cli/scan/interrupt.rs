//! The user's, or the pipeline's, wish to stop.

use std::io;

/// Returns when SIGINT or SIGTERM comes: what has been found so far is then told, and the document is ended.
///
/// Fails where signals cannot be listened to.
pub(super) async fn interrupted() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            asked = tokio::signal::ctrl_c() => asked,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
