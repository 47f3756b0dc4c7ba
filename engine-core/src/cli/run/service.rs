//! What a service manager is told, if there is one: ready, alive, stopping. systemd's protocol (`sd_notify`), with `Type=notify`.
//!
//! Without `NOTIFY_SOCKET` in the environment nothing is told.

use std::{io, time::Duration};

use sd_notify::NotifyState;

use crate::engine::pulse::Pulse;

/// How much longer the start may take from the last sign of life in it; `TimeoutStartSec` of the unit holds until the first.
const LONGER: Duration = Duration::from_secs(300);

/// The engine is still starting, and waits for somebody else: have patience.
pub(super) fn starting(what: &str) {
    let longer = u32::try_from(LONGER.as_micros()).unwrap_or(u32::MAX);
    tell(&[NotifyState::ExtendTimeoutUsec(longer), NotifyState::Status(what)]);
}

/// The self-test has passed and the marketplace is connected.
pub(super) fn ready(account: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&format!("taking part as {account}"))]);
}

/// The engine was told to stop.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping: no new bounties")]);
}

/// What the driver's loop feeds the watchdog with, twice in the time of `WatchdogSec`; `None` if nobody watches.
pub(super) fn watchdog() -> Option<Pulse> {
    let within = sd_notify::watchdog_enabled()?;
    let mut is_told = false;
    Some(Pulse::new(within / 2, move || {
        let told = sd_notify::notify(&[NotifyState::Watchdog]);
        if let (Err(error), false) = (&told, is_told) {
            warn(error);
        }
        is_told = told.is_err();
    }))
}

fn tell(what: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(what) {
        warn(&error);
    }
}

/// No reason to stop, but the service manager may do it.
fn warn(error: &io::Error) {
    tracing::warn!(%error, "cannot tell the service manager (NOTIFY_SOCKET): it may take this engine for dead");
}
