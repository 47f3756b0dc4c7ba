//! SIGHUP, which a closed terminal sends: a wish to stop, unless whoever started us has said that it is none.

use std::{fs, future::Future, io};

use tokio::signal::unix::{SignalKind, signal};

/// Listens for SIGHUP from now on; the future ends with the first. If the process was started with SIGHUP ignored (`nohup`), that
/// stays so and the future never ends; where the system does not say whether it was, nothing is changed either.
///
/// Fails if the system lets nobody listen.
pub(super) fn listen() -> io::Result<impl Future<Output = ()> + Send> {
    let mut hangups = if is_heeded() { Some(signal(SignalKind::hangup())?) } else { None };
    Ok(async move {
        match &mut hangups {
            Some(hangups) => drop(hangups.recv().await),
            None => std::future::pending().await,
        }
    })
}

/// Whether a SIGHUP would end this process, or reach somebody who listens. False where the system does not tell.
fn is_heeded() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored(&status).is_some_and(|mask| mask & 1 == 0)
}

/// The mask of ignored signals in a process's status; its lowest bit is signal 1, SIGHUP.
fn ignored(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals() {
        let status = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000440\n";
        assert_eq!(ignored(status), Some(0x1001));
        assert_eq!(ignored("SigBlk:\t0\n"), None);
    }
}
