//! A program's standard error: each line is logged, and the last one kept for when it dies.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::ChildStderr,
    task::JoinHandle,
    time,
};

/// The last line that a program logged: what it says when it dies.
#[derive(Debug)]
pub(super) struct LastLine {
    line: Arc<Mutex<String>>,
    follower: JoinHandle<()>,
}

impl LastLine {
    /// Logs each line of a program's standard error under its name, until the program ends.
    pub(super) fn follow(name: &str, stderr: ChildStderr) -> Self {
        let line = Arc::default();
        let (kept, name) = (Arc::<Mutex<String>>::clone(&line), name.to_owned());
        let follower = tokio::spawn(async move {
            let mut stderr = BufReader::new(stderr);
            let mut line = Vec::new();
            while matches!((&mut stderr).take(4096).read_until(b'\n', &mut line).await, Ok(1..)) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                if !text.is_empty() {
                    tracing::info!(backend = name, "{text}");
                    *kept.lock().unwrap_or_else(PoisonError::into_inner) = text;
                }
                line.clear();
            }
        });
        Self { line, follower }
    }

    /// The last line of a program that has ended. Another process may keep its standard error open, so this waits a moment only.
    pub(super) async fn last(&mut self) -> String {
        if !self.follower.is_finished() {
            let _ = time::timeout(Duration::from_secs(1), &mut self.follower).await;
        }
        self.line.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
