//! Starting a program: pipes, a process group of its own, its memory limit, and none of the engine's secrets.

use std::process::Stdio;

use tokio::process::{Child, Command};

use super::Program;
use crate::scanner::ScanError;

/// Variables that a backend has no business to see.
const SECRETS: [&str; 3] = ["PASSWORD", "API_KEY", "WEBHOOK_SECRET"];

impl Program {
    /// Starts the program with pipes for its input, output and log, within its memory limit, without the engine's secrets in
    /// its environment. It is killed when the value is dropped. [`Child`](super::Child) speaks the protocol with it; this is
    /// for a program that does something else.
    pub fn spawn(&self) -> Result<Child, ScanError> {
        let mut command = Command::new(&self.path);
        command.args(&self.args).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C at the terminal is for us; the children end when their input does.
        #[cfg(unix)]
        command.process_group(0);
        for secret in SECRETS {
            command.env_remove(secret);
        }
        let cannot = |error| ScanError::unavailable(format!("cannot start {}: {error}", self.path.display()));
        let child = command.spawn().map_err(cannot)?;
        limit_memory(&child, self.memory)?;
        Ok(child)
    }
}

#[cfg(target_os = "linux")]
fn limit_memory(child: &Child, bytes: Option<u64>) -> Result<(), ScanError> {
    use rustix::process::{Resource, Rlimit, prlimit};
    if let (Some(bytes), Some(pid)) = (bytes, super::group::pid(child)) {
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        prlimit(Some(pid), Resource::As, limit)
            .map_err(|error| ScanError::unavailable(format!("cannot limit a child's memory: {error}")))?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn limit_memory(_child: &Child, _bytes: Option<u64>) -> Result<(), ScanError> {
    Ok(())
}
