//! The command `run`: takes part in a marketplace until it is told to stop.

mod chains;
mod connect;
mod filters;
mod service;
mod settings;

use std::{path::PathBuf, sync::Arc};

use clap::{ArgMatches, Command};
use tokio_util::sync::CancellationToken;

use self::chains::chain_options;
pub(super) use self::{chains::CHAINS, settings::RunSettings};
use super::{
    Exit, interrupt,
    program::{self, Program},
};
use crate::{
    BoxError, Engine,
    engine::{alone::Alone, driver::Driver, journal::Journal, trial::Trial},
    market::{
        Market,
        polyswarmd::{Options, keystore::Wallet},
    },
    scanner::Scanner,
    settings::{Secret, Sources, Table},
    telemetry::Level,
};

pub(super) const NAME: &str = "run";

pub(super) fn command<E: Engine>() -> Command {
    let command = Command::new(NAME).about("Take part in a marketplace").after_help(format!(
        "Examples:\n  PASSWORD=… {0} run --polyswarmd-addr https://node.example/v1/default --keyfile keyfile\n  \
         {0} run --settings engine.toml --password-file /run/secrets/password\n\n\
         SIGTERM: no new bounties; requests in flight finish; what stays owed is in the journal and told.\n\
         Exit codes: 0 stopped by a signal, or after the bounties of --testing; 2 could not start, lost the marketplace for good, \
         or a bounty of --testing failed",
        E::NAME
    ));
    crate::settings::add_flags(command, &Program::<E>::tables_with(&[Table::of::<RunSettings>()]))
}

pub(super) fn run<E: Engine>(matches: &ArgMatches) -> Result<Exit, BoxError> {
    let program = Program::<E>::start(matches, &[Table::of::<RunSettings>()], Level::INFO)?;
    let runtime = program::runtime()?;
    let outcome = runtime.block_on(take_part(&program));
    program::end(runtime);
    outcome.map(|()| Exit::Clean)
}

/// Whether the settings of `run` hold together, as far as that shows without a node and a key.
pub(super) fn check(sources: &Sources) -> Result<(), BoxError> {
    sources.section::<RunSettings>()?.filters().map(drop)
}

async fn take_part<E: Engine>(program: &Program<E>) -> Result<(), BoxError> {
    let settings: RunSettings = program.sources.section()?;
    let filters = settings.filters()?;
    let chains = chain_options(&settings.chains, &program.sources)?;
    let (address, api_key, password) = (settings.address()?, settings.api_key()?, settings.password()?);
    // Listened for from here on: opening the key and compiling rules take their time, and leave nothing behind.
    let stop = stop_on_signal()?;
    let wallet = open_wallet(settings.keyfile.clone(), password).await?;
    let account = wallet.address().to_checksum(None);
    let Some(scanner) = stop.run_until_cancelled(ready_scanner(program, &settings)).await else {
        tracing::info!("stopped before it was ready");
        return Ok(());
    };
    let scanner = scanner?;

    let path =
        settings.journal.clone().unwrap_or_else(|| PathBuf::from(format!("{}-{account}.journal", E::NAME)));
    let journal = Journal::open(&path, &account).await?;

    let options = Options {
        api_key,
        allow_key_over_http: settings.allow_key_over_http,
        insecure_transport: settings.insecure_transport,
        chains,
        ..Options::new(address)
    };
    let listening = CancellationToken::new();
    let owed = journal.open_records().await?.len();
    let Some((market, events)) = connect::connect(options, wallet, owed, &stop, &listening).await? else {
        tracing::warn!(
            owed,
            "stopped without having reached the node: start the engine again on this journal"
        );
        return Ok(());
    };
    let _alone = Alone::take(&account, &market.address().to_string()).await?;
    for chain in &settings.chains {
        if let Some(learned) = journal.learned(*chain).await? {
            market.recall(*chain, &learned)?;
        }
    }
    tracing::info!(engine = E::NAME, version = E::VERSION, account, journal = %path.display(), "taking part");
    let market = Arc::new(market);
    let driver =
        Driver::new(Arc::clone(&market), scanner, journal, settings.plan(program.bid_strategy()?, filters))
            .await?;
    service::ready(&account);
    let trial = Trial::new(settings.testing);
    let ended = driver.pulse(service::watchdog()).trial(trial.clone()).run(events, stop).await;
    listening.cancel();
    market.closed().await;
    tracing::info!("stopped");
    ended?;
    Ok(trial.outcome()?)
}

/// A scanner that has passed its self-test.
async fn ready_scanner<E: Engine>(
    program: &Program<E>,
    settings: &RunSettings,
) -> Result<E::Scanner, BoxError> {
    let scanner = program.scanner(settings.scans_at_once()).await?;
    scanner.ready().await.map_err(|error| format!("the self-test of {} failed: {error}", scanner.name()))?;
    Ok(scanner)
}

/// Decrypts the key. Deriving it takes a second on purpose, so not on a runtime thread. Given up on the way, it would leave a copy of
/// the file behind: wait for it.
async fn open_wallet(keyfile: PathBuf, password: Secret) -> Result<Wallet, BoxError> {
    let opened = tokio::task::spawn_blocking(move || Wallet::open(&keyfile, password.expose())).await?;
    Ok(opened?)
}

/// A token that SIGTERM or Ctrl-C cancels.
fn stop_on_signal() -> Result<CancellationToken, BoxError> {
    let stop = CancellationToken::new();
    let (signal, cancel) = (interrupt::listen()?, stop.clone());
    tokio::spawn(async move {
        signal.await;
        service::stopping();
        cancel.cancel();
    });
    Ok(stop)
}
