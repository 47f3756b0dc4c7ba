//! `simulate`: lives of an engine, a month each, until one of them breaks a rule. See `engine_tests::simulation`.

use std::{
    io::{self, Write},
    num::NonZeroUsize,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use clap::Parser;
use engine_tests::simulation::{Life, live};
use tracing_subscriber::EnvFilter;

/// Options; the field docs are the help.
#[derive(Debug, Parser)]
#[command(
    name = "simulate",
    about = "Lives of an engine on a simulated clock, node and disk: one month of bounties a seed, with all that can go wrong",
    after_help = "Example: a thousand lives, then one of them again with its log and the engine's\n\n  \
        simulate --seeds 1000\n  \
        simulate --seed 17\n\n\
        Exit status: 0 when every rule held in every life; 1 when one did not; 2 on bad arguments."
)]
struct Args {
    /// How many seeds
    #[arg(long, value_name = "N", default_value_t = 300)]
    seeds: u64,
    /// The first of them
    #[arg(long, value_name = "S", default_value_t = 0)]
    first: u64,
    /// Only this one, with its log on standard output; the engine's log goes to standard error
    #[arg(long, value_name = "S", conflicts_with_all = ["seeds", "first"])]
    seed: Option<u64>,
    /// What of the engine's log is shown with --seed
    #[arg(long, value_name = "FILTER", default_value = "engine_core=warn")]
    log: String,
    /// Threads; all processors by default
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Break the engine on purpose, in the place where this invariant is kept, and stop at the first seed that finds it out;
    /// `--broken list` names them
    #[cfg(feature = "failpoints")]
    #[arg(long, value_name = "INVARIANT")]
    broken: Option<String>,
}

impl Args {
    /// Breaks the engine, if that is wanted. Whether it is.
    #[cfg(feature = "failpoints")]
    fn break_engine(&self) -> anyhow::Result<bool> {
        self.broken.as_deref().map(engine_tests::simulation::broken::set).transpose().map(|set| set.is_some())
    }

    /// Nobody can break the engine of this build.
    #[cfg(not(feature = "failpoints"))]
    fn break_engine(&self) -> anyhow::Result<bool> {
        Ok(false)
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let is_broken = match args.break_engine() {
        Ok(is_broken) => is_broken,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error:#}");
            return ExitCode::from(2);
        }
    };
    match args.seed {
        Some(seed) => replay(seed, &args.log),
        None => all(&args, is_broken),
    }
}

/// One life, line for line.
fn replay(seed: u64, log: &str) -> ExitCode {
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(log)).with_writer(io::stderr);
    log.without_time().with_ansi(false).init();
    match live(seed, true) {
        Ok(life) => {
            let mut out = io::stdout().lock();
            life.log.iter().for_each(|line| write!(out, "{line}").unwrap_or_default());
            tell(&life)
        }
        Err(error) => fail(seed, &error),
    }
}

/// Every seed, on all threads; of a broken engine up to the first that finds it out.
fn all(args: &Args, is_broken: bool) -> ExitCode {
    let start = Instant::now();
    let (next, is_over) = (AtomicU64::new(args.first), AtomicBool::new(false));
    let sum = Mutex::new(Sum::default());
    let threads = args.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed - args.first >= args.seeds {
                        return;
                    }
                    let life = live(seed, false);
                    let status = match &life {
                        Ok(life) if life.broken.is_empty() => ExitCode::SUCCESS,
                        Ok(life) => tell(life),
                        Err(error) => fail(seed, error),
                    };
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.add(life.as_ref().ok());
                    if status != ExitCode::SUCCESS {
                        sum.failed += 1;
                        is_over.fetch_or(is_broken, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    let _ = writeln!(
        io::stdout(),
        "{} lives of a month in {:.1} s: {} processes, {} bounties asserted, {} of them revealed; {} lives broke a rule",
        sum.lives,
        start.elapsed().as_secs_f64(),
        sum.processes,
        sum.staked,
        sum.revealed,
        sum.failed
    );
    if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Debug, Default)]
struct Sum {
    lives: u64,
    processes: u64,
    staked: usize,
    revealed: usize,
    failed: u64,
}

impl Sum {
    fn add(&mut self, life: Option<&Life>) {
        self.lives += 1;
        let Some(life) = life else { return };
        self.processes += life.processes;
        self.staked += life.staked;
        self.revealed += life.revealed;
    }
}

fn tell(life: &Life) -> ExitCode {
    for rule in &life.broken {
        let _ = writeln!(io::stdout(), "seed {}: {rule}", life.seed);
    }
    if life.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn fail(seed: u64, error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(io::stderr(), "seed {seed}: the simulation itself failed: {error:#}");
    ExitCode::FAILURE
}
