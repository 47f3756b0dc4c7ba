//! The fast variant's signed texts: an assertion as JSON, hashed and signed as it stands. Pure.

use alloy_primitives::{Address, Signature, U256, keccak256};
use serde::Deserialize;
use serde_json::{Map, Number, Value};
use uuid::Uuid;

/// What a signed assertion says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assertion {
    /// Who signed it, which is also who it says that it is from.
    pub(crate) author: Address,
    pub(crate) guid: Uuid,
    /// True = malicious.
    pub(crate) verdict: bool,
    /// NCT wei.
    pub(crate) bid: U256,
    /// One verdict's metadata.
    pub(crate) metadata: Map<String, Value>,
}

/// Why a signed text is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FastError {
    #[error("Invalid signature: {0}")]
    Signature(String),
    #[error("Invalid transaction: {0}")]
    Text(String),
    #[error("Invalid transaction: from {from}, but signed by {signer}")]
    Author { from: Address, signer: Address },
    #[error("Invalid transaction: {0} is no assertion")]
    Name(String),
}

/// The one name that an assertion can have.
const NAME: &str = "polyswarmtransaction.bounty:AssertionTransaction";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    name: String,
    from: Address,
    data: Data,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    guid: Uuid,
    verdict: bool,
    bid: Number,
    metadata: Map<String, Value>,
}

/// Who signed a text: `signature` is `0x` and 65 bytes, r, s and a parity of 0 or 1.
pub(crate) fn signer(text: &str, signature: &str) -> Result<Address, FastError> {
    let wrong = |why: &str| FastError::Signature(why.into());
    let hex = signature.strip_prefix("0x").ok_or_else(|| wrong("it begins with 0x"))?;
    let bytes = hex::decode(hex).map_err(|e| wrong(&e.to_string()))?;
    let (65, Some(0 | 1)) = (bytes.len(), bytes.last()) else {
        return Err(wrong("65 bytes, the last of them 0 or 1"));
    };
    let signature = Signature::from_raw(&bytes).map_err(|e| wrong(&e.to_string()))?;
    signature.recover_address_from_prehash(&keccak256(text)).map_err(|e| wrong(&e.to_string()))
}

/// Reads a signed assertion.
pub(crate) fn read(text: &str, signature: &str) -> Result<Assertion, FastError> {
    let author = signer(text, signature)?;
    let Text { name, from, data } = serde_json::from_str(text).map_err(|e| FastError::Text(e.to_string()))?;
    if name != NAME {
        return Err(FastError::Name(name));
    }
    if from != author {
        return Err(FastError::Author { from, signer: author });
    }
    let bid = data.bid.to_string();
    let bid = bid.parse().map_err(|_| FastError::Text(format!("a bid of {bid}")))?;
    Ok(Assertion { author, guid: data.guid, verdict: data.verdict, bid, metadata: data.metadata })
}
