//! A signed transaction: its bytes, who signed it, what it asks for.

use alloy_consensus::{TxLegacy, transaction::RlpEcdsaDecodableTx};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};

/// What a signed transaction says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transaction {
    /// Hash of the signed bytes.
    pub(crate) hash: B256,
    /// The account whose key signed it.
    pub(crate) sender: Address,
    pub(crate) nonce: u64,
    /// Zero for the creation of a contract.
    pub(crate) to: Address,
    pub(crate) value: U256,
    pub(crate) gas: u64,
    pub(crate) gas_price: u128,
    /// Missing when the signature is for any chain.
    pub(crate) chain_id: Option<u64>,
    /// The signature's s is in the lower half, as chains have asked since Homestead.
    pub(crate) low_s: bool,
    pub(crate) data: Bytes,
}

/// The bytes are no signed legacy transaction; the text says why.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct DecodeError(String);

impl Transaction {
    /// The most wei that it can take: value, and its gas limit at its price.
    pub(crate) fn cost(&self) -> U256 {
        self.value.saturating_add(U256::from(self.gas) * U256::from(self.gas_price))
    }

    /// It offers enough more than one with the same nonce to take its place: at least a tenth.
    pub(crate) fn outbids(&self, other: &Self) -> bool {
        let tenths = |price: u128, tenths: u64| U256::from(price) * U256::from(tenths);
        self.gas_price > other.gas_price && tenths(self.gas_price, 10) >= tenths(other.gas_price, 11)
    }

    /// Reads the bytes that a client posts as hex without `0x`.
    pub(crate) fn decode(posted: &str) -> Result<Self, DecodeError> {
        let bytes = hex::decode(posted).map_err(|e| DecodeError(e.to_string()))?;
        let mut rest = bytes.as_slice();
        let signed =
            TxLegacy::rlp_decode_signed(&mut rest).map_err(|e| DecodeError(format!("not RLP: {e}")))?;
        if !rest.is_empty() {
            return Err(DecodeError(format!("{} bytes after the transaction", rest.len())));
        }
        let sender = signed.recover_signer().map_err(|e| DecodeError(format!("invalid signature: {e}")))?;
        let low_s = signed.signature().normalize_s().is_none();
        let tx = signed.tx();
        Ok(Self {
            hash: keccak256(&bytes),
            sender,
            nonce: tx.nonce,
            to: match tx.to {
                TxKind::Call(to) => to,
                TxKind::Create => Address::ZERO,
            },
            value: tx.value,
            gas: tx.gas_limit,
            gas_price: tx.gas_price,
            chain_id: tx.chain_id,
            low_s,
            data: tx.input.clone(),
        })
    }
}
