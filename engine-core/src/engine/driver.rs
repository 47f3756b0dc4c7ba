//! The driver: does what the machines ask, tells them what came of it, and decides nothing itself.
//!
//! One task owns the book. Everything that waits (scans, steps) runs in tasks of its own, which tell it what came of them through one
//! bounded channel.

use std::{
    collections::{BTreeMap, HashMap},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt;
use rand::CryptoRng;
use tokio::{
    sync::{mpsc, watch},
    task::AbortHandle,
    time::Instant,
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
    queue::Queue,
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
        event::Heard,
        filter::Filters,
        machine::{Input, Output, Stage},
    },
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
    /// How long what is over stays in the journal.
    pub keep: Duration,
    /// Whether a shutdown waits for the reveals and settlements that are owed.
    pub drain: bool,
}

/// How many bounties are worked on for each artifact that is fetched and scanned at once: most of their time they wait for the node.
const BOUNTIES: usize = 4;
/// How many things may wait to be told to the driver.
const TOLD: usize = 1024;

/// An engine at work on a market.
#[derive(Debug)]
pub struct Driver<M: Market, S: Scanner> {
    pub(super) market: Arc<M>,
    pub(super) journal: Journal,
    pub(super) plan: Plan,
    pub(super) book: Book,
    pub(super) fetcher: Arc<Fetcher<M, S>>,
    pub(super) lanes: HashMap<Chain, Lane<M>>,
    /// What waits for a place, and what has one.
    pub(super) queue: Queue,
    pub(super) scans: HashMap<BountyId, AbortHandle>,
    pub(super) uncharged: Uncharged,
    /// The last stage of each bounty that is on disk.
    pub(super) noted: HashMap<BountyId, Stage>,
    /// When the journal is pruned next.
    pub(super) prune_at: Instant,
    /// Whether the journal could be written in this tick.
    pub(super) is_writable: bool,
    /// How those ended whose end could not be written.
    pub(super) unnoted: BTreeMap<BountyId, (Stage, Option<u64>)>,
    pub(super) guards: Guards<M>,
    pub(super) tell: mpsc::Sender<(BountyId, Input)>,
    pub(super) told: mpsc::Receiver<(BountyId, Input)>,
    pub(super) tasks: TaskTracker,
    pub(super) closing: CancellationToken,
    pub(super) pulse: Option<Pulse>,
    pub(super) trial: Trial,
    pub(super) secrets: Secrets,
}

/// A chain's clock and the one way out to it.
#[derive(Debug)]
pub(super) struct Lane<M: Market> {
    pub(super) clock: watch::Sender<Tick>,
    pub(super) outbox: Outbox<M>,
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
        let queue = Queue::new(plan.limits.at_once.saturating_mul(BOUNTIES));
        Ok(Self {
            market,
            journal,
            plan,
            book,
            fetcher: Arc::new(fetcher),
            lanes,
            queue,
            scans: HashMap::new(),
            uncharged,
            noted: HashMap::new(),
            prune_at: Instant::now(),
            is_writable: false,
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

    /// Does all that a bounty's machine wants done now, and begins with what has found a place by that.
    pub(super) async fn advance(&mut self, id: BountyId) {
        self.act(id).await;
        let is_open = self.book.get_mut(id).is_some_and(|entry| entry.machine.stage() == Stage::Open);
        if !is_open {
            self.queue.remove(id);
        }
        while let Some(next) = self.queue.next() {
            self.scan(next);
        }
    }

    async fn act(&mut self, id: BountyId) {
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
                Output::Scan => self.queue.add(id, entry.bounty.expiration),
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
}

/// The market's events ended although nobody stopped the engine.
#[derive(Debug, thiserror::Error)]
#[error(
    "the market's events ended, see the log for the cause; what is owed is in the journal: start the engine again"
)]
pub struct EventsEnded;
