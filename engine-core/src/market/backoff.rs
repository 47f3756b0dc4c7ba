//! How long to wait before the next try: a capped, jittered series that starts over only after a stable time.
//!
//! It neither sleeps nor reads a clock nor makes random numbers: all three are handed in.

use std::time::Duration;

/// A series of waits. Each is between half and the whole of a step, and steps double from `first` up to `cap`.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    cap: Duration,
    stable: Duration,
    step: Duration,
}

impl Backoff {
    /// `stable` is how long a try has to hold before the series starts over: a node that accepts and closes at once is
    /// not asked each second for ever.
    pub(crate) fn new(first: Duration, cap: Duration, stable: Duration) -> Self {
        Self { first, cap, stable, step: first }
    }

    /// The next wait. `jitter` from 0 to 1 picks within the step, so that many clients do not come back at once.
    pub(crate) fn next(&mut self, jitter: f64) -> Duration {
        let step = self.step;
        self.step = step.saturating_mul(2).min(self.cap);
        step.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }

    /// Says how long the last try held, from when it worked to when it failed.
    pub(crate) fn held(&mut self, time: Duration) {
        if time >= self.stable {
            self.step = self.first;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_up_to_the_cap() {
        let mut backoff = Backoff::new(S, 5 * S, 60 * S);
        let waits: Vec<_> = std::iter::repeat_with(|| backoff.next(1.0)).take(5).collect();
        assert_eq!(waits, [S, 2 * S, 4 * S, 5 * S, 5 * S]);
    }

    #[test]
    fn jitter_stays_within_half_and_the_whole() {
        for (jitter, expected) in
            [(0.0, S), (0.5, S * 3 / 2), (1.0, 2 * S), (-7.0, S), (f64::INFINITY, 2 * S)]
        {
            assert_eq!(Backoff::new(2 * S, 2 * S, S).next(jitter), expected, "{jitter}");
        }
    }

    #[test]
    fn f19_only_a_stable_time_starts_the_series_over() {
        let mut backoff = Backoff::new(S, 60 * S, 30 * S);
        backoff.next(1.0);
        backoff.held(29 * S);
        assert_eq!(backoff.next(1.0), 2 * S, "a handshake alone is not success");
        backoff.held(30 * S);
        assert_eq!(backoff.next(1.0), S);
    }
}
