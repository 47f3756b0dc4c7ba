//! The user's, or the pipeline's, wish to stop.

use std::{future, io};

/// Returns when SIGINT, SIGTERM or SIGHUP (a closed terminal) comes: a command then ends in good order, with the programs
/// that it has started. Started with SIGHUP ignored, as by `nohup`, it goes on through one.
///
/// Where signals cannot be listened to, that is logged and it never returns.
pub(super) async fn interrupted() {
    if let Err(error) = signalled().await {
        tracing::warn!(%error, "cannot listen for signals: programs that were started may outlive an interruption");
        future::pending().await
    }
}

async fn signalled() -> io::Result<()> {
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
