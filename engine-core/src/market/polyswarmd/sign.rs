//! From verified transactions to the bytes that go over the wire. No I/O.

use alloy_consensus::{SignableTransaction, TxLegacy};
use alloy_primitives::U256;

use super::{
    keystore::Wallet,
    verify::{Unsigned, Verified},
};
use crate::{
    engine::journal::{Signed, SignedTransaction},
    market::MarketError,
};

/// Signs with adjacent account nonces from `first_nonce` on, in place of those that the node wrote: legacy transactions
/// bound to their chain (EIP-155), the same bytes each time (RFC 6979).
///
/// # Errors
/// [`MarketError::Refused`] if the nonces run out (the last is 2⁶⁴−2) or the signer fails; nothing is signed then.
pub fn sign(wallet: &Wallet, verified: &Verified, first_nonce: u64) -> Result<Signed, MarketError> {
    let transactions = verified.transactions();
    let mut nonces = first_nonce..u64::MAX;
    let signed = transactions.iter().map(|transaction| {
        let nonce = nonces.next().ok_or_else(|| refused("there is no account nonce after 2^64-2".into()))?;
        sign_one(wallet, transaction, nonce)
    });
    Ok(Signed { transactions: signed.collect::<Result<_, _>>()? })
}

fn sign_one(wallet: &Wallet, unsigned: &Unsigned, nonce: u64) -> Result<SignedTransaction, MarketError> {
    let transaction = TxLegacy {
        chain_id: Some(unsigned.chain_id),
        nonce,
        gas_price: unsigned.gas_price,
        gas_limit: unsigned.gas,
        to: unsigned.to.into(),
        value: U256::from(unsigned.value),
        input: unsigned.data.clone(),
    };
    let signature = wallet.sign_hash(&transaction.signature_hash()).map_err(|e| refused(e.to_string()))?;
    let signed = transaction.into_signed(signature);
    let mut raw = Vec::with_capacity(signed.rlp_encoded_length());
    signed.rlp_encode(&mut raw);
    Ok(SignedTransaction { raw: hex::encode(raw), hash: hex::encode(signed.hash()), nonce })
}

fn refused(reason: String) -> MarketError {
    MarketError::Refused { request: "a signature".into(), reason }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use alloy_primitives::{B256, b256};
    use serde::Deserialize;

    use super::*;
    use crate::{
        market::polyswarmd::{
            calldata::Call,
            verify::{Expected, Limits, Pins, verify},
        },
        units::Guid,
    };

    const KEY: B256 = b256!("4646464646464646464646464646464646464646464646464646464646464646");
    const GUID: Guid = Guid(uuid::Uuid::nil());

    fn verified() -> Verified {
        let unsigned = Unsigned {
            chain_id: 1338,
            data: Call::SettleBounty { guid: GUID }.encode().into(),
            gas: 5_000_000,
            gas_price: 0,
            nonce: 99,
            to: alloy_primitives::Address::repeat_byte(1),
            value: 0,
        };
        verify(&Expected::settle(GUID), &[unsigned], &Pins::default(), &Limits::default()).unwrap()
    }

    #[test]
    fn the_nonce_is_ours_and_not_the_nodes_and_the_bytes_are_the_same_each_time() {
        let wallet = Wallet::from_key(&KEY).unwrap();
        let signed = sign(&wallet, &verified(), 7).unwrap();
        assert_eq!(signed.transactions[0].nonce, 7);
        assert_eq!(sign(&wallet, &verified(), 7).unwrap(), signed);
        assert_ne!(sign(&wallet, &verified(), 8).unwrap().transactions[0].raw, signed.transactions[0].raw);
    }

    #[test]
    fn there_is_no_nonce_past_the_last() {
        let wallet = Wallet::from_key(&KEY).unwrap();
        assert!(sign(&wallet, &verified(), u64::MAX - 1).is_ok());
        assert!(sign(&wallet, &verified(), u64::MAX).is_err());
    }

    #[derive(Deserialize)]
    struct Vectors {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        private_key: B256,
        account: String,
        transaction: Unsigned,
        posted_hex: String,
        txhash_hex: String,
        r: String,
        s: String,
        v: u64,
    }

    /// Here and not with the other vectors, since from outside only what was verified can be signed, and these
    /// transactions carry values and gas that never would be.
    #[test]
    fn vectors_signed_transactions_are_equal() {
        #[expect(clippy::disallowed_methods, reason = "a test's own setting")]
        let folder = std::env::var_os("VECTORS_DIR")
            .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors").into(), PathBuf::from);
        let text = fs::read_to_string(folder.join("signed_transactions.json")).unwrap();
        let vectors: Vectors = serde_json::from_str(&text).unwrap();
        assert!(!vectors.cases.is_empty());
        for Case { private_key, account, transaction, posted_hex, txhash_hex, r, s, v } in vectors.cases {
            let wallet = Wallet::from_key(&private_key).unwrap();
            assert_eq!(wallet.address().to_string(), account);
            let signed = sign_one(&wallet, &transaction, transaction.nonce).unwrap();
            for part in [r, s, v.to_string()] {
                let part = hex::encode(part.parse::<U256>().unwrap().to_be_bytes_trimmed_vec());
                assert!(signed.raw.contains(&part), "no {part} in {}", signed.raw);
            }
            assert_eq!(
                signed,
                SignedTransaction { raw: posted_hex, hash: txhash_hex, nonce: transaction.nonce }
            );
        }
    }
}
