//! The transactions of a step, as we would build them.

use alloy_primitives::U256;

use crate::{
    bounty::{
        Assertion,
        commitment::{Commitment, bits_to_int},
    },
    market::{MarketError, polyswarmd::calldata::Call},
    units::{Guid, Nct},
};

/// What was asked for: the transactions of one step, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// On the token: an allowance of this for the registry, whichever that is.
    Approval(U256),
    /// On the registry.
    Call(Call),
}

impl Expected {
    /// An allowance of bids and fee for the registry, then the assertion.
    ///
    /// # Errors
    /// [`MarketError::Refused`] if the amounts go over 2¹²⁸−1, and as [`Expected::post_assertion`].
    pub fn assertion(guid: Guid, assertion: &Assertion, fee: Nct) -> Result<Self, MarketError> {
        let Assertion { bids, mask, commitment, .. } = assertion;
        let amount = Nct::checked_sum(bids.iter().copied().chain([fee]))
            .ok_or_else(|| refused("bids and fee are over 2^128 base units".into()))?;
        let Self(mut parts) = Self::approval(amount);
        parts.extend(Self::post_assertion(guid, bids, mask, *commitment)?.0);
        Ok(Self(parts))
    }

    /// An allowance for the registry alone.
    pub fn approval(amount: Nct) -> Self {
        Self(vec![Part::Approval(U256::from(amount.0))])
    }

    /// The assertion alone.
    ///
    /// # Errors
    /// [`MarketError::Refused`] if the bids are not one for each true bit of the mask, or there are more artifacts than
    /// a bit field holds.
    pub fn post_assertion(
        guid: Guid,
        bids: &[Nct],
        mask: &[bool],
        commitment: Commitment,
    ) -> Result<Self, MarketError> {
        let opinions = mask.iter().filter(|bit| **bit).count();
        if bids.len() != opinions {
            return Err(refused(format!("{} bids for {opinions} opinions", bids.len())));
        }
        Ok(Self::call(Call::PostAssertion {
            guid,
            bids: bids.iter().map(|bid| U256::from(bid.0)).collect(),
            mask: bit_field(mask)?,
            commitment: commitment.to_int(),
        }))
    }

    /// The opening of an assertion's commitment. `metadata` is what the reveal shows: where the assertion's own was
    /// uploaded to, or a short text.
    ///
    /// # Errors
    /// [`MarketError::Refused`] if there are more artifacts than a bit field holds.
    pub fn reveal(
        guid: Guid,
        assertion: &Assertion,
        index: u64,
        metadata: &str,
    ) -> Result<Self, MarketError> {
        Ok(Self::call(Call::RevealAssertion {
            guid,
            index,
            nonce: assertion.secret.reveal(),
            verdicts: bit_field(&assertion.verdicts)?,
            metadata: metadata.into(),
        }))
    }

    /// The payout.
    pub fn settle(guid: Guid) -> Self {
        Self::call(Call::SettleBounty { guid })
    }

    /// One call of the registry.
    pub fn call(call: Call) -> Self {
        Self(vec![Part::Call(call)])
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.0
    }
}

fn bit_field(bits: &[bool]) -> Result<U256, MarketError> {
    bits_to_int(bits).map_err(|error| refused(error.to_string()))
}

fn refused(reason: String) -> MarketError {
    MarketError::Refused { request: "what we asked for".into(), reason }
}
