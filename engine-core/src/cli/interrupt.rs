//! The user's, or the pipeline's, wish to stop.

use std::io;

/// Returns when SIGINT, SIGTERM or SIGHUP (a closed terminal) comes: a command then ends in good order, with the programs
/// that it has started. Started with SIGHUP ignored, as by `nohup`, it goes on through one.
///
/// Fails where signals cannot be listened to.
pub(super) async fn interrupted() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let hangup = crate::hangup::listen()?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            () = hangup => Ok(()),
            asked = tokio::signal::ctrl_c() => asked,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
