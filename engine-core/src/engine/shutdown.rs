//! The way out: a signal, no new bounties, requests in flight, what stays owed.

use std::time::Duration;

use tokio::time;

use super::{driver::Driver, pulse::Pulse};
use crate::{
    bounty::{
        BountyId, Step,
        machine::{Input, Stage},
    },
    market::Market,
    scanner::Scanner,
};

/// How long requests in flight may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(20);

impl<M: Market, S: Scanner> Driver<M, S> {
    /// No new bounties, and none of those on which nothing is staked yet.
    pub(super) fn close(&mut self) {
        let is_first = !self.closing.is_cancelled();
        self.closing.cancel();
        for id in self.book.ids() {
            if let Some(entry) = self.book.get_mut(id)
                && !entry.machine.may_be_staked()
            {
                self.forget(id);
            }
        }
        if is_first {
            let owed = self.book.entries().count();
            tracing::info!(owed, drain = self.plan.drain, "shutting down: no new bounties");
        }
    }

    /// Requests in flight finish; what stays owed is told.
    pub(super) async fn finish(mut self) {
        self.close();
        self.tasks.close();
        let tasks = self.tasks.clone();
        let in_flight = async {
            loop {
                tokio::select! {
                    biased;
                    () = tasks.wait() => break,
                    () = Pulse::next(&mut self.pulse) => {}
                    told = self.told.recv() => if let Some((id, input)) = told { self.take_note(id, input).await },
                }
            }
        };
        if time::timeout(GRACE, in_flight).await.is_err() {
            tracing::warn!("requests in flight were cut off; the journal knows of them");
        }
        while let Ok((id, input)) = self.told.try_recv() {
            self.take_note(id, input).await;
        }
        for entry in self.book.entries().filter(|entry| entry.machine.may_be_staked()) {
            let (windows, stage) = (entry.machine.windows(), entry.machine.stage());
            let is_revealed = matches!(stage, Stage::Signed(Step::Settle) | Stage::Done(Step::Reveal));
            let (what, from, until) = if is_revealed {
                ("settlement", windows.vote_ends(), "any time".to_owned())
            } else {
                ("reveal", windows.expiration, windows.reveal_ends().to_string())
            };
            tracing::warn!(bounty = %entry.bounty.id, what, %from, until, "owed: start the engine again on this journal");
        }
    }

    /// What came of a request counts, but nothing new is begun.
    async fn take_note(&mut self, id: BountyId, input: Input) {
        if let Some(entry) = self.book.get_mut(id) {
            entry.machine.handle(input);
        }
        self.note(id).await;
    }
}
