//! What gas may cost: held back for what is owed before anything is staked, capped by what it saves, and raised when it has become dear.
//!
//! Chains without fees ask for a price of 0, and nothing here asks the node for anything then.

use alloy_consensus::{TxLegacy, transaction::RlpEcdsaDecodableTx};

use super::{Draft, Polyswarmd, draft, lookup, verify::Unsigned};
use crate::{
    bounty::Assertion,
    engine::journal::Sealed,
    market::{Action, MarketError},
    units::{Chain, Nct},
};

/// A pool takes another transaction for the same account nonce when it pays a tenth more; an eighth is on the safe side.
const RAISE: u128 = 8;

/// Whether our account can pay the gas of `draft`, and that of a reveal and a settlement for each of `staked` bounties at twice its price.
///
/// # Errors
/// [`MarketError::Refused`] when it cannot; as the look-up of the balance.
pub(super) async fn reserve(
    market: &Polyswarmd,
    chain: Chain,
    draft: &Draft,
    staked: u64,
) -> Result<(), MarketError> {
    let Some(needed) = needed(draft.transactions(), staked) else {
        return Err(refused("its gas costs more than 2^128 base units of ETH".to_owned()));
    };
    if needed == 0 {
        return Ok(());
    }
    let held = lookup::ether(&market.rest, chain).await?;
    if held >= needed {
        return Ok(());
    }
    Err(refused(format!(
        "the account has {} ETH on {chain}, and {} are needed for this assertion and, at twice the price, for all reveals and settlements to come: add ETH to it",
        Nct(held),
        Nct(needed)
    )))
}

/// In base units of ETH. A reveal and a settlement are taken to need as much gas as the dearest transaction here.
fn needed(transactions: &[Unsigned], staked: u64) -> Option<u128> {
    let costs = transactions.iter().map(|t| u128::from(t.gas).checked_mul(t.gas_price));
    let (mut now, mut dearest) = (0_u128, 0_u128);
    for cost in costs {
        let cost = cost?;
        now = now.checked_add(cost)?;
        dearest = dearest.max(cost);
    }
    now.checked_add(dearest.checked_mul(4)?.checked_mul(u128::from(staked))?)
}

/// The most that a unit of gas is worth in what is done for a stake: the chain's ceiling, and less if the stake is worth less.
pub(super) fn ceiling(
    market: &Polyswarmd,
    chain: Chain,
    assertion: &Assertion,
    gas: u64,
) -> Result<u128, MarketError> {
    let options = &market.shared(chain)?.options;
    let stake = Nct::checked_sum(assertion.bids.iter().copied()).unwrap_or(Nct(u128::MAX));
    // `as` takes what is too large for the largest, and NaN and what is negative for 0.
    let worth = options.eth_per_nct.map(|rate| (stake.0 as f64 * rate) as u128 / u128::from(gas.max(1)));
    Ok(worth.unwrap_or(u128::MAX).min(options.gas.gas_price))
}

/// What the node built, at no higher price than `ceiling`: what is owed is better done late than never.
pub(super) fn cap(
    market: &Polyswarmd,
    chain: Chain,
    assertion: &Assertion,
    built: &mut [Unsigned],
) -> Result<(), MarketError> {
    for transaction in built {
        let ceiling = ceiling(market, chain, assertion, transaction.gas)?;
        if transaction.gas_price > ceiling {
            tracing::warn!(%chain, price = transaction.gas_price, ceiling, "gas is dearer than what it saves, or than max_gas_price_gwei: no more than that is offered");
            transaction.gas_price = ceiling;
        }
    }
    Ok(())
}

/// The same step at the price that gas has now, if that has risen so far that a pool takes it in place of `sealed`.
///
/// # Errors
/// As building the step anew.
pub(super) async fn dearer(
    market: &Polyswarmd,
    sealed: &Sealed,
    action: Action<'_>,
) -> Result<Option<Draft>, MarketError> {
    let chain = sealed.id().chain;
    let Some(offered) = offered(sealed).filter(|price| *price > 0) else { return Ok(None) };
    let raised = offered.saturating_add(offered / RAISE).saturating_add(1);
    let mut draft = draft::draft(market, sealed.id(), action).await?;
    let asked = draft.transactions().iter().map(|t| t.gas_price).max().unwrap_or_default();
    let gas = draft.transactions().iter().map(|t| t.gas).max().unwrap_or_default();
    let price = asked.max(raised);
    if asked <= offered || price > ceiling(market, chain, sealed.assertion(), gas)? {
        return Ok(None);
    }
    let Draft::Transactions(verified) = &mut draft else { return Ok(None) };
    verified.set_gas_price(price);
    tracing::warn!(bounty = %sealed.id(), step = %sealed.step(), offered, price, "gas has become dearer: offering more for the same account nonce");
    Ok(Some(draft))
}

/// The price in signed bytes. They are ours, so they can be read.
fn offered(sealed: &Sealed) -> Option<u128> {
    let raw = hex::decode(&sealed.signed().transactions.first()?.raw).ok()?;
    Some(TxLegacy::rlp_decode_signed(&mut raw.as_slice()).ok()?.tx().gas_price)
}

fn refused(reason: String) -> MarketError {
    MarketError::Refused { request: "to reserve gas".to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gas_is_held_back_for_all_that_is_owed() {
        let transaction = |gas, gas_price| Unsigned {
            chain_id: 1,
            data: Default::default(),
            gas,
            gas_price,
            nonce: 0,
            to: Default::default(),
            value: 0,
        };
        assert_eq!(needed(&[transaction(5, 0)], 9), Some(0));
        // Now 30 + 20; two steps at twice the price for each stake, 30 a step.
        assert_eq!(needed(&[transaction(3, 10), transaction(2, 10)], 1), Some(50 + 120));
        assert_eq!(needed(&[transaction(3, 10), transaction(2, 10)], 3), Some(50 + 360));
        assert_eq!(needed(&[transaction(u64::MAX, u128::MAX)], 1), None);
    }
}
