//! What the driver hears of the market, and is told by its own tasks.

use std::sync::Arc;

use super::driver::Driver;
use crate::{
    bounty::{
        BountyId, Step,
        event::{Event, Heard},
        machine::Input,
    },
    fail_points::is_broken,
    market::Market,
    scanner::Scanner,
    units::{Chain, Tick},
};

impl<M: Market, S: Scanner> Driver<M, S> {
    pub(super) async fn heard(&mut self, heard: Heard) {
        let Some(lane) = self.lanes.get(&heard.chain) else {
            tracing::warn!(chain = %heard.chain, "an event of a chain that was not chosen is dropped");
            return;
        };
        if let Event::Tick(tick) = heard.event {
            lane.clock.send_replace(tick);
            self.tick(heard.chain, tick).await;
        }
        match &heard.event {
            Event::Announced(bounty) if !self.is_new(bounty.id).await => return,
            Event::Deprecated => {
                tracing::warn!(chain = %heard.chain, "the market's contract is being replaced; what is owed on it is revealed and settled as before, and the new one has to be pinned anew");
            }
            _ => {}
        }
        let is_announced = matches!(heard.event, Event::Announced(_));
        for id in self.book.hear(heard) {
            if is_announced {
                self.trial.take(id);
            }
            self.advance(id).await;
        }
    }

    /// What is done with each tick, beside what bounties want.
    async fn tick(&mut self, chain: Chain, now: Tick) {
        self.is_writable = false;
        self.note_what_is_over().await;
        self.prune().await;
        self.guards.brakes.look().await;
        let Some(parameters) = self.book.parameters(chain) else { return };
        let windows = parameters.reveal_window.saturating_add(parameters.vote_window);
        for due in self.guards.shadow.due(chain, now, windows) {
            let shadow = Arc::clone(&self.guards.shadow);
            self.tasks.spawn(async move { shadow.ask(due).await });
        }
    }

    /// A bounty on which something was staked before is never taken again.
    async fn is_new(&mut self, id: BountyId) -> bool {
        if self.closing.is_cancelled() || !self.trial.has_place() {
            return false;
        }
        let is_new = match self.journal.record(id).await {
            _ if is_broken("staked on once") => Ok(true),
            // Asked once in a tick: each time waits for the disk.
            Ok(None) if self.is_writable => Ok(true),
            Ok(None) => self.journal.is_writable().await.map(|()| true),
            known => known.map(|_| false),
        };
        self.is_writable |= matches!(is_new, Ok(true));
        is_new.unwrap_or_else(|error| {
            tracing::error!(bounty = %id, error = &error as &dyn std::error::Error, "not taken: nothing is staked that cannot be sealed");
            false
        })
    }

    pub(super) async fn told(&mut self, id: BountyId, input: Input) {
        if matches!(
            input,
            Input::Fate(Step::Assert, _) | Input::Found(Some(_)) | Input::Dropped { step: Step::Assert, .. }
        ) {
            self.uncharged.remove(id);
        }
        if let Some(entry) = self.book.get_mut(id) {
            entry.machine.handle(input);
            self.advance(id).await;
        }
    }
}
