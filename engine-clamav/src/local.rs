//! The ClamAV of this machine.

use std::{path::PathBuf, time::Duration};

use engine_core::ScanContext;

use crate::clamd::{Address, Clamd, HINT};

/// The database folder of Debian, Fedora and most others; freshclam fills it.
pub(crate) const DATABASE: &str = "/var/lib/clamav";
/// Where distributions let clamd listen: Debian, Fedora, ClamAV's own example, TCP.
const SOCKETS: [&str; 4] =
    ["/run/clamav/clamd.ctl", "/var/run/clamav/clamd.ctl", "/run/clamd.scan/clamd.sock", "/tmp/clamd.socket"];
/// A daemon of this machine answers at once, also while it scans.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// The first clamd of this machine that answers, or what was tried and how each failed.
pub(crate) async fn clamd() -> Result<Clamd, String> {
    let sockets = SOCKETS.iter().map(|path| Address::Unix(PathBuf::from(path)));
    let mut failures = Vec::new();
    for address in sockets.chain([Address::tcp("127.0.0.1", Address::DEFAULT_PORT)]) {
        let clamd = Clamd::new(address);
        match clamd.version(ScanContext::within(ANSWER_WITHIN).deadline).await {
            Ok(_) => return Ok(clamd),
            Err(error) => failures.push(error.message.trim_end_matches(HINT).to_owned()),
        }
    }
    Err(failures.join("; "))
}
