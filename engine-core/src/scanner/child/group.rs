//! A program and what it has started itself: its process group.

use std::time::Duration;

use tokio::{process::Child, time};

use crate::scanner::ScanError;

/// How often it is looked at whether a program has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Ends the program and all of its process group, unless it has been waited for: until then nothing else can have its number.
pub(super) fn kill(child: &Child) {
    #[cfg(unix)]
    if let Some(group) = pid(child) {
        // It may be gone already.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = child;
}

/// Returns when the program has ended. It is not waited for, so that its number stays that of its group, which may live on.
pub(super) async fn ended(child: &Child) {
    while !has_ended(child) {
        time::sleep(LOOK_EVERY).await;
    }
}

/// Whether the program has ended, or has been waited for.
pub(super) fn has_ended(child: &Child) -> bool {
    #[cfg(unix)]
    {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        pid(child).is_none_or(|pid| !matches!(waitid(WaitId::Pid(pid), look), Ok(None)))
    }
    #[cfg(not(unix))]
    child.id().is_none()
}

/// The process number, unless the process has ended and been waited for.
#[cfg(unix)]
fn pid(child: &Child) -> Option<rustix::process::Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
}

#[cfg(target_os = "linux")]
pub(super) fn limit_memory(child: &Child, bytes: Option<u64>) -> Result<(), ScanError> {
    use rustix::process::{Resource, Rlimit, prlimit};
    if let (Some(bytes), Some(pid)) = (bytes, pid(child)) {
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        prlimit(Some(pid), Resource::As, limit)
            .map_err(|error| ScanError::unavailable(format!("cannot limit a child's memory: {error}")))?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn limit_memory(_child: &Child, _bytes: Option<u64>) -> Result<(), ScanError> {
    Ok(())
}
