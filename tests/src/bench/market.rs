//! The reference and our engine on the same bounties, by turns, and the medians of each.

use std::time::Duration;

use anyhow::{Context, ensure};
use engine_tests::testnet::{Settings, Testnet};

use super::{
    contender::{Contender, artifacts},
    machine, median, ms,
    usage::Usage,
    within,
};

/// Options; the field docs are the help.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Bounties of two artifacts in each run, one a block
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    bounties: u32,
    /// How often each of the two runs; who begins changes from pair to pair
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
    /// Time from block to block
    #[arg(long, value_name = "TIME", default_value = "250ms", value_parser = humantime::parse_duration)]
    block_time: Duration,
    /// Instead: so many bounties in one block; how many are asserted in time, and memory
    #[arg(long, value_name = "N", conflicts_with_all = ["bounties", "pairs", "block_time"], value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) burst: Option<u32>,
}

/// What one run came to.
#[derive(Debug)]
struct Score {
    completed: usize,
    /// From the first websocket to the last settlement: of the engine's process, and of all its processes.
    per_cpu_second: f64,
    per_cpu_second_with_children: f64,
    /// Milliseconds.
    p50: f64,
    p99: f64,
    /// MiB.
    peak: f64,
    peak_with_children: f64,
    /// CPU seconds until the engine listened.
    start: f64,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<()> {
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for pair in 0..args.pairs {
        for turn in 0..2 {
            let reference = (pair + turn) % 2 == 0;
            let contender = if reference { Contender::reference()? } else { Contender::ours()? };
            let score = measure(args, &contender).await?;
            let who = if reference { "reference" } else { "engine-yara" };
            eprintln!("pair {} of {}: {who}: {score:.1?}", pair + 1, args.pairs);
            if reference {
                theirs.push(score)
            } else {
                ours.push(score)
            };
        }
    }
    print(args, &theirs, &ours);
    Ok(())
}

async fn measure(args: &Args, contender: &Contender) -> anyhow::Result<Score> {
    let net = Testnet::start(Settings {
        samples: artifacts(),
        bounties: args.bounties as usize,
        per_bounty: 2,
        every: 1,
        expiration_blocks: 20,
        reveal_blocks: 12,
        vote_blocks: 4,
        ..Settings::default()
    })
    .await?;
    let mut running = contender.start(&net.url())?;
    let process = running.id().context("the engine is gone")?;
    let listens = running.while_it_runs(within(2, "websocket", net.first_client())).await;
    listens.with_context(|| contender.log())??;
    let before = Usage::of(process)?;
    within(30, "end of the bounties", net.run(args.block_time, |_| ()))
        .await
        .with_context(|| contender.log())?;
    let after = Usage::of(process)?;
    // Killed: neither is asked how it ends.
    running.kill().await?;
    let report = net.report();
    let completed = report.bounties.iter().filter(|bounty| bounty.settled && bounty.correct).count();
    let times = net.reaction_times();
    ensure!(!times.is_empty(), "nothing was asserted\n{}", contender.log());
    let at = |percent: usize| {
        let nth = (times.len() * percent).div_ceil(100).max(1) - 1;
        times.get(nth).copied().map_or(0.0, ms)
    };
    let done = f64::from(u32::try_from(completed)?);
    let per_second = |cpu: Duration| done / cpu.as_secs_f64().max(0.01);
    Ok(Score {
        completed,
        per_cpu_second: per_second(after.cpu - before.cpu),
        per_cpu_second_with_children: per_second(after.cpu_with_children - before.cpu_with_children),
        p50: at(50),
        p99: at(99),
        peak: after.peak as f64 / 1024.0,
        peak_with_children: after.peak_with_children as f64 / 1024.0,
        start: before.cpu_with_children.as_secs_f64(),
    })
}

fn print(args: &Args, theirs: &[Score], ours: &[Score]) {
    println!(
        "{} bounties of 2 artifacts, one a block of {}, {} runs each, medians; {}\n",
        args.bounties,
        humantime::format_duration(args.block_time),
        args.pairs,
        machine::line()
    );
    println!("| | reference | engine-yara | ratio |");
    println!("|---|---:|---:|---:|");
    let wanted = (args.bounties * args.pairs) as usize;
    let completed = |scores: &[Score]| scores.iter().map(|score| score.completed).sum::<usize>();
    println!("| right and settled, of {wanted} | {} | {} | |", completed(theirs), completed(ours));
    let row = |what: &str, unit: &str, digits: usize, of: fn(&Score) -> f64, more_is_better: bool| {
        let [theirs, ours] = [theirs, ours].map(|scores| median(scores.iter().map(of).collect()));
        let ratio = if more_is_better { ours / theirs } else { theirs / ours };
        println!("| {what} | {theirs:.digits$}{unit} | {ours:.digits$}{unit} | {ratio:.1} |");
    };
    row("bounties per CPU-second of the engine", "", 1, |score| score.per_cpu_second, true);
    row("the same with the processes that scan", "", 1, |score| score.per_cpu_second_with_children, true);
    row("event to assertion, p50", " ms", 1, |score| score.p50, false);
    row("event to assertion, p99", " ms", 1, |score| score.p99, false);
    row("peak memory of the engine", " MiB", 1, |score| score.peak, false);
    row("the same with the processes that scan", " MiB", 1, |score| score.peak_with_children, false);
    row("CPU until it listens, all processes", " s", 2, |score| score.start, false);
}
