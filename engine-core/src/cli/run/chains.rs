//! The tables `[chains.…]` of the settings file: what is known of a chain before its node is asked.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use serde::Deserialize;

use crate::{
    BoxError,
    market::polyswarmd::{
        ChainOptions,
        verify::{self, Pins},
    },
    settings::Sources,
    units::Chain,
};

/// What the example of a settings file shows of `[chains]`.
pub(in crate::cli) const CHAINS: &str = "
# What this chain's transactions must hold, in a table a chain: [chains.side], [chains.home]. On home all three are
# needed; on side the first assertion's values are kept in the journal, and any later change is refused.
#side.chain_id = 1338
#side.token = \"0x0000000000000000000000000000000000000001\"
#side.registry = \"0x0000000000000000000000000000000000000002\"
# The highest price of gas that is paid. What is owed is sent at this price when more is asked for.
#side.max_gas_price_gwei = 200
# What one NCT is worth in ETH: no more gas is paid for a reveal or a settlement than the stake is worth.
#side.eth_per_nct = 0.00005
";

/// One table of `[chains]`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChainTable {
    chain_id: Option<u64>,
    token: Option<Address>,
    registry: Option<Address>,
    max_gas_price_gwei: Option<u64>,
    eth_per_nct: Option<f64>,
}

impl ChainTable {
    fn options(self, chain: Chain) -> Result<ChainOptions, BoxError> {
        let Self { chain_id, token, registry, max_gas_price_gwei, eth_per_nct } = self;
        if eth_per_nct.is_some_and(|rate| !(rate > 0.0 && rate.is_finite())) {
            return Err(format!("[chains.{chain}] eth_per_nct is not more than 0").into());
        }
        let mut gas = verify::Limits::default();
        gas.gas_price = max_gas_price_gwei.map_or(gas.gas_price, |gwei| u128::from(gwei) * GWEI);
        Ok(ChainOptions { pins: Pins { chain_id, token, registry }, gas, eth_per_nct })
    }
}

/// Base units of ETH.
const GWEI: u128 = 1_000_000_000;

/// What the settings file says of each chain.
pub(super) fn chain_options(
    chains: &[Chain],
    sources: &Sources,
) -> Result<BTreeMap<Chain, ChainOptions>, BoxError> {
    let set: BTreeMap<Chain, ChainTable> = sources.file_table("chains")?.unwrap_or_default();
    let options = |chain: &Chain| Ok((*chain, set.get(chain).copied().unwrap_or_default().options(*chain)?));
    chains.iter().map(options).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Table, add_flags};

    #[test]
    fn the_example_of_chains_is_what_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("engine.toml");
        let shown: String =
            CHAINS.lines().filter_map(|line| line.strip_prefix("#side.")).collect::<Vec<_>>().join("\n");
        std::fs::write(&file, format!("[chains.side]\n{shown}\n")).unwrap();
        let matches = add_flags(clap::Command::new("test").no_binary_name(true), &[])
            .try_get_matches_from(Vec::<String>::new())
            .unwrap();
        let sources =
            Sources::load(&[], &[Table::file_only("chains", CHAINS)], &matches, Some(&file)).unwrap();
        assert!(
            chain_options(&[Chain::Side], &sources).unwrap()[&Chain::Side].pins.are_complete(),
            "{shown}"
        );
    }

    #[test]
    fn a_chain_that_is_named_twice_keeps_what_is_pinned() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("engine.toml");
        std::fs::write(&file, "[chains.side]\nchain_id = 1338\n").unwrap();
        let matches = add_flags(clap::Command::new("test").no_binary_name(true), &[])
            .try_get_matches_from(Vec::<String>::new())
            .unwrap();
        let sources = Sources::load(&[], &[Table::file_only("chains", "")], &matches, Some(&file)).unwrap();
        for chains in [vec![Chain::Side], vec![Chain::Side, Chain::Side]] {
            let options = chain_options(&chains, &sources).unwrap();
            assert_eq!(options[&Chain::Side].pins.chain_id, Some(1338), "{chains:?}");
        }
    }
}
