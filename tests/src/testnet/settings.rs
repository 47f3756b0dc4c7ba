//! What can be set, with ranges and defaults.

use std::{collections::HashMap, str::FromStr, time::Duration};

use alloy_primitives::{Address, U256, utils::parse_ether};
use clap::ValueEnum;

use super::{
    artifacts::Sample,
    chain::ChainName,
    contract::Terms,
    faults::Faults,
    players::{ONE, million},
};

/// Settings of a [`Testnet`](super::Testnet); take the defaults and change what matters.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `HOST:PORT`; port 0 (the default, on loopback) takes a free one.
    pub listen: String,
    /// Which kind of node it is; by default [`Variant::Ethereum`].
    pub variant: Variant,
    /// The chains that there are, one or both, each once; by default the side chain alone. Home is 1337, side
    /// 1338.
    pub chains: Vec<ChainName>,
    /// What bounties draw from; none by default, which only a testnet without bounties can do with.
    pub samples: Vec<Sample>,
    /// Samples whose content is a URL, for [`post_url_bounty`](super::Testnet::post_url_bounty); none by
    /// default.
    pub urls: Vec<Sample>,
    /// Bounties that the timetable posts on each chain; 0 (the default) leaves posting to
    /// [`post_bounty`](super::Testnet::post_bounty).
    pub bounties: usize,
    /// Artifacts in a bounty, 1 (the default) to 256.
    pub per_bounty: usize,
    /// A bounty is posted in each block whose number this divides; at least 1, by default 2.
    pub every: u64,
    /// Blocks from posting to expiration, 1 to 100; by default 20.
    pub expiration_blocks: u64,
    /// Blocks of the reveal window, 1 to 10,000; by default 10.
    pub reveal_blocks: u64,
    /// Blocks of the vote window, 1 to 10,000; by default 10.
    pub vote_blocks: u64,
    /// Decides which artifacts are drawn; by default 0.
    pub seed: u64,
    /// The account that the report is about; by default the first that asserts.
    pub account: Option<Address>,
    /// Wei for each unit of gas on each chain at the start; by default 0. A transaction that offers less waits.
    pub gas_price: u128,
    /// What an account has on each chain at its first request.
    pub endowment: Endowment,
    /// What some accounts have instead.
    pub endowments: HashMap<Address, Endowment>,
    /// What goes wrong on purpose; nothing by default.
    pub faults: Faults,
    /// How long a look-up of receipts waits for each transaction; by default 10 s, as polyswarmd on the side
    /// chain.
    pub receipt_wait: Duration,
}

/// The two kinds of nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Variant {
    /// Contracts, signed transactions, commit and reveal.
    #[default]
    Ethereum,
    /// A database: signed JSON that holds at once, no reveal and no settle. Seconds since 1970 take the place
    /// of blocks, also where
    /// the settings count in blocks; a bounty has one artifact. At the end of the reveal window the arbiters
    /// decide, and everybody is paid.
    Fast,
}

/// What an account starts with on a chain. As a text it is NCT, or NCT and ETH with a comma between:
/// `2.5,0.01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endowment {
    /// Base units of 10⁻¹⁸ NCT; by default 1,000,000 NCT.
    pub nct: U256,
    /// Wei; by default 1 ETH.
    pub ether: U256,
}

impl Default for Endowment {
    fn default() -> Self {
        Self { nct: million(), ether: ONE }
    }
}

impl FromStr for Endowment {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let unreadable = || SettingsError::Endowment(text.into());
        let amount = |text: &str| match text.trim() {
            digits if digits.starts_with(|first: char| first.is_ascii_digit()) => {
                parse_ether(digits).map_err(|_| unreadable())
            }
            _ => Err(unreadable()),
        };
        let (nct, ether) = text.split_once(',').map_or((text, None), |(nct, ether)| (nct, Some(ether)));
        Ok(Self { nct: amount(nct)?, ether: ether.map_or(Ok(ONE), amount)? })
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:0".into(),
            variant: Variant::Ethereum,
            chains: vec![ChainName::Side],
            samples: Vec::new(),
            urls: Vec::new(),
            bounties: 0,
            per_bounty: 1,
            every: 2,
            expiration_blocks: 20,
            reveal_blocks: 10,
            vote_blocks: 10,
            seed: 0,
            account: None,
            gas_price: 0,
            faults: Faults::default(),
            endowment: Endowment::default(),
            endowments: HashMap::new(),
            receipt_wait: Duration::from_secs(10),
        }
    }
}

/// A setting out of range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A number is too small or too large.
    #[error("{name} is {value}; it can be {least} to {most}")]
    Range {
        /// The setting.
        name: &'static str,
        /// As it was given.
        value: u64,
        /// The least that it can be.
        least: u64,
        /// The most that it can be.
        most: u64,
    },
    /// The fast variant's assertions do not tell which artifact they are about.
    #[error("a bounty of the fast variant has one artifact; per-bounty is {0}")]
    OneArtifact(usize),
    /// No amount of NCT, or of NCT and ETH.
    #[error("{0} is no endowment: write NCT, or NCT and ETH as in 2.5,0.01")]
    Endowment(String),
    /// No chain, or one of them twice.
    #[error("chains can be home, side, or both, each once")]
    Chains,
    /// Bounties, but nothing to put into them.
    #[error("there are bounties to post but no samples to put into them")]
    NoSamples,
}

impl Settings {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`SettingsError`] with the first setting that is out of range.
    pub fn check(&self) -> Result<(), SettingsError> {
        if self.chains.is_empty()
            || self.chains.len() > 2
            || (self.chains.len() == 2 && self.chains.first() == self.chains.last())
        {
            return Err(SettingsError::Chains);
        }
        let per_bounty = u64::try_from(self.per_bounty).unwrap_or(u64::MAX);
        for (name, value, most) in [
            ("per-bounty", per_bounty, 256),
            ("every", self.every, u64::MAX),
            ("expiration-blocks", self.expiration_blocks, MAX_DURATION),
            ("reveal-blocks", self.reveal_blocks, 10_000),
            ("vote-blocks", self.vote_blocks, 10_000),
        ] {
            if value < 1 || value > most {
                return Err(SettingsError::Range { name, value, least: 1, most });
            }
        }
        if self.variant == Variant::Fast && self.per_bounty > 1 {
            return Err(SettingsError::OneArtifact(self.per_bounty));
        }
        if self.bounties > 0 && self.samples.is_empty() {
            return Err(SettingsError::NoSamples);
        }
        Ok(())
    }

    /// The contract's terms: fees and limits of a fresh deployment, windows as set.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            bounty_fee: U256::from(62_500_000_000_000_000u64),
            assertion_fee: U256::from(31_250_000_000_000_000u64),
            amount_minimum: ONE * U256::from(2),
            bid_minimum: U256::from(62_500_000_000_000_000u64),
            bid_maximum: ONE,
            max_duration: MAX_DURATION,
            reveal_window: self.reveal_blocks,
            vote_window: self.vote_blocks,
        }
    }
}

const MAX_DURATION: u64 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked() {
        assert_eq!(Settings::default().check(), Ok(()));
        let long = Settings { expiration_blocks: 101, ..Settings::default() };
        assert_eq!(long.check().unwrap_err().to_string(), "expiration-blocks is 101; it can be 1 to 100");
        assert!(Settings { per_bounty: 0, ..Settings::default() }.check().is_err());
        for chains in [vec![], vec![ChainName::Home; 2]] {
            assert_eq!(Settings { chains, ..Settings::default() }.check(), Err(SettingsError::Chains));
        }
        let two = Settings { variant: Variant::Fast, per_bounty: 2, ..Settings::default() };
        assert_eq!(two.check(), Err(SettingsError::OneArtifact(2)));
        let nothing = Settings { bounties: 1, ..Settings::default() };
        assert_eq!(nothing.check(), Err(SettingsError::NoSamples));
    }
}
