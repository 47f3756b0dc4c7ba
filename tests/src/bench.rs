//! `bench`: our engine and the reference on the same marketplace, on this machine, and the ratios. `tests/bench` builds and starts it.

#[path = "bench/burst.rs"]
mod burst;
#[path = "bench/contender.rs"]
mod contender;
#[path = "bench/journal.rs"]
mod journal;
#[path = "bench/machine.rs"]
mod machine;
#[path = "bench/market.rs"]
mod market;
#[path = "bench/usage.rs"]
mod usage;

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};

/// Options; the field docs are the help.
#[derive(Debug, Parser)]
#[command(
    name = "tests/bench",
    about = "Measures engine-yara with one rule beside the reference client, on this machine. Asserts nothing: numbers and ratios are printed",
    after_help = "Exit status: 0 when measured; 2 on bad arguments, without the reference, or when something fails."
)]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Both on the same bounties, by turns: CPU, event to assertion, memory
    Market(market::Args),
    /// Start-up of an engine whose journal is full of settled bounties, and the journal's size
    Journal(journal::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Args::parse().what {
        What::Market(market::Args { burst: Some(bounties), .. }) => burst::run(bounties).await,
        What::Market(args) => market::run(&args).await,
        What::Journal(args) => journal::run(args).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// The middle one; of an even number the lower. 0 of none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Waits for something of a running engine; if it never comes, the engine's log is in the error.
async fn within<T>(minutes: u64, what: &str, something: impl Future<Output = T>) -> anyhow::Result<T> {
    let waited = tokio::time::timeout(Duration::from_secs(60 * minutes), something).await;
    waited.map_err(|_| anyhow::anyhow!("after {minutes} minutes still no {what}"))
}
