//! A journal of many settled bounties: what it weighs, and how long an engine takes to start with it.

use std::{fs, path::Path, time::Instant};

use anyhow::Context;
use engine_tests::{
    running::Engine,
    testnet::{Settings, Testnet},
};
use tokio_rusqlite::rusqlite::{self, params};

use super::{
    contender::{Contender, artifacts},
    machine, median, ms,
    usage::Usage,
    within,
};

/// Starts with each journal.
const STARTS: usize = 5;

/// Options; the field docs are the help.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Settled bounties in the journal
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    bounties: u32,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let contender = Contender::ours()?;
    let Contender::Ours { engine, .. } = &contender else { anyhow::bail!("only ours keeps a journal") };
    let settled = settle_one(engine).await?;
    let (before, _) = starts(engine).await?;
    let journal = engine.journal();
    let copied = Instant::now();
    tokio::task::spawn_blocking(move || fill(&journal, args.bounties)).await??;
    eprintln!("{} bounties copied from {settled} in {:.0?}", args.bounties, copied.elapsed());
    let size = weight(&engine.journal())?;
    let (after, peak) = starts(engine).await?;
    println!("{} settled bounties in the journal; {}\n", args.bounties, machine::line());
    println!("| | one bounty | {} bounties |", args.bounties);
    println!("|---|---:|---:|");
    println!(
        "| start of the program until it listens, median of {STARTS} | {before:.0} ms | {after:.0} ms |"
    );
    println!("| size on disk | | {} MiB, {} bytes a bounty |", size >> 20, size / u64::from(args.bounties));
    println!("| peak memory of the engine | | {} MiB |", peak / 1024);
    Ok(())
}

/// Plays one bounty to its end, so that the journal has a row as engines write it.
async fn settle_one(engine: &Engine) -> anyhow::Result<usize> {
    let settings = Settings {
        samples: artifacts(),
        bounties: 1,
        per_bounty: 2,
        expiration_blocks: 8,
        vote_blocks: 4,
        ..Settings::default()
    };
    let net = Testnet::start(settings).await?;
    let mut running = engine.run(&net.url())?;
    running
        .while_it_runs(within(2, "websocket", net.first_client()))
        .await
        .with_context(|| engine.log())??;
    within(5, "end of the bounty", net.run(std::time::Duration::from_millis(250), |_| ())).await?;
    running.stop().await?;
    Ok(net.report().totals.settled)
}

/// Copies the only bounty, under other GUIDs and account nonces, until there are so many. Whatever columns the table has, they come along.
fn fill(journal: &Path, bounties: u32) -> anyhow::Result<()> {
    let mut db = rusqlite::Connection::open(journal)?;
    let guid: String = db
        .query_row("SELECT guid FROM bounty WHERE open = 0", [], |row| row.get(0))
        .context("the bounty is not over")?;
    let columns: Vec<String> = {
        let mut rows = db.prepare("SELECT name FROM pragma_table_info('bounty')")?;
        rows.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    let values = columns.iter().map(|column| match column.as_str() {
        "guid" => "new.guid".to_owned(),
        "nonce" => "nonce + new.n".to_owned(),
        // Numbers and what is absent stay what they are; texts name the other bounty.
        column => format!(
            "CASE typeof({column}) WHEN 'text' THEN replace({column}, ?1, new.guid) ELSE {column} END"
        ),
    });
    let sql = format!(
        "WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n + 1 < ?2),
              new AS MATERIALIZED (SELECT n, format('%s-%s-4%s-8%s-%s', hex4, substr(hex4, 1, 4), substr(hex4, 5, 3),
                  substr(hex4, 2, 3), substr(hex6, 1, 12)) AS guid
              FROM (SELECT n, lower(hex(randomblob(4))) AS hex4, lower(hex(randomblob(6))) AS hex6 FROM count))
         INSERT INTO bounty ({}) SELECT {} FROM bounty, new WHERE bounty.guid = ?1",
        columns.join(", "),
        values.collect::<Vec<_>>().join(", ")
    );
    let transaction = db.transaction()?;
    transaction.execute(&sql, params![guid, bounties])?;
    transaction.commit()?;
    Ok(())
}

fn weight(journal: &Path) -> anyhow::Result<u64> {
    let folder = journal.parent().context("the journal is in no folder")?;
    let name = journal.file_name().context("the journal has no name")?.to_string_lossy().into_owned();
    let of_journal =
        fs::read_dir(folder)?.flatten().filter(|file| file.file_name().to_string_lossy().starts_with(&name));
    of_journal.map(|file| Ok(file.metadata()?.len())).sum()
}

/// Median milliseconds from the start of the program to its websocket, and the highest peak memory in KiB.
async fn starts(engine: &Engine) -> anyhow::Result<(f64, u64)> {
    let (mut times, mut peak) = (Vec::new(), 0);
    for _ in 0..STARTS {
        let net = Testnet::start(Settings::default()).await?;
        let start = Instant::now();
        let mut running = engine.run(&net.url())?;
        running
            .while_it_runs(within(5, "websocket", net.first_client()))
            .await
            .with_context(|| engine.log())??;
        times.push(ms(start.elapsed()));
        peak = peak.max(Usage::of(running.id().context("the engine is gone")?)?.peak);
        running.stop().await?;
    }
    Ok((median(times), peak))
}
