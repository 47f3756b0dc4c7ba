//! `testnet`: a marketplace in one process, and the score of who played there.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use alloy_primitives::Address;
use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use engine_tests::testnet::{
    ChainName, Change, Endowment, Faults, Report, Settings, SettingsError, Testnet, Variant, load,
};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

/// Tells people on standard error; that nobody reads it stops nothing.
macro_rules! say {
    ($($text:tt)*) => { writeln!(io::stderr(), $($text)*).unwrap_or_default() };
}

/// Options; the field docs are the help.
#[derive(Debug, Parser)]
#[command(
    name = "testnet",
    about = "A bounty marketplace in one process: a polyswarmd node with its chain, an ambassador, and arbiters who know the truth",
    after_help = "Example: ten bounties of two artifacts each, a block every 250 ms, and the score in report.json\n\n  \
        testnet --artifacts samples --bounties 10 --per-bounty 2 --block-time 250ms --report report.json\n\n\
        samples/malicious and samples/benign hold the files: where a file lies is the truth about it.\n\
        Then start an engine: engine-multi run --polyswarmd-addr http://127.0.0.1:31337 --keyfile keyfile\n\n\
        A file of --faults is a list; all words are in the module documentation of engine_tests::testnet::faults:\n\n  \
        [[fault]]\n  \
        on = \"request\"                      # or event, block\n  \
        method = \"POST\"\n  \
        path = \"/bounties/*/assertions\"\n  \
        nth = 3                             # the third such request, and times = 1 in a row\n  \
        what = \"lose_answer\"                # or lose_request, delay, 429, 500, html, or lie = \"spender\"\n\n\
        A bounty is over when each assertor has settled, 20 blocks after the last window, or at its expiration when\n\
        nobody asserted.\n\n\
        Exit status: 0 when all bounties are over and the report is written; 2 on bad arguments, on SIGTERM or ctrl-c\n\
        (the report tells what there was by then), and when something fails."
)]
struct Args {
    /// Where the node listens, for REST and websocket
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:31337")]
    listen: String,
    /// Kind of node; fast counts seconds since 1970 where others count blocks, and has one artifact in a bounty
    #[arg(long, value_enum, default_value_t = Variant::Ethereum)]
    variant: Variant,
    /// A chain that there is; given twice, both: home is 1337, side 1338
    #[arg(long = "chains", value_name = "CHAIN", value_enum, default_value = "side")]
    chains: Vec<ChainName>,
    /// Folder with the folders malicious and benign
    #[arg(long, value_name = "DIR")]
    artifacts: PathBuf,
    /// How many bounties are posted on each chain
    #[arg(long, value_name = "N", default_value_t = 10)]
    bounties: usize,
    /// Artifacts in each bounty, 1 to 256, drawn from both folders
    #[arg(long, value_name = "K", default_value_t = 1)]
    per_bounty: usize,
    /// Time from block to block, such as 250ms or 2s; at least 1ms
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = block_time)]
    block_time: Duration,
    /// A bounty is posted each so many blocks
    #[arg(long, value_name = "BLOCKS", default_value_t = 2)]
    every: u64,
    /// Blocks in which a bounty takes assertions, 1 to 100
    #[arg(long, value_name = "BLOCKS", default_value_t = 20)]
    expiration_blocks: u64,
    /// Blocks of the reveal window after that; arbiters vote at its end
    #[arg(long, value_name = "BLOCKS", default_value_t = 10)]
    reveal_blocks: u64,
    /// Blocks of the vote window after that
    #[arg(long, value_name = "BLOCKS", default_value_t = 10)]
    vote_blocks: u64,
    /// Decides which artifacts are drawn; GUIDs are new each time
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// When the first block is mined: after the first websocket client, or at once
    #[arg(long, value_enum, default_value_t = Start::FirstClient)]
    start: Start,
    /// File for the score, as JSON
    #[arg(long, value_name = "FILE")]
    report: PathBuf,
    /// File with faults to inflict, as TOML, such as the one below
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// The account that the report is about [default: the first that asserts]; given again, the reports of the
    /// further accounts are under `others` by account
    #[arg(long = "account", value_name = "ADDRESS")]
    accounts: Vec<Address>,
    /// Wei for each unit of gas; a transaction that offers less waits
    #[arg(long, value_name = "WEI", default_value_t = 0)]
    gas_price: u128,
    /// What an account starts with on each chain, instead of 1000000 NCT and 1 ETH; repeatable
    #[arg(long = "endow", value_name = "ADDRESS=NCT[,ETH]", value_parser = endowment)]
    endow: Vec<(Address, Endowment)>,
    /// One line on standard error for each change of a bounty; auto: when it is a terminal
    #[arg(long, value_enum, default_value_t = Live::Auto, num_args = 0..=1, default_missing_value = "always")]
    live: Live,
    /// File for the changes as one JSON object each, {chain, block, bounty, guid, event, detail}; begun anew
    #[arg(long, value_name = "FILE")]
    progress: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Start {
    FirstClient,
    Now,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Live {
    Always,
    Never,
    Auto,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(tracing::Level::WARN).init();
    match run(args).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(e) => {
            say!("testnet: {e:#}");
            ExitCode::from(2)
        }
    }
}

/// Runs to the end of all bounties (true), or to a signal (false), and writes the report either way.
async fn run(args: Args) -> Result<bool> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
    let mut progress = Progress::open(&args)?;
    let report_file = args.report;
    let testnet = Testnet::start(Settings {
        listen: args.listen,
        variant: args.variant,
        chains: args.chains,
        faults: args.faults.as_deref().map_or_else(|| Ok(Faults::default()), Faults::load)?,
        samples: load(&args.artifacts)?,
        bounties: args.bounties,
        per_bounty: args.per_bounty,
        every: args.every,
        expiration_blocks: args.expiration_blocks,
        reveal_blocks: args.reveal_blocks,
        vote_blocks: args.vote_blocks,
        seed: args.seed,
        account: args.accounts.first().copied(),
        gas_price: args.gas_price,
        endowments: args.endow.into_iter().collect(),
        ..Settings::default()
    })
    .await?;
    let report = File::create(&report_file).with_context(|| {
        format!("cannot write {}: choose another file with --report", report_file.display())
    })?;
    say!("testnet: listening on {}", testnet.url());
    let bounties = async {
        if let Start::FirstClient = args.start {
            testnet.first_client().await;
        }
        testnet.run(args.block_time, |change| progress.show(change)).await;
    };
    let finished = tokio::select! {
        () = bounties => true,
        _ = terminate.recv() => false,
        _ = tokio::signal::ctrl_c() => false,
    };
    let result = testnet.report();
    let others = args.accounts.iter().skip(1).map(|account| (*account, testnet.report_of(*account)));
    let written = Written { report: &result, others: others.collect() };
    serde_json::to_writer_pretty(&report, &written).context("cannot write the report")?;
    for (i, _) in testnet.faults_hit().iter().enumerate().filter(|(_, hits)| **hits == 0) {
        say!("testnet: fault {} of the file never came about", i + 1);
    }
    let totals = &result.totals;
    say!(
        "testnet: {} bounties: {} asserted, {} revealed, {} settled, {} correct; {} requests rejected",
        totals.bounties,
        totals.asserted,
        totals.revealed,
        totals.settled,
        totals.correct,
        totals.rejected_requests.len()
    );
    testnet.close().await;
    Ok(finished)
}

/// The file of the score.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    others: BTreeMap<Address, Report>,
}

/// Where changes are shown.
struct Progress {
    live: bool,
    total: usize,
    file: Option<File>,
}

impl Progress {
    fn open(args: &Args) -> Result<Self> {
        let live = match args.live {
            Live::Always => true,
            Live::Never => false,
            Live::Auto => io::stderr().is_terminal(),
        };
        let open = |path: &PathBuf| {
            File::create(path)
                .with_context(|| format!("cannot write {}: choose another with --progress", path.display()))
        };
        Ok(Self {
            live,
            total: args.bounties * args.chains.len(),
            file: args.progress.as_ref().map(open).transpose()?,
        })
    }

    /// A file that cannot be written any more is told once and left; the marketplace goes on.
    fn show(&mut self, change: &Change) {
        if self.live {
            say!("{}", change.line(self.total));
        }
        if let Some(file) = &mut self.file {
            let written = serde_json::to_string(change).map_err(io::Error::from);
            if let Err(e) = written.and_then(|line| writeln!(file, "{line}")) {
                say!("testnet: no more progress is written: {e}");
                self.file = None;
            }
        }
    }
}

fn endowment(text: &str) -> Result<(Address, Endowment), String> {
    let (account, amount) = text.split_once('=').ok_or("write ADDRESS=NCT or ADDRESS=NCT,ETH")?;
    let account = account.parse().map_err(|e| format!("{account} is no address: {e}"))?;
    Ok((account, amount.parse().map_err(|e: SettingsError| e.to_string())?))
}

fn block_time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|e| format!("{e}; write 250ms or 2s"))?;
    if time < Duration::from_millis(1) { Err("blocks take at least 1ms".into()) } else { Ok(time) }
}
