//! Many bounties in one block: how many are asserted in time, and what memory does.

use std::time::{Duration, Instant};

use anyhow::Context;
use engine_tests::testnet::{Settings, Testnet};

use super::{
    contender::{Contender, artifacts},
    machine, ms,
    usage::Usage,
    within,
};

/// So many the reference gets too: with more it needs minutes and finishes few.
const REFERENCE: u32 = 200;
const BLOCK: Duration = Duration::from_secs(1);

pub(crate) async fn run(bounties: u32) -> anyhow::Result<()> {
    println!(
        "{bounties} bounties of one artifact in one block, blocks of 1 s, 100 until expiration; {}\n",
        machine::line()
    );
    println!(
        "| | asserted in time | revealed | settled | right | last assertion after | peak memory | with the processes that scan | resident by quarters |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---|");
    if bounties <= REFERENCE {
        measure("reference", &Contender::reference()?, bounties).await?;
    }
    measure("engine-yara", &Contender::ours()?, bounties).await
}

async fn measure(who: &str, contender: &Contender, bounties: u32) -> anyhow::Result<()> {
    let net = Testnet::start(Settings {
        samples: artifacts(),
        expiration_blocks: 100,
        reveal_blocks: 100,
        vote_blocks: 4,
        ..Settings::default()
    })
    .await?;
    let mut running = contender.start(&net.url())?;
    let process = running.id().context("the engine is gone")?;
    let listens = running.while_it_runs(within(2, "websocket", net.first_client())).await;
    listens.with_context(|| contender.log())??;
    for _ in 0..bounties {
        net.post_bounty();
    }
    let mut resident = Vec::new();
    let blocks = net.run(BLOCK, |_| ());
    let watch = async {
        let start = Instant::now();
        let mut clock = tokio::time::interval(BLOCK);
        loop {
            clock.tick().await;
            match Usage::of(process) {
                Ok(usage) => resident.push(usage.resident),
                Err(_) => return start.elapsed(),
            }
        }
    };
    tokio::select! {
        over = within(30, "end of the bounties", blocks) => over.with_context(|| contender.log())?,
        after = watch => anyhow::bail!("the engine ended after {after:?}\n{}", contender.log()),
    }
    let usage = Usage::of(process)?;
    running.kill().await?;
    let totals = net.report().totals;
    let last = net.reaction_times().last().copied().map_or(0.0, ms) / 1e3;
    println!(
        "| {who} | {} | {} | {} | {} | {last:.1} s | {} MiB | {} MiB | {} MiB |",
        totals.asserted,
        totals.revealed,
        totals.settled,
        totals.correct,
        usage.peak / 1024,
        usage.peak_with_children / 1024,
        quarters(&resident)
    );
    let mut why = std::collections::BTreeMap::<String, usize>::new();
    for rejected in &totals.rejected_requests {
        let last = rejected.why.rsplit(": ").next().unwrap_or_default();
        *why.entry(last.chars().take(80).collect()).or_default() += 1;
    }
    for (why, times) in why {
        eprintln!("{who}: refused {times} times: {why}");
    }
    Ok(())
}

/// The highest of each quarter, in MiB.
fn quarters(resident: &[u64]) -> String {
    let quarter = resident.len().div_ceil(4).max(1);
    let highest = resident.chunks(quarter).map(|part| part.iter().max().copied().unwrap_or_default() / 1024);
    highest.map(|mib| mib.to_string()).collect::<Vec<_>>().join(", ")
}
