//! The driver's sign of life: given by the loop that does the work, so that it stops when the work does.

use std::{fmt, future, time::Duration};

use tokio::time::{Interval, MissedTickBehavior, interval};

/// Called by the driver's loop again and again, between two of its other turns. A loop that hangs (on a disk that does not answer, on
/// a bug) calls it no more, however well the rest of the program runs.
pub struct Pulse {
    due: Interval,
    beat: Box<dyn FnMut() + Send + Sync>,
}

impl Pulse {
    /// Calls `beat` at once and then so often, a millisecond at least. It must not block. Needs a runtime with a clock.
    pub fn new(every: Duration, beat: impl FnMut() + Send + Sync + 'static) -> Self {
        let mut due = interval(every.max(Duration::from_millis(1)));
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { due, beat: Box::new(beat) }
    }

    /// Waits until the next one is due, and gives it. Without a pulse it waits for ever.
    pub(super) async fn next(pulse: &mut Option<Self>) {
        let Some(pulse) = pulse else { return future::pending().await };
        pulse.due.tick().await;
        (pulse.beat)();
    }
}

impl fmt::Debug for Pulse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pulse").field("every", &self.due.period()).finish_non_exhaustive()
    }
}
