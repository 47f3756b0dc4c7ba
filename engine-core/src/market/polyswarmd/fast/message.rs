//! The signed message: its text, and the signature for it. No I/O.
//!
//! The node takes the text as it comes, so its layout is free. It is Python's all the same: what its tools write and compare is equal, to
//! the last byte.

use alloy_primitives::keccak256;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    bounty::Assertion,
    engine::journal::{Signed, SignedTransaction},
    market::{MarketError, polyswarmd::keystore::Wallet},
    units::Guid,
};

/// What an assertion is called.
const ASSERTION: &str = "polyswarmtransaction.bounty:AssertionTransaction";
/// The metadata of an artifact of which there is nothing to tell.
const NOTHING: &str = r#"{"malware_family": ""}"#;

/// The text of a message, not signed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message(String);

/// In the order of its members.
#[derive(Serialize)]
struct Transaction<'a> {
    name: &'static str,
    from: &'a str,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    guid: Guid,
    verdict: bool,
    bid: u128,
    metadata: &'a RawValue,
}

/// What is handed in.
#[derive(Serialize)]
struct Payload<'a> {
    raw_transaction: &'a str,
    signature: String,
}

impl Message {
    /// Asserts what is said of the first artifact with an opinion, in the name of `account`.
    ///
    /// # Errors
    /// [`MarketError::Refused`] if there is none with a bid, or if the metadata is no list of JSON values.
    pub(super) fn assertion(account: &str, guid: Guid, assertion: &Assertion) -> Result<Self, MarketError> {
        let index = assertion.mask.iter().position(|bit| *bit);
        let (Some(index), Some(bid)) = (index, assertion.bids.first()) else {
            return Err(refused("there is no artifact to assert".to_owned()));
        };
        let metadata: Vec<&RawValue> =
            serde_json::from_str(&assertion.metadata).map_err(|error| refused(error.to_string()))?;
        let nothing: &RawValue = serde_json::from_str(NOTHING).map_err(|error| refused(error.to_string()))?;
        let transaction = Transaction {
            name: ASSERTION,
            from: account,
            data: Data {
                guid,
                verdict: assertion.verdicts.get(index).copied().unwrap_or_default(),
                bid: bid.0,
                metadata: metadata.get(index).copied().unwrap_or(nothing),
            },
        };
        let text = serde_json::to_string(&transaction).map_err(|error| refused(error.to_string()))?;
        Ok(Self(as_python_writes(&text)))
    }

    /// Signs the hash of its text: the same bytes each time (RFC 6979), and no account nonce.
    ///
    /// # Errors
    /// [`MarketError::Refused`] if the signer fails.
    pub(in crate::market::polyswarmd) fn sign(&self, wallet: &Wallet) -> Result<Signed, MarketError> {
        let hash = keccak256(&self.0);
        let signature = wallet.sign_hash(&hash).map_err(|error| refused(error.to_string()))?;
        let payload =
            Payload { raw_transaction: &self.0, signature: format!("0x{}", hex::encode(signature.as_rsy())) };
        let raw = serde_json::to_string(&payload).map_err(|error| refused(error.to_string()))?;
        Ok(Signed { transactions: vec![SignedTransaction { raw, hash: hex::encode(hash), nonce: 0 }] })
    }
}

/// JSON as Python's `json.dumps` lays it out: a blank behind each comma and colon, and nothing but ASCII.
fn as_python_writes(json: &str) -> String {
    let mut python = String::with_capacity(json.len() + json.len() / 8);
    let (mut in_text, mut rest) = (false, json.chars());
    while let Some(c) = rest.next() {
        match c {
            '\\' => python.extend([c].into_iter().chain(rest.next())),
            '"' => {
                in_text = !in_text;
                python.push(c);
            }
            ' '..='~' if in_text => python.push(c),
            c if in_text => {
                let mut units = [0; 2];
                python.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
            ',' | ':' => python.extend([c, ' ']),
            c if c.is_whitespace() => {}
            c => python.push(c),
        }
    }
    python
}

fn refused(reason: String) -> MarketError {
    MarketError::Refused { request: "to write the assertion".to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use alloy_primitives::B256;
    use serde::Deserialize;

    use super::*;
    use crate::{bounty::commitment::Commitment, units::Nct};

    fn assertion(mask: Vec<bool>, bid: u128, verdict: bool, metadata: &str) -> Assertion {
        let secret = "1".parse().unwrap();
        let verdicts: Vec<bool> = mask.iter().map(|bit| *bit && verdict).collect();
        let account = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F".parse().unwrap();
        Assertion {
            commitment: Commitment::new(account, &verdicts, secret).unwrap(),
            mask,
            verdicts,
            bids: vec![Nct(bid)],
            secret,
            metadata: metadata.to_owned(),
        }
    }

    #[derive(Deserialize)]
    struct Vectors<'a> {
        #[serde(borrow)]
        cases: Vec<Case<'a>>,
    }

    #[derive(Deserialize)]
    struct Case<'a> {
        private_key: B256,
        class: String,
        #[serde(borrow)]
        fields: &'a RawValue,
        payload: serde_json::Value,
        message_keccak_hex: String,
        recovered: String,
    }

    #[derive(Deserialize)]
    struct Fields<'a> {
        guid: Guid,
        verdict: bool,
        bid: u128,
        #[serde(borrow)]
        metadata: &'a RawValue,
    }

    /// Messages of other classes are signed alike, and we never write one.
    #[test]
    fn vectors_fast_signed_transactions_are_equal() {
        #[expect(clippy::disallowed_methods, reason = "a test's own setting")]
        let folder = std::env::var_os("VECTORS_DIR")
            .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors").into(), PathBuf::from);
        let text = fs::read_to_string(folder.join("fast_signed_transactions.json")).unwrap();
        let vectors: Vectors<'_> = serde_json::from_str(&text).unwrap();
        assert!(vectors.cases.iter().any(|case| case.class == "AssertionTransaction"));
        for case in vectors.cases {
            let wallet = Wallet::from_key(&case.private_key).unwrap();
            let account = wallet.address().to_checksum(None);
            assert_eq!(account, case.recovered);
            let theirs = case.payload["raw_transaction"].as_str().unwrap();
            if case.class == "AssertionTransaction" {
                let Fields { guid, verdict, bid, metadata } =
                    serde_json::from_str(case.fields.get()).unwrap();
                let assertion = assertion(vec![true], bid, verdict, &format!("[{metadata}]"));
                assert_eq!(Message::assertion(&account, guid, &assertion).unwrap().0, theirs);
            }
            let signed = Message(theirs.to_owned()).sign(&wallet).unwrap();
            let [sent] = &signed.transactions[..] else { panic!("one message") };
            assert_eq!(serde_json::from_str::<serde_json::Value>(&sent.raw).unwrap(), case.payload);
            assert_eq!((&sent.hash, sent.nonce), (&case.message_keccak_hex, 0));
        }
    }

    /// The reference takes the bid at the artifact's position, where a list of one has none.
    #[test]
    fn the_first_artifact_with_an_opinion_is_asserted_with_its_bid_and_metadata() {
        let guid: Guid = "8ac829e3-bb83-48d7-8cfb-45ebe834d8e1".parse().unwrap();
        let metadata =
            r#"[{"malware_family":""},{"malware_family":"Größe \"x\" \u0001","b":{},"a":[1,2.5]}]"#;
        let both = assertion(vec![false, true], 7, true, metadata);
        assert_eq!(
            Message::assertion("0xA", guid, &both).unwrap().0,
            r#"{"name": "polyswarmtransaction.bounty:AssertionTransaction", "from": "0xA", "data": {"guid": "8ac829e3-bb83-48d7-8cfb-45ebe834d8e1", "verdict": true, "bid": 7, "metadata": {"malware_family": "Gr\u00f6\u00dfe \"x\" \u0001", "b": {}, "a": [1, 2.5]}}}"#
        );
        let short = assertion(vec![false, true], 7, true, "[]");
        assert!(Message::assertion("0xA", guid, &short).unwrap().0.contains(NOTHING));
        for bad in [assertion(vec![false], 7, true, "[]"), assertion(vec![true], 7, true, "no JSON")] {
            assert!(Message::assertion("0xA", guid, &bad).is_err(), "{bad:?}");
        }
    }

    /// What Python 3.11 says of `json.dumps(json.loads(text))`.
    #[test]
    fn the_layout_is_pythons() {
        for (json, python) in [
            ("{}", "{}"),
            ("[ ]", "[]"),
            (r#"{"a":[1,-2.5,null,true],"b":"x, y: z"}"#, r#"{"a": [1, -2.5, null, true], "b": "x, y: z"}"#),
            (r#""\"\\\n,\u0007""#, r#""\"\\\n,\u0007""#),
            ("\"\u{7f}é😀\"", r#""\u007f\u00e9\ud83d\ude00""#),
        ] {
            assert_eq!(as_python_writes(json), python, "{json}");
        }
    }
}
