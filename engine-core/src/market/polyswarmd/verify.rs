//! Comparing what the node wants signed with what we asked for, byte by byte.
//!
//! A node that lies can redirect an approval, raise a bid or burn ETH on gas: everything that a signature covers is
//! compared, and nothing that was not compared can be signed, since [`Verified`] is made here only.

mod expected;

use std::fmt::Display;

use alloy_primitives::{Address, Bytes};
use serde::{Deserialize, Serialize};

pub use self::expected::Expected;
use self::expected::Part;
use super::calldata::Call;
use crate::market::MarketError;

/// A transaction as the node builds it. Other members than these are never signed, and pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unsigned {
    /// The chain that it is for.
    pub chain_id: u64,
    /// The call.
    pub data: Bytes,
    /// The most gas that it may use.
    pub gas: u64,
    /// Base units of ETH for each unit of gas; 0 on chains without fees.
    pub gas_price: u128,
    /// The node's idea of the account nonce; signing overwrites it.
    #[serde(default)]
    pub nonce: u64,
    /// The contract.
    pub to: Address,
    /// Base units of ETH that go along; always 0 for what we do.
    pub value: u128,
}

/// What never changes on a chain. What is unset is learned from the first transactions that are verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pins {
    /// The chain's number.
    pub chain_id: Option<u64>,
    /// The contract that holds everybody's NCT.
    pub token: Option<Address>,
    /// The contract that holds the bounties, and that may take our bids.
    pub registry: Option<Address>,
}

impl Pins {
    /// Whether nothing is left to be learned.
    pub fn are_complete(&self) -> bool {
        self.chain_id.is_some() && self.token.is_some() && self.registry.is_some()
    }
}

/// What a transaction may cost in gas at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Units of gas, default 50,000,000: the node's own bound.
    pub gas: u64,
    /// Base units of ETH for each unit of gas, default 200·10⁹ (200 gwei). A node that asks for more gets no signature.
    pub gas_price: u128,
}

impl Default for Limits {
    fn default() -> Self {
        Self { gas: 50_000_000, gas_price: 200_000_000_000 }
    }
}

/// Transactions that are, in everything that is signed, what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    transactions: Vec<Unsigned>,
    pins: Pins,
}

impl Verified {
    /// The transactions, in order.
    pub fn transactions(&self) -> &[Unsigned] {
        &self.transactions
    }

    /// Signs at this price instead of what the node asked for; the caller keeps it in bounds.
    pub(super) fn set_gas_price(&mut self, price: u128) {
        for transaction in &mut self.transactions {
            transaction.gas_price = price;
        }
    }

    /// The pins, with what was learned from these transactions: the next ones are to be compared with these.
    pub fn pins(&self) -> Pins {
        self.pins
    }
}

/// Compares `transactions` with what was asked for: number and order, chain, contract, method, every argument to the
/// last byte, value, gas and its price. The node's `nonce` is not compared: signing overwrites it.
///
/// # Errors
/// [`MarketError::Mismatch`] with the first field that differs, what was expected and what was there.
pub fn verify(
    expected: &Expected,
    transactions: &[Unsigned],
    pins: &Pins,
    limits: &Limits,
) -> Result<Verified, MarketError> {
    let parts = expected.parts();
    if parts.len() != transactions.len() {
        return Err(mismatch("number of transactions", parts.len(), transactions.len()));
    }
    let mut pins = *pins;
    // Whom an approval is for is told by the call that comes after it, so the contracts are settled first.
    for (part, transaction) in parts.iter().zip(transactions) {
        check_costs(transaction, limits)?;
        pin("chain id", &mut pins.chain_id, transaction.chain_id)?;
        match part {
            Part::Approval(_) => pin("contract of the token", &mut pins.token, transaction.to)?,
            Part::Call(_) => pin("contract of the bounties", &mut pins.registry, transaction.to)?,
        }
    }
    if pins.token.is_some() && pins.token == pins.registry {
        return Err(mismatch("contract of the bounties", "another than the token's", "the same"));
    }
    for (part, transaction) in parts.iter().zip(transactions) {
        match part {
            Part::Call(call) => check_call(call, &transaction.data)?,
            Part::Approval(amount) => {
                let spender = pins.registry.ok_or_else(|| mismatch("spender", "a known contract", "none"))?;
                check_call(&Call::Approve { spender, amount: *amount }, &transaction.data)?;
            }
        }
    }
    Ok(Verified { transactions: transactions.to_vec(), pins })
}

/// Compares with the value that is known; the first one that comes is taken as known.
fn pin<T: Copy + PartialEq + Display>(
    what: &str,
    known: &mut Option<T>,
    there: T,
) -> Result<(), MarketError> {
    let expected = *known.get_or_insert(there);
    if expected == there { Ok(()) } else { Err(mismatch(what, expected, there)) }
}

fn check_costs(transaction: &Unsigned, limits: &Limits) -> Result<(), MarketError> {
    let Unsigned { value, gas, gas_price, .. } = *transaction;
    if value != 0 {
        return Err(mismatch("value", 0, value));
    }
    if gas > limits.gas {
        return Err(mismatch("gas", format_args!("at most {}", limits.gas), gas));
    }
    if gas_price > limits.gas_price {
        return Err(mismatch("gas price", format_args!("at most {}", limits.gas_price), gas_price));
    }
    Ok(())
}

/// The bytes are compared; they are decoded only to say what is wrong with them.
fn check_call(expected: &Call, data: &[u8]) -> Result<(), MarketError> {
    if expected.is_encoded_in(data) {
        return Ok(());
    }
    let method = expected.method();
    Err(match Call::decode(data) {
        Err(error) => mismatch("call data", format_args!("{method}, as we encode it"), error),
        Ok(call) if call.method() != method => mismatch("method", method, call.method()),
        Ok(call) => MarketError::Mismatch { what: format!("{method}: {}", expected.difference(&call)) },
    })
}

fn mismatch(what: &str, expected: impl Display, got: impl Display) -> MarketError {
    MarketError::Mismatch { what: format!("{what}: expected {expected}, got {got}") }
}

#[cfg(test)]
mod tests;
