//! SIGKILL: a process that is to die at the n-th moment at which somebody else could see what it does.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::{sync::Notify, task};

use super::dice::Dice;

/// Where the process of today dies, if it does.
#[derive(Debug)]
pub(super) struct Fuse {
    state: Mutex<State>,
    blown: Notify,
}

#[derive(Debug)]
struct State {
    /// So many moments are left, if they are counted.
    left: Option<u64>,
    is_blown: bool,
    dice: Dice,
}

impl Fuse {
    pub(super) fn new(seed: u64) -> Self {
        let state = State { left: None, is_blown: false, dice: Dice::new(seed, 1) };
        Self { state: Mutex::new(state), blown: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a new process, which dies after so many moments.
    pub(super) fn set(&self, left: Option<u64>) {
        let mut state = self.state();
        (state.left, state.is_blown) = (left, false);
    }

    /// A moment: just before or after something that outlives the process. A dead process does not come back from here, so that it
    /// does nothing more, whichever of its tasks is next. Some moments let the other tasks go first.
    pub(super) async fn moment(&self) {
        let (is_blown, yields) = {
            let mut state = self.state();
            if let Some(left) = &mut state.left {
                *left = left.saturating_sub(1);
                state.is_blown |= state.left == Some(0);
            }
            (state.is_blown, state.dice.in_thousand(250))
        };
        if is_blown {
            self.blown.notify_one();
            return std::future::pending().await;
        }
        if yields {
            task::yield_now().await;
        }
    }

    /// Waits until the process is dead.
    pub(super) async fn blown(&self) {
        while !self.state().is_blown {
            self.blown.notified().await;
        }
    }
}
