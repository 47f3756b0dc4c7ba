//! A started program with all that it has started itself: its process group, which ends with it.

use std::process::ExitStatus;

use tokio::process::Child;

/// A program that leads a process group. When the value is dropped, or the program found to have ended, all of the group is killed.
///
/// What has left the group (`setsid`) is out of reach.
#[derive(Debug)]
pub(super) struct Group {
    leader: Child,
}

impl Group {
    /// Takes a program that was started as the leader of a process group.
    pub(super) fn new(leader: Child) -> Self {
        Self { leader }
    }

    /// Ends what is left of the group, waits for the program, and says how it ended.
    pub(super) async fn bury(&mut self) -> Option<ExitStatus> {
        self.ended().await;
        // Before it is waited for: afterwards its number, and so the group's, may be another's.
        self.kill();
        self.leader.wait().await.ok()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(unix)]
impl Group {
    /// Whether the program has ended. It is not waited for here: until it is, nothing else can have its number or its group's.
    pub(super) fn has_ended(&mut self) -> bool {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        pid(&self.leader).is_none_or(|pid| !matches!(waitid(WaitId::Pid(pid), look), Ok(None)))
    }

    /// Returns when the program has ended.
    pub(super) async fn ended(&mut self) {
        use tokio::signal::unix::{SignalKind, signal};
        // Listened to before the first look, so that no end is missed.
        let Ok(mut children) = signal(SignalKind::child()) else {
            // Nobody may listen: the end of its output has to do.
            return std::future::pending().await;
        };
        while !self.has_ended() {
            if children.recv().await.is_none() {
                return std::future::pending().await;
            }
        }
    }

    /// Kills all of the group, as long as its number is its own.
    pub(super) fn kill(&self) {
        if let Some(group) = pid(&self.leader) {
            // It may be gone already.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(not(unix))]
impl Group {
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.leader.try_wait(), Ok(None))
    }

    pub(super) async fn ended(&mut self) {
        let _ = self.leader.wait().await;
    }

    /// The program is killed when the value is dropped; there are no groups.
    pub(super) fn kill(&self) {}
}

/// The process number, unless the process has ended and been waited for.
#[cfg(unix)]
pub(super) fn pid(child: &Child) -> Option<rustix::process::Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
}
