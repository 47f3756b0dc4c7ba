//! The token: who has how much NCT, and who may take how much of it.

use std::collections::HashMap;

use alloy_primitives::{Address, U256};

use super::contract::Revert;

/// Balances and allowances in base units of 10⁻¹⁸ NCT.
#[derive(Debug, Default)]
pub(crate) struct Token {
    balances: HashMap<Address, U256>,
    allowances: HashMap<(Address, Address), U256>,
}

impl Token {
    /// What an account has.
    pub(crate) fn balance(&self, account: Address) -> U256 {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    /// Makes new tokens.
    pub(crate) fn mint(&mut self, account: Address, amount: U256) {
        let balance = self.balances.entry(account).or_default();
        *balance = balance.saturating_add(amount);
    }

    /// Sets (does not add to) what `spender` may take from `owner`.
    pub(crate) fn approve(&mut self, owner: Address, spender: Address, amount: U256) {
        self.allowances.insert((owner, spender), amount);
    }

    /// Moves the owner's own tokens.
    ///
    /// # Errors
    /// [`Revert::Balance`] when `from` has less; nothing has changed then.
    pub(crate) fn transfer(&mut self, from: Address, to: Address, amount: U256) -> Result<(), Revert> {
        let left = self.balance(from).checked_sub(amount).ok_or(Revert::Balance)?;
        self.balances.insert(from, left);
        self.mint(to, amount);
        Ok(())
    }

    /// Moves another's tokens within the allowance, and lowers it.
    ///
    /// # Errors
    /// [`Revert::Allowance`] or [`Revert::Balance`]; nothing has changed then.
    pub(crate) fn transfer_from(
        &mut self,
        spender: Address,
        from: Address,
        to: Address,
        amount: U256,
    ) -> Result<(), Revert> {
        let allowed = self.allowances.get(&(from, spender)).copied().unwrap_or_default();
        let left = allowed.checked_sub(amount).ok_or(Revert::Allowance)?;
        self.transfer(from, to, amount)?;
        self.approve(from, spender, left);
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn supply(&self) -> U256 {
        self.balances.values().sum()
    }
}
