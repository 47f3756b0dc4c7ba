//! One seed, one month: processes that start, die and start again in a world that goes on.

use std::{sync::Arc, time::Duration};

use engine_core::{
    ArtifactKind,
    bounty::{bid::Linear, book::Taking, event::Heard, opinion::Policy},
    engine::{
        driver::{Driver, EventsEnded, Plan},
        fetch::Limits,
        journal::{Disk, Journal, JournalError},
    },
    market::Market,
    units::Chain,
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

use super::{
    Life,
    dice::Dice,
    fuse::Fuse,
    month::month,
    node::{ACCOUNT, Node},
    rules,
    scanner::Scripted,
    world::World,
};

/// So many blocks after all has cleared up the engine has nothing left to do.
const LAST_BLOCKS: u64 = 6_000;
/// How long a process may take to end when it is told to: its own limit, and a block or two.
const END: Duration = Duration::from_secs(40);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Killed,
    /// It was told to.
    Stopped,
    /// It ended by itself, or did not when it was told to.
    Wrong(&'static str),
    /// The month is over, and nothing is owed any more, or never will be.
    Over,
}

/// Lives the life of a seed.
pub fn live(seed: u64, keep_log: bool) -> anyhow::Result<Life> {
    let mut dice = Dice::new(seed, 3);
    let block_time = Duration::from_secs(dice.one_of(&[1, 1, 2, 5]).copied().unwrap_or(1));
    let fuse = Arc::new(Fuse::new(seed));
    let hook = Arc::clone(&fuse);
    let disk = Disk::new(move |_| {
        let fuse = Arc::clone(&hook);
        Box::pin(async move { fuse.moment().await })
    })?;
    let world = World::new(seed, ACCOUNT, month(seed, 1000, block_time), keep_log);
    let node = Arc::new(Node::new(world, fuse, disk, block_time));
    let mut story =
        Story { seed, node, dice, block_time, into_block: Duration::ZERO, processes: 0, until: None };
    loop {
        let end = story.process()?;
        story.tell(&format!("the process is gone: {end:?}"));
        match end {
            End::Over => break,
            End::Wrong(why) => {
                story.node.world().rules.broken.push(why.to_owned());
                break;
            }
            End::Killed | End::Stopped => story.down(),
        }
    }
    let Story { node, processes, .. } = story;
    {
        let world = &mut *node.world();
        world.rules.life_ended(&world.chain, &node.disk);
    }
    let node = Arc::into_inner(node).ok_or_else(|| anyhow::anyhow!("a task outlived its runtime"))?;
    let world = node.into_world();
    let staked = world.chain.contracts.values().filter_map(|contract| contract.stake.as_ref());
    let (staked, revealed) = staked
        .fold((0, 0), |(staked, revealed), stake| (staked + 1, revealed + usize::from(stake.is_revealed)));
    let (hash, log) = world.log.end();
    Ok(Life { seed, hash, broken: world.rules.broken, processes, staked, revealed, log })
}

/// What goes on from process to process.
struct Story {
    seed: u64,
    node: Arc<Node>,
    dice: Dice,
    block_time: Duration,
    /// How much of the block is over.
    into_block: Duration,
    processes: u64,
    /// The last block of all, once all has cleared up.
    until: Option<u64>,
}

impl Story {
    fn tell(&self, text: &str) {
        let world = &mut *self.node.world();
        world.log.line(world.chain.number, format_args!("{text}"));
    }

    /// One process from its start to its end. Its runtime ends with it, and so does all that it was about to do.
    fn process(&mut self) -> anyhow::Result<End> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        self.processes += 1;
        Ok(runtime.block_on(self.run()))
    }

    async fn run(&mut self) -> End {
        let is_last = self.until.is_some();
        let fuse = (!is_last && self.dice.in_thousand(700)).then(|| self.dice.number(1..=250));
        self.node.fuse.set(fuse);
        self.node.world().connect();
        self.tell(&format!("a process starts, fuse {fuse:?}"));
        let stop = CancellationToken::new();
        let (events, heard) = mpsc::channel(512);
        let rng = Dice::generator(self.seed, 100 + self.processes);
        let engine = engine(Arc::clone(&self.node), rng, heard, stop.clone());
        let engine = tokio::spawn(engine);
        let node = Arc::clone(&self.node);
        tokio::select! {
            biased;
            () = node.fuse.blown() => End::Killed,
            end = self.blocks(engine, events, stop) => end,
        }
    }

    /// One block after the other.
    async fn blocks(
        &mut self,
        mut engine: JoinHandle<Result<(), Ended>>,
        events: mpsc::Sender<Heard>,
        stop: CancellationToken,
    ) -> End {
        let mut told_to_stop = None;
        loop {
            let is_whole = self.into_block.is_zero();
            let heard = self.node.world().hear();
            for event in heard {
                // It has ended: seen below.
                let _ = events.send(event).await;
            }
            let began = Instant::now() - self.into_block;
            let is_last = self.until.is_some();
            let dies = !is_last && self.dice.in_thousand(15);
            let ends = if dies {
                let part = self.dice.number(0..=self.block_time.as_millis().try_into().unwrap_or(1000));
                self.into_block.max(Duration::from_millis(part))
            } else {
                self.block_time
            };
            tokio::select! {
                biased;
                ended = &mut engine => return self.ended(&ended, told_to_stop),
                () = time::sleep_until(began + ends) => {}
            }
            self.into_block = ends;
            if dies {
                return End::Killed;
            }
            let good = is_whole && told_to_stop.is_none();
            if let Some(end) = self.next_block(good) {
                // Nothing is owed: a drain has nothing to wait for.
                told_to_stop = Some(Instant::now());
                stop.cancel();
                return match time::timeout(END, &mut engine).await {
                    Ok(ended) if self.ended(&ended, told_to_stop) == End::Stopped => end,
                    Ok(ended) => self.ended(&ended, told_to_stop),
                    Err(_) => End::Wrong("the engine does not end when all is over"),
                };
            }
            if told_to_stop.is_none() && !is_last && self.dice.in_thousand(6) {
                self.tell("SIGTERM");
                told_to_stop = Some(Instant::now());
                stop.cancel();
            }
            if told_to_stop.is_some_and(|since: Instant| since.elapsed() > END) {
                return End::Wrong("the engine does not end when it is told to");
            }
        }
    }

    fn ended(
        &self,
        ended: &Result<Result<(), Ended>, tokio::task::JoinError>,
        told_to_stop: Option<Instant>,
    ) -> End {
        match ended {
            Ok(Ok(())) if told_to_stop.is_some() => End::Stopped,
            // A disk that is full when the engine starts: it says so, and a service manager starts it again.
            Ok(Err(Ended::Journal(error))) if self.node.world().weather.is_full => {
                self.tell(&format!("cannot start: {error}"));
                End::Stopped
            }
            Ok(Ok(())) => End::Wrong("the engine ended by itself"),
            Ok(Err(error)) => {
                self.tell(&format!("{error:?}"));
                End::Wrong("the engine ended by itself, with an error")
            }
            Err(error) => {
                self.tell(&error.to_string());
                End::Wrong("the engine crashed")
            }
        }
    }

    /// The block is over, and the next begins; `good` if this process was there all the time. Some end when all is over.
    fn next_block(&mut self, good: bool) -> Option<End> {
        {
            let world = &mut *self.node.world();
            let good = good && world.weather.trouble == super::weather::Trouble::None;
            world.rules.block_ended(&world.chain, good);
            if !world.is_busy() {
                if self.until.is_none() && world.month.is_empty() {
                    world.weather.clear_up();
                    self.until = Some(world.chain.number + LAST_BLOCKS);
                }
                // What is still owed, if anything, has all the time in the world.
                if self.until.is_some() {
                    world.chain.number += 20;
                } else {
                    world.skip();
                }
            }
        }
        self.node.mine();
        self.into_block = Duration::ZERO;
        let until = self.until?;
        let is_over = rules::open(&self.node.disk).is_empty() || self.node.world().chain.number > until;
        is_over.then_some(End::Over)
    }

    /// Nobody is there for a while.
    fn down(&mut self) {
        let blocks = match self.dice.number(0..=99) {
            0..=39 => 0,
            40..=79 => self.dice.number(1..=4),
            80..=96 => self.dice.number(5..=40),
            _ => self.dice.number(41..=400),
        };
        for _ in 0..blocks {
            if self.until.is_some() {
                return;
            }
            self.next_block(false);
        }
    }
}

/// The engine as `run` puts it together.
async fn engine(
    node: Arc<Node>,
    rng: impl rand::CryptoRng + Send + Sync + 'static,
    heard: mpsc::Receiver<Heard>,
    stop: CancellationToken,
) -> Result<(), Ended> {
    let plan = Plan {
        chains: vec![Chain::Side],
        taking: Taking { kinds: vec![ArtifactKind::File], policy: Policy::default(), assert_margin: 2 },
        bids: Box::new(Linear::default()),
        filters: Default::default(),
        caution: Default::default(),
        limits: Limits { max_size: 1024, timeout: Duration::from_secs(600), at_once: 8 },
        keep: Duration::from_secs(400 * 86_400),
        drain: false,
    };
    let journal = Journal::on(node.disk.clone(), &node.account()).await?;
    let driver = Driver::new(node, Scripted, journal, plan).await?;
    Ok(driver.randomness(rng).run(heard, stop).await?)
}

/// Why an engine ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("the journal")]
    Journal(#[from] JournalError),
    #[error("the events")]
    Events(#[from] EventsEnded),
}
