//! The table `[run]`, and `[chains.…]` of the settings file.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::filters;
use crate::{
    BoxError,
    artifact::ArtifactKind,
    bounty::{
        bid::{BidStrategy, Linear},
        book::Taking,
        filter::Filters,
        opinion::Policy,
    },
    engine::{brakes::Caution, driver::Plan, fetch::Limits},
    market::polyswarmd::address::ApiKey,
    settings::{Amount, Secret, Section, Size, Time},
    units::Chain,
};

/// The table `[run]`. Names are those of the Python client, so that scripts can stay as they are.
#[derive(Clone, Debug, Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(next_help_heading = "Marketplace options")]
#[group(skip)]
pub(in crate::cli) struct RunSettings {
    /// The polyswarmd node, an ethereum or a fast one (it says which): a URL (https://host/v1/default) or host:port
    #[arg(long, env = "POLYSWARMD_ADDR", value_name = "ADDRESS", hide_env_values = true)]
    polyswarmd_addr: Option<String>,
    /// The account's encrypted key: an Ethereum keystore file, version 3
    #[arg(long, env = "KEYFILE", value_name = "FILE", default_value = "keyfile")]
    pub(super) keyfile: PathBuf,
    /// A file with the keyfile's password [without it: the variable PASSWORD]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A file with the node's API key [without it: the variable API_KEY, or none]
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// Send the API key over plain http too, where anybody on the way can read it
    #[arg(long, env = "ALLOW_KEY_OVER_HTTP")]
    pub(super) allow_key_over_http: bool,
    /// An address without a scheme is http rather than https
    #[arg(long)]
    pub(super) insecure_transport: bool,
    /// Chains to work on: side, home (repeatable); home needs [chains.home] in the settings file
    #[arg(long, value_name = "CHAIN", default_value = "side")]
    pub(super) chains: Vec<Chain>,
    /// Types of artifacts to take: file, url (repeatable)
    #[arg(long, value_name = "TYPE", default_value = "file")]
    artifact_type: Vec<ArtifactKind>,
    /// Artifacts to take or leave, by what their poster says of them: accept or reject, a member of the metadata, one of < <= == >= >
    /// (or lt lte eq gte gt) contains startswith endswith regex, and a value (repeatable). With accept, at least one has to match
    #[arg(long, num_args = 4, value_names = ["accept|reject", "KEY", "COMPARISON", "VALUE"], allow_hyphen_values = true)]
    #[serde(deserialize_with = "filters::words")]
    filter: Vec<String>,
    /// What to trust 1.2 times as much (favor) or 0.8 times (penalize) as the scan says, in the words of --filter (repeatable)
    #[arg(long, num_args = 4, value_names = ["favor|penalize", "KEY", "COMPARISON", "VALUE"], allow_hyphen_values = true)]
    #[serde(deserialize_with = "filters::words")]
    confidence: Vec<String>,
    /// Deprecated: --filter accept KEY == VALUE (repeatable)
    #[arg(long, value_name = "KEY:VALUE")]
    accept: Vec<String>,
    /// Deprecated: --filter reject KEY == VALUE (repeatable)
    #[arg(long, value_name = "KEY:VALUE")]
    exclude: Vec<String>,
    /// How much to stake: by confidence from the market's minimum, from eight times that, or always the minimum
    #[arg(long, env = "BID_STRATEGY", value_name = "STRATEGY", default_value = "default")]
    bid_strategy: Bids,
    /// Where staked bounties are kept; never use one account with two journals [default: ./ENGINE-ADDRESS.journal]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) journal: Option<PathBuf>,
    /// How long what is over stays in the journal, for `ledger`
    #[arg(long, value_name = "TIME", default_value = "400d")]
    keep: Time,
    /// Whether "nothing found" is asserted as benign
    #[arg(long, value_name = "WHEN", default_value = "assert")]
    benign: Benign,
    /// Whether to assert benign although a backend failed
    #[arg(long, value_name = "WHEN", default_value = "deny")]
    partial: Partial,
    /// How many blocks (on a fast node: seconds) before a bounty expires its scans are cut off, 2 at least
    #[arg(long, value_name = "BLOCKS", default_value = "2")]
    assert_margin: u64,
    /// How many artifacts are fetched and scanned at once [default: twice the number of cores]
    #[arg(long, value_name = "N")]
    scans_at_once: Option<NonZeroUsize>,
    /// How long one artifact may take, download and scan together
    #[arg(long, value_name = "TIME", default_value = "60s")]
    artifact_timeout: Time,
    /// Largest artifact that is fetched; larger ones are not asserted
    #[arg(long, value_name = "SIZE", default_value = "64M")]
    artifact_max_size: Size,
    /// Do everything but post: stake nothing, keep what would have been staked, and compare it with how it was decided
    #[arg(long)]
    shadow: bool,
    /// Stop staking when more than this would be at risk, bids and fees of all that is not over: 250, 250NCT
    #[arg(long, value_name = "NCT")]
    max_at_risk: Option<Amount>,
    /// Stop staking when more than this was lost in the last 24 hours, fees included
    #[arg(long, value_name = "NCT")]
    max_loss_per_day: Option<Amount>,
    /// Stop staking when the account would be left with less than this
    #[arg(long, value_name = "NCT")]
    min_balance: Option<Amount>,
    /// How often each backend has to find its test file, so that nothing is staked when one is blind; 0s: never
    #[arg(long, value_name = "TIME", default_value = "5m")]
    canary: Time,
    /// Take part in so many bounties and end after the last settlement; a low balance or a refused transaction is an error then. 0: no end
    #[arg(long, value_name = "N", default_value = "0")]
    pub(super) testing: u64,
    /// When told to stop, first wait until everything owed is revealed and settled
    #[arg(long)]
    drain: bool,
}

impl Section for RunSettings {
    const TABLE: &'static str = "run";
}

#[derive(Clone, Copy, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Bids {
    Default,
    Aggressive,
    Conservative,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Benign {
    /// It is asserted as benign.
    Assert,
    /// Only malice is asserted.
    Abstain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Partial {
    /// What the others say is asserted.
    Allow,
    /// Nothing is asserted but malice.
    Deny,
}

impl RunSettings {
    pub(super) fn address(&self) -> Result<String, BoxError> {
        let missing = "which node? Name it with --polyswarmd-addr or POLYSWARMD_ADDR";
        self.polyswarmd_addr.clone().filter(|address| !address.is_empty()).ok_or_else(|| missing.into())
    }

    pub(super) fn password(&self) -> Result<Secret, BoxError> {
        let missing = "the keyfile needs its password: set PASSWORD, or name a file with --password-file";
        Secret::find(self.password_file.as_deref(), "PASSWORD")?.ok_or_else(|| missing.into())
    }

    pub(super) fn api_key(&self) -> Result<Option<ApiKey>, BoxError> {
        let file: Option<&Path> = self.api_key_file.as_deref();
        let key = Secret::find(file, "API_KEY")?.filter(|key| !key.expose().is_empty());
        Ok(key.map(|key| key.expose().parse::<ApiKey>()).transpose()?)
    }

    pub(super) fn scans_at_once(&self) -> NonZeroUsize {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.scans_at_once.unwrap_or_else(|| cores().saturating_mul(NonZeroUsize::MIN.saturating_add(1)))
    }

    /// What is decided by what posters say of their artifacts.
    pub(super) fn filters(&self) -> Result<Filters, BoxError> {
        filters::filters(&self.filter, &self.confidence, &self.accept, &self.exclude)
    }

    /// What the driver is to do, with the engine's `own` strategy unless another one was asked for.
    pub(super) fn plan(&self, own: Option<Box<dyn BidStrategy>>, filters: Filters) -> Plan {
        let bids: Box<dyn BidStrategy> = match self.bid_strategy {
            Bids::Default => own.unwrap_or_else(|| Box::new(Linear::default())),
            Bids::Aggressive => Box::new(Linear::aggressive()),
            Bids::Conservative => Box::new(Linear::conservative()),
        };
        Plan {
            chains: self.chains.clone(),
            taking: Taking {
                kinds: self.artifact_type.clone(),
                policy: Policy {
                    assert_benign: self.benign == Benign::Assert,
                    allow_partial: self.partial == Partial::Allow,
                },
                assert_margin: self.assert_margin,
            },
            filters,
            caution: Caution {
                shadow: self.shadow,
                max_at_risk: self.max_at_risk.map(|amount| amount.0),
                max_loss_per_day: self.max_loss_per_day.map(|amount| amount.0),
                min_balance: self.min_balance.map(|amount| amount.0),
                canary: (!self.canary.0.is_zero()).then_some(self.canary.0),
            },
            bids,
            limits: Limits {
                max_size: self.artifact_max_size.0,
                timeout: self.artifact_timeout.0,
                at_once: self.scans_at_once().get(),
            },
            keep: self.keep.0,
            drain: self.drain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Sources, Table, add_flags};

    /// Stakes nothing, which no strategy of ours does.
    #[derive(Debug)]
    struct Nothing;

    impl BidStrategy for Nothing {
        fn bids(
            &self,
            _: &crate::bounty::Parameters,
            _: &[bool],
            _: &[crate::Confidence],
        ) -> Vec<crate::Nct> {
            Vec::new()
        }
    }

    #[test]
    fn the_engines_own_bids_are_staked_unless_others_are_asked_for() {
        let plan = |args: &[&str]| {
            let tables = [Table::of::<RunSettings>()];
            let command = add_flags(clap::Command::new("test").no_binary_name(true), &tables);
            let matches = command.try_get_matches_from(args).unwrap();
            let settings: RunSettings =
                Sources::load(&tables, &tables, &matches, None).unwrap().section().unwrap();
            format!("{:?}", settings.plan(Some(Box::new(Nothing)), Filters::default()).bids)
        };
        assert_eq!(plan(&[]), "Nothing");
        assert_eq!(plan(&["--bid-strategy", "default"]), "Nothing");
        assert_eq!(plan(&["--bid-strategy", "conservative"]), format!("{:?}", Linear::conservative()));
    }
}
