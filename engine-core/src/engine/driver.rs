//! The driver: does what the machines ask, tells them what came of it, and decides nothing itself.
//!
//! One task owns the book. Everything that waits (scans, steps) runs in tasks of its own, which tell it what came of them through one
//! bounded channel.

use std::{
    collections::{BTreeMap, HashMap},
    panic::AssertUnwindSafe,
    sync::Arc,
};

use futures_util::FutureExt;
use rand::CryptoRng;
use tokio::{
    sync::{mpsc, watch},
    task::AbortHandle,
};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

use super::{
    brakes::{Brakes, Caution, Guards},
    canary,
    fetch::{Fetcher, Limits},
    journal::{Journal, JournalError},
    outbox::Outbox,
    pulse::Pulse,
    restore::restore,
    secrets::Secrets,
    shadow::Shadow,
    steps::Steps,
    trial::Trial,
    uncharged::Uncharged,
};
use crate::{
    bounty::{
        BountyId, Step,
        bid::BidStrategy,
        book::{Book, Taking},
        event::{Event, Heard},
        filter::Filters,
        machine::{Input, Outcome, Output, Stage},
    },
    fail_points::{is_broken, reached},
    market::Market,
    scanner::Scanner,
    units::{Chain, Tick},
};

/// How the engine takes part in a market.
#[derive(Debug)]
pub struct Plan {
    /// The chains it works on.
    pub chains: Vec<Chain>,
    /// Which bounties are taken, and how.
    pub taking: Taking,
    /// Which of their artifacts are scanned, and what is trusted more or less.
    pub filters: Filters,
    /// What is staked on a verdict.
    pub bids: Box<dyn BidStrategy>,
    /// When nothing is staked.
    pub caution: Caution,
    /// Limits on what is fetched and scanned.
    pub limits: Limits,
    /// Whether a shutdown waits for the reveals and settlements that are owed.
    pub drain: bool,
}

/// How many things may wait to be told to the driver.
const TOLD: usize = 1024;

/// An engine at work on a market.
#[derive(Debug)]
pub struct Driver<M: Market, S: Scanner> {
    pub(super) market: Arc<M>,
    journal: Journal,
    pub(super) plan: Plan,
    pub(super) book: Book,
    pub(super) fetcher: Arc<Fetcher<M, S>>,
    lanes: HashMap<Chain, Lane<M>>,
    scans: HashMap<BountyId, AbortHandle>,
    pub(super) uncharged: Uncharged,
    /// The last stage of each bounty that is on disk.
    noted: HashMap<BountyId, Stage>,
    /// How those ended whose end could not be written.
    unnoted: BTreeMap<BountyId, (Stage, Option<u64>)>,
    guards: Guards<M>,
    tell: mpsc::Sender<(BountyId, Input)>,
    pub(super) told: mpsc::Receiver<(BountyId, Input)>,
    pub(super) tasks: TaskTracker,
    pub(super) closing: CancellationToken,
    pub(super) pulse: Option<Pulse>,
    trial: Trial,
    pub(super) secrets: Secrets,
}

/// A chain's clock and the one way out to it.
#[derive(Debug)]
struct Lane<M: Market> {
    clock: watch::Sender<Tick>,
    outbox: Outbox<M>,
}

impl<M: Market, S: Scanner> Driver<M, S> {
    /// Takes over what the journal says is owed. Nothing happens before [`run`](Self::run).
    pub async fn new(market: Arc<M>, scanner: S, journal: Journal, plan: Plan) -> Result<Self, JournalError> {
        let (tell, told) = mpsc::channel(TOLD);
        let (tasks, closing) = (TaskTracker::new(), CancellationToken::new());
        let mut book = Book::new(market.account(), market.terms(), plan.taking.clone());
        let mut uncharged = Uncharged::default();
        restore(&journal, &plan.chains, &mut book, &mut uncharged).await?;
        let guards = Guards {
            brakes: Arc::new(Brakes::new(plan.caution, journal.clone()).await?),
            shadow: Arc::new(Shadow::new(Arc::clone(&market), journal.clone()).await?),
        };
        let lane = |chain: &Chain| {
            let (clock, ticks) = watch::channel(Tick(0));
            let (market, journal) = (Arc::clone(&market), journal.clone());
            let outbox = Outbox::start(*chain, market, journal, guards.clone(), ticks, closing.clone());
            (*chain, Lane { clock, outbox })
        };
        let lanes = plan.chains.iter().map(lane).collect();
        let fetcher = Fetcher::new(Arc::clone(&market), Arc::new(scanner), plan.limits, plan.filters.clone());
        Ok(Self {
            market,
            journal,
            plan,
            book,
            fetcher: Arc::new(fetcher),
            lanes,
            scans: HashMap::new(),
            uncharged,
            noted: HashMap::new(),
            unnoted: BTreeMap::new(),
            guards,
            tell,
            told,
            tasks,
            closing,
            pulse: None,
            trial: Trial::default(),
            secrets: Secrets::default(),
        })
    }

    /// Its loop gives this sign of life for as long as it runs. By default it gives none.
    #[must_use]
    pub fn pulse(mut self, pulse: Option<Pulse>) -> Self {
        self.pulse = pulse;
        self
    }

    /// It ends when the trial does, of which [`Trial::outcome`] says how. By default it has no end.
    #[must_use]
    pub fn trial(mut self, trial: Trial) -> Self {
        self.trial = trial;
        self
    }

    /// Its secrets come from this generator, which has to be one that nobody can guess. By default they come from the system's.
    #[must_use]
    pub fn randomness(mut self, rng: impl CryptoRng + Send + Sync + 'static) -> Self {
        self.secrets = Secrets::from_rng(rng);
        self
    }

    /// Works until `stop` is cancelled or its trial is over, then brings what is in flight to an end. An error means that the market's events ended.
    pub async fn run(
        mut self,
        mut events: mpsc::Receiver<Heard>,
        stop: CancellationToken,
    ) -> Result<(), EventsEnded> {
        let _canary = self.guards.brakes.canary().map(|every| {
            let watch = canary::watch(self.fetcher.scanner(), every, Arc::clone(&self.guards.brakes));
            AbortOnDropHandle::new(tokio::spawn(watch))
        });
        let ended = loop {
            // In a fixed order, so that a simulation can be run again. Only the last two can be ready again and again, and the
            // answers of steps, which are started by what is heard, come first.
            tokio::select! {
                biased;
                () = stop.cancelled(), if !self.closing.is_cancelled() => {
                    self.close();
                    if !self.plan.drain { break Ok(()) }
                }
                () = self.trial.over(), if !self.closing.is_cancelled() => {
                    self.close();
                    if !self.plan.drain { break Ok(()) }
                }
                () = Pulse::next(&mut self.pulse) => {}
                told = self.told.recv() => if let Some((id, input)) = told { self.told(id, input).await },
                heard = events.recv() => match heard {
                    Some(heard) => self.heard(heard).await,
                    None => break Err(EventsEnded),
                },
            }
            if self.closing.is_cancelled() && self.book.is_empty() {
                break Ok(());
            }
        };
        self.finish().await;
        ended
    }

    async fn heard(&mut self, heard: Heard) {
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
        self.note_what_is_over().await;
        self.guards.brakes.look().await;
        let Some(parameters) = self.book.parameters(chain) else { return };
        let windows = parameters.reveal_window.saturating_add(parameters.vote_window);
        for due in self.guards.shadow.due(chain, now, windows) {
            let shadow = Arc::clone(&self.guards.shadow);
            self.tasks.spawn(async move { shadow.ask(due).await });
        }
    }

    /// A bounty on which something was staked before is never taken again.
    async fn is_new(&self, id: BountyId) -> bool {
        if self.closing.is_cancelled() || !self.trial.has_place() {
            return false;
        }
        let is_new = match self.journal.record(id).await {
            _ if is_broken("staked on once") => Ok(true),
            Ok(None) => self.journal.is_writable().await.map(|()| true),
            known => known.map(|_| false),
        };
        is_new.unwrap_or_else(|error| {
            tracing::error!(bounty = %id, error = &error as &dyn std::error::Error, "not taken: nothing is staked that cannot be sealed");
            false
        })
    }

    async fn told(&mut self, id: BountyId, input: Input) {
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

    /// Does all that a bounty's machine wants done now.
    async fn advance(&mut self, id: BountyId) {
        loop {
            self.note(id).await;
            let Some(entry) = self.book.get_mut(id) else { return };
            let index = entry.machine.index();
            match entry.machine.poll() {
                Output::WaitUntil(_) => return,
                Output::Finished(outcome) => {
                    self.note(id).await;
                    return self.over(id, outcome);
                }
                Output::Scan => self.scan(id),
                Output::Submit(Step::Assert) => self.assert(id),
                Output::Submit(step) => self.step(id, Some(step), |steps| steps.later(id, step, index)),
                Output::Resend(step) => self.step(id, Some(step), |steps| steps.again(id, step, index)),
                Output::Ask => self.step(id, None, |steps| steps.ask(id)),
            }
        }
    }

    fn scan(&mut self, id: BountyId) {
        let Some(entry) = self.book.get_mut(id) else { return };
        tracing::info!(bounty = %id, expiration = %entry.bounty.expiration, "scanning");
        let (bounty, fetcher, tell) = (entry.bounty.clone(), Arc::clone(&self.fetcher), self.tell.clone());
        let task = self.tasks.spawn(async move { fetcher.run(&bounty, &tell).await });
        self.scans.insert(id, task.abort_handle());
    }

    /// Starts a task that takes a step, or asks what came of one. Should it crash, the machine is told all the same.
    pub(super) fn step<F>(&self, id: BountyId, step: Option<Step>, take: impl FnOnce(Steps<M>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Some(lane) = self.lanes.get(&id.chain) else {
            // Neither restored nor heard of, see `new` and `heard`.
            tracing::error!(bounty = %id, "its chain is not among those of this engine: this is a bug, report it");
            return;
        };
        let steps = Steps {
            market: Arc::clone(&self.market),
            journal: self.journal.clone(),
            outbox: lane.outbox.clone(),
            guards: self.guards.clone(),
            tell: self.tell.clone(),
            trial: self.trial.clone(),
        };
        let task = AssertUnwindSafe(take(steps.clone())).catch_unwind();
        self.tasks.spawn(async move {
            if task.await.is_err() {
                tracing::error!(bounty = %id, "a step crashed: this is a bug, report it with the lines above");
                steps.crashed(id, step).await;
            }
        });
    }

    /// Keeps on disk how far a staked bounty has come. If that fails the market is asked again after a restart: nothing is lost.
    pub(super) async fn note(&mut self, id: BountyId) {
        let Some(entry) = self.book.get_mut(id) else { return };
        let (stage, index) = (entry.machine.stage(), entry.machine.index());
        let worth_it =
            !matches!(stage, Stage::Open | Stage::Signed(_)) && self.noted.get(&id) != Some(&stage);
        if worth_it {
            if let Stage::Done(step) = stage {
                reached(step, "told");
                tracing::info!(bounty = %id, %step, index, "done");
            }
            match self.journal.note(id, stage, index).await {
                Ok(()) => {
                    self.noted.insert(id, stage);
                    if let Stage::Done(step) = stage {
                        reached(step, "noted");
                    }
                }
                Err(error) => {
                    tracing::error!(bounty = %id, error = &error as &dyn std::error::Error, "cannot write the journal");
                    if matches!(stage, Stage::Over(_)) {
                        self.unnoted.insert(id, (stage, index));
                    }
                }
            }
        }
    }

    /// What is over is out of the book, whether the journal could be written or not: it is told when it can be written again.
    async fn note_what_is_over(&mut self) {
        while let Some((&id, &(stage, index))) = self.unnoted.first_key_value() {
            if self.journal.note(id, stage, index).await.is_err() {
                return;
            }
            self.unnoted.remove(&id);
        }
    }

    fn over(&mut self, id: BountyId, outcome: Outcome) {
        match outcome {
            Outcome::Settled { payout } => {
                tracing::info!(bounty = %id, payout = payout.map(|p| p.to_string()), "settled")
            }
            Outcome::Skipped(why) => tracing::info!(bounty = %id, ?why, "skipped"),
            Outcome::Missed(Step::Assert) => {
                tracing::warn!(bounty = %id, "not asserted, nothing is staked")
            }
            Outcome::Missed(Step::Reveal) => {
                tracing::error!(bounty = %id, "not revealed in time, its bids may be lost: was the node out of reach, or the engine off?");
            }
            Outcome::Missed(Step::Settle) => {
                tracing::error!(bounty = %id, "given up, its payout was not taken: settle it by hand");
            }
        }
        self.trial.ended(id, outcome);
        self.forget(id);
    }

    pub(super) fn forget(&mut self, id: BountyId) {
        self.stop_scan(id);
        self.book.remove(id);
        self.uncharged.remove(id);
        self.noted.remove(&id);
    }

    pub(super) fn stop_scan(&mut self, id: BountyId) {
        if let Some(scan) = self.scans.remove(&id) {
            scan.abort();
        }
    }
}

/// The market's events ended although nobody stopped the engine.
#[derive(Debug, thiserror::Error)]
#[error(
    "the market's events ended, see the log for the cause; what is owed is in the journal: start the engine again"
)]
pub struct EventsEnded;
