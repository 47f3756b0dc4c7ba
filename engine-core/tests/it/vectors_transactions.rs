use std::fs;

use alloy_primitives::{Address, U256, address};
use engine_core::{
    bounty::commitment::bits_to_int,
    market::polyswarmd::{
        calldata::Call,
        keystore::{KeystoreError, Wallet},
        verify::{Expected, Limits, Pins, Unsigned, verify},
    },
    units::{Guid, Nct},
};
use serde::Deserialize;
use serde_json::Value;

use crate::vectors::cases;

/// The development chain that the reference ran on.
const TOKEN: Address = address!("2A2cEDE7598F91240068714fD83E449b19853Cb9");
const REGISTRY: Address = address!("21262bF29FF08691C8A72bc6f22F791996E1891F");

/// Arguments as the vectors name them; which ones there are depends on the method.
#[derive(Deserialize, Clone, Default)]
#[serde(default)]
struct Arguments {
    guid: Option<Guid>,
    bid: Vec<Nct>,
    mask: Vec<bool>,
    commitment: U256Text,
    index: u64,
    nonce: U256Text,
    verdicts: Vec<bool>,
    metadata: String,
    votes: Vec<bool>,
    valid_bloom: bool,
    spender: Address,
    to: Address,
    amount: U256Text,
}

/// A number as decimal text.
#[derive(Deserialize, Clone, Copy, Default)]
#[serde(try_from = "String")]
struct U256Text(U256);

impl TryFrom<String> for U256Text {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        U256::from_str_radix(&text, 10).map(Self).map_err(|e| format!("{text}: {e}"))
    }
}

impl Arguments {
    fn call(&self, method: &str) -> Call {
        let bits = |bits: &[bool]| bits_to_int(bits).unwrap();
        let guid = || self.guid.unwrap();
        let Self { commitment, nonce, amount, index, spender, to, .. } = *self;
        match method {
            "postAssertion" => Call::PostAssertion {
                guid: guid(),
                bids: self.bid.iter().map(|bid| U256::from(bid.0)).collect(),
                mask: bits(&self.mask),
                commitment: commitment.0,
            },
            "revealAssertion" => Call::RevealAssertion {
                guid: guid(),
                index,
                nonce: nonce.0,
                verdicts: bits(&self.verdicts),
                metadata: self.metadata.clone(),
            },
            "settleBounty" => Call::SettleBounty { guid: guid() },
            "voteOnBounty" => {
                Call::VoteOnBounty { guid: guid(), votes: bits(&self.votes), valid_bloom: self.valid_bloom }
            }
            "approve" => Call::Approve { spender, amount: amount.0 },
            "transfer" => Call::Transfer { to, amount: amount.0 },
            "deposit" => Call::Deposit { amount: amount.0 },
            "withdraw" => Call::Withdraw { amount: amount.0 },
            other => panic!("a vector with the unknown method {other}"),
        }
    }
}

#[derive(Deserialize)]
struct Encoded {
    kind: String,
    args: Arguments,
    data: String,
}

#[test]
fn vectors_calldata_are_equal_both_ways() {
    for case in cases::<Encoded>("calldata.json") {
        let call = case.args.call(&case.kind);
        assert_eq!(format!("0x{}", hex::encode(call.encode())), case.data, "{}", case.kind);
        let data = hex::decode(case.data.trim_start_matches("0x")).unwrap();
        assert_eq!(Call::decode(&data).unwrap(), call);
        assert_eq!(call.method(), case.kind);
    }
}

#[derive(Deserialize)]
struct Judged {
    verifier: String,
    expected: Arguments,
    transaction: Value,
    why: String,
    verified: Option<bool>,
}

/// We take a transaction if it is, to the last byte, what we would have built, on the contract that we know. Where the
/// reference says otherwise, the row has to call that its fault, or show bytes after the arguments that it passed.
#[test]
fn vectors_transaction_verifier_are_equal_but_for_the_reference_faults() {
    for case in cases::<Judged>("transaction_verifier.json") {
        let pins = Pins { chain_id: Some(1338), token: Some(TOKEN), registry: Some(REGISTRY) };
        let unsigned = serde_json::from_value::<Unsigned>(case.transaction.clone());
        let expected = match case.verifier.as_str() {
            "approve" => Expected::approval(Nct(case.expected.amount.0.to())),
            "postAssertion" => {
                let Arguments { guid, bid, mask, commitment, .. } = &case.expected;
                Expected::post_assertion(guid.unwrap(), bid, mask, commitment.0.into()).unwrap()
            }
            method => Expected::call(case.expected.call(method)),
        };
        let accepted = unsigned.is_ok_and(|unsigned| {
            verify(&expected, std::slice::from_ref(&unsigned), &pins, &Limits::default()).is_ok()
        });

        let reference_accepts = case.verified == Some(true);
        let is_fault =
            case.why.contains("reference fault") || (reference_accepts && case.why.contains("trailing"));
        assert_eq!(accepted, reference_accepts != is_fault, "{}: {}", case.verifier, case.why);
    }
}

#[derive(Deserialize)]
struct Keyfile {
    keyfile: Value,
    password: String,
    private_key: alloy_primitives::B256,
    address: String,
    wrong_password: String,
}

#[test]
fn vectors_keystore_open_to_the_same_key() {
    for case in cases::<Keyfile>("keystore.json") {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), case.keyfile.to_string()).unwrap();
        let wallet = Wallet::open(file.path(), &case.password).unwrap();
        assert_eq!(wallet.address().to_string(), case.address);
        assert_eq!(wallet.address(), Wallet::from_key(&case.private_key).unwrap().address());
        let wrong = Wallet::open(file.path(), &case.wrong_password);
        assert!(matches!(wrong, Err(KeystoreError::WrongPassword { .. })), "{wrong:?}");
    }
}
