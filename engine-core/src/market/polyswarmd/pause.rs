//! The node's wish to be left alone, obeyed by every request of the client.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Until when no request may start.
#[derive(Debug, Default)]
pub(super) struct Pause(Mutex<Option<Instant>>);

impl Pause {
    /// Nothing starts for this long. A later end stays.
    pub(super) fn begin(&self, time: Duration) {
        let end = Instant::now() + time;
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = Some(until.map_or(end, |before| before.max(end)));
    }

    /// Waits until requests may start.
    pub(super) async fn over(&self) {
        while let Some(end) = self.end() {
            tokio::time::sleep_until(end).await;
        }
    }

    fn end(&self) -> Option<Instant> {
        let until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.filter(|end| *end > Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_shorter_pause_does_not_end_a_longer_one() {
        let (pause, start) = (Pause::default(), Instant::now());
        pause.over().await;
        assert_eq!(Instant::now(), start, "without a pause nothing waits");
        pause.begin(Duration::from_secs(5));
        pause.begin(Duration::from_secs(2));
        pause.over().await;
        assert_eq!(start.elapsed().as_secs(), 5);
    }
}
