//! The user's, the service manager's or the pipeline's wish to stop.

use std::{future, io};

/// Listens from now on, see [`listen`]. The future ends with the first wish to stop: a command then ends in good order, with the
/// programs that it has started.
///
/// Where signals cannot be listened to, that is logged and the future never ends.
pub(super) fn interrupted() -> impl Future<Output = ()> {
    let listening = listen();
    async {
        match listening {
            Ok(asked) => asked.await,
            Err(error) => {
                tracing::warn!(%error, "cannot listen for signals: programs that were started may outlive an interruption");
                future::pending().await
            }
        }
    }
}

/// Listens for SIGTERM, Ctrl-C and SIGHUP (a closed terminal) from now on, before its future is polled: what is started after it ends
/// with it. The future ends with the first of them. Started with SIGHUP ignored, as by `nohup`, it goes on through one.
///
/// Fails if the system lets nobody listen.
#[cfg(unix)]
pub(super) fn listen() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let hangup = super::hangup::listen()?;
    Ok(async move {
        tokio::select! {
            () = hangup => {}
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Listens for Ctrl-C.
#[cfg(not(unix))]
pub(super) fn listen() -> io::Result<impl Future<Output = ()> + Send> {
    Ok(async {
        // Without a way to listen there is nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            future::pending::<()>().await;
        }
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn signals_are_caught_before_anybody_waits_for_one() {
        let _never_polled = interrupted();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        let caught = u64::from_str_radix(mask.trim(), 16).unwrap();
        // The lowest bit is signal 1.
        let (interrupt, terminate) = (1 << 1, 1 << 14);
        assert_eq!(caught & (interrupt | terminate), interrupt | terminate, "{mask}");
    }
}
