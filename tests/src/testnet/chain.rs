//! The chain's bookkeeping: blocks, account nonces, the pool of transactions that wait, and receipts. Runs no
//! contract.

mod name;

use std::collections::HashMap;

use alloy_primitives::{Address, B256, U256};

pub use self::name::ChainName;
use super::{contract::Revert, event::Log, transaction::Transaction};

/// The most gas that a transaction may ask for.
pub(crate) const MAX_GAS: u64 = 50_000_000;
/// What any transaction uses.
const LEAST_GAS: u64 = 21_000;

/// What became of a mined transaction.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    pub(crate) block: u64,
    pub(crate) outcome: Result<Vec<Log>, Revert>,
}

/// Why the pool does not take a transaction, as the chain's client words it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("known transaction: {0}")]
    Known(String),
    #[error("invalid sender")]
    InvalidSender,
    #[error("nonce too low")]
    NonceTooLow,
    #[error("replacement transaction underpriced")]
    Underpriced,
    #[error("insufficient funds for gas * price + value")]
    Funds,
    #[error("intrinsic gas too low")]
    GasTooLow,
    #[error("exceeds block gas limit")]
    GasTooHigh,
}

/// Blocks, nonces, ether, pool and receipts.
#[derive(Debug)]
pub(crate) struct Chain {
    name: ChainName,
    head: u64,
    /// Wei for each unit of gas: a transaction that offers less waits in the pool.
    gas_price: u128,
    /// Wei of each account.
    ether: HashMap<Address, U256>,
    nonces: HashMap<Address, u64>,
    pool: Vec<Transaction>,
    receipts: HashMap<B256, Receipt>,
}

impl Chain {
    pub(crate) fn new(name: ChainName, gas_price: u128) -> Self {
        Self {
            name,
            head: 0,
            gas_price,
            ether: HashMap::new(),
            nonces: HashMap::new(),
            pool: Vec::new(),
            receipts: HashMap::new(),
        }
    }

    /// The number of the newest block; 0 before the first.
    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    /// The next nonce of an account, pending transactions not counted.
    pub(crate) fn nonce(&self, account: Address) -> u64 {
        self.nonces.get(&account).copied().unwrap_or_default()
    }

    /// The next nonce of an account after the transactions that wait without a gap.
    pub(crate) fn pending_nonce(&self, account: Address) -> u64 {
        let waiting = self.pending(account);
        (self.nonce(account)..).find(|nonce| !waiting.contains(nonce)).unwrap_or(u64::MAX)
    }

    /// The nonces that wait in the pool, sorted; those behind a gap too.
    pub(crate) fn pending(&self, account: Address) -> Vec<u64> {
        let mut nonces: Vec<u64> =
            self.pool.iter().filter(|tx| tx.sender == account).map(|tx| tx.nonce).collect();
        nonces.sort_unstable();
        nonces
    }

    /// Whether the transaction waits or is mined.
    pub(crate) fn knows(&self, hash: B256) -> bool {
        self.receipts.contains_key(&hash) || self.pool.iter().any(|tx| tx.hash == hash)
    }

    pub(crate) fn receipt(&self, hash: B256) -> Option<&Receipt> {
        self.receipts.get(&hash)
    }

    /// Takes a transaction into the pool.
    ///
    /// # Errors
    /// A [`Refusal`]: the pool is as before.
    pub(crate) fn submit(&mut self, tx: Transaction) -> Result<B256, Refusal> {
        if self.pool.iter().any(|other| other.hash == tx.hash) {
            return Err(Refusal::Known(hex::encode(tx.hash)));
        }
        if tx.chain_id != Some(self.name.id()) || !tx.low_s {
            return Err(Refusal::InvalidSender);
        }
        if tx.gas > MAX_GAS {
            return Err(Refusal::GasTooHigh);
        }
        if tx.nonce < self.nonce(tx.sender) {
            return Err(Refusal::NonceTooLow);
        }
        if tx.cost() > self.ether(tx.sender) {
            return Err(Refusal::Funds);
        }
        if tx.gas < LEAST_GAS {
            return Err(Refusal::GasTooLow);
        }
        let hash = tx.hash;
        let same = |other: &&mut Transaction| other.sender == tx.sender && other.nonce == tx.nonce;
        match self.pool.iter_mut().find(same) {
            Some(other) if !tx.outbids(other) => return Err(Refusal::Underpriced),
            Some(other) => *other = tx,
            None => self.pool.push(tx),
        }
        Ok(hash)
    }

    /// Begins the next block, and tells its number.
    pub(crate) fn next_block(&mut self) -> u64 {
        self.head += 1;
        self.head
    }

    /// Sets the clock of a chain that counts seconds; it never goes back.
    pub(crate) fn advance(&mut self, seconds: u64) {
        self.head = self.head.max(seconds);
    }

    /// Takes the next transaction of the block out of the pool: in arrival order but for the order of nonces.
    /// What
    /// offers less than the price of gas, or what its account cannot pay any more, waits on.
    pub(crate) fn next_transaction(&mut self) -> Option<Transaction> {
        let next = self.pool.iter().position(|tx| {
            let due = tx.nonce == self.nonce(tx.sender);
            due && tx.gas_price >= self.gas_price && tx.cost() <= self.ether(tx.sender)
        })?;
        let tx = self.pool.remove(next);
        self.nonces.insert(tx.sender, tx.nonce + 1);
        Some(tx)
    }

    /// Takes the wei for so much gas from the sender of a mined transaction. What it used less than its limit
    /// is
    /// never taken.
    pub(crate) fn charge(&mut self, tx: &Transaction, gas: u64) {
        let left =
            self.ether(tx.sender).saturating_sub(U256::from(tx.gas_price) * U256::from(gas.min(tx.gas)));
        self.ether.insert(tx.sender, left);
    }

    /// An account's wei.
    pub(crate) fn ether(&self, account: Address) -> U256 {
        self.ether.get(&account).copied().unwrap_or_default()
    }

    /// Gives an account wei.
    pub(crate) fn endow(&mut self, account: Address, wei: U256) {
        let ether = self.ether.entry(account).or_default();
        *ether = ether.saturating_add(wei);
    }

    /// Wei for each unit of gas.
    pub(crate) fn gas_price(&self) -> u128 {
        self.gas_price
    }

    pub(crate) fn set_gas_price(&mut self, wei: u128) {
        self.gas_price = wei;
    }

    /// Keeps what became of a transaction.
    pub(crate) fn record(&mut self, hash: B256, receipt: Receipt) {
        self.receipts.insert(hash, receipt);
    }
}

#[cfg(test)]
mod tests;
