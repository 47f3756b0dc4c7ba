//! Golden data of the reference client and the contracts' encoder, against what this node reads and writes.

use std::{collections::BTreeSet, fs, path::PathBuf};

use alloy_primitives::{Address, B256, U256};
use serde_json::Value;
use uuid::Uuid;

use super::{
    abi::{Call, REGISTRY, TOKEN},
    artifacts::Kind,
    bits,
    contract::commitment,
    event::{Log, block_frame, connected_frame},
    store::Store,
    transaction::Transaction,
};

/// The cases of a file in the folder `VECTORS_DIR`, by default `tests/vectors`.
fn cases(file: &str) -> Vec<Value> {
    #[allow(clippy::disallowed_methods, reason = "tests are told by it where other vectors lie")]
    let folder = std::env::var_os("VECTORS_DIR")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/vectors").into(), PathBuf::from);
    let text = fs::read_to_string(folder.join(file)).unwrap();
    let mut vectors: Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(vectors["cases"].take()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn uint(value: &Value) -> U256 {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned).parse().unwrap()
}

fn field(value: &Value) -> U256 {
    bits::from_bools(&serde_json::from_value::<Vec<bool>>(value.clone()).unwrap())
}

#[test]
fn vector_calldata_decodes_and_encodes() {
    for case in cases("calldata.json") {
        let args = &case["args"];
        let guid = || text(&args["guid"]).parse::<Uuid>().unwrap();
        let (to, call) = match text(&case["kind"]) {
            "approve" => {
                let spender = text(&args["spender"]).parse().unwrap();
                (TOKEN, Call::Approve { spender, amount: uint(&args["amount"]) })
            }
            "transfer" => {
                let to = text(&args["to"]).parse().unwrap();
                (TOKEN, Call::Transfer { to, amount: uint(&args["amount"]) })
            }
            "postAssertion" => {
                let bid = args["bid"].as_array().unwrap().iter().map(uint).collect();
                let (mask, commitment) = (field(&args["mask"]), uint(&args["commitment"]));
                (REGISTRY, Call::PostAssertion { guid: guid(), bid, mask, commitment })
            }
            "revealAssertion" => {
                let (nonce, verdicts) = (uint(&args["nonce"]), field(&args["verdicts"]));
                let metadata = text(&args["metadata"]).to_owned();
                let call = Call::RevealAssertion {
                    guid: guid(),
                    index: uint(&args["index"]),
                    nonce,
                    verdicts,
                    metadata,
                };
                (REGISTRY, call)
            }
            "voteOnBounty" => {
                let (votes, valid_bloom) = (field(&args["votes"]), args["valid_bloom"] == true);
                (REGISTRY, Call::VoteOnBounty { guid: guid(), votes, valid_bloom })
            }
            "settleBounty" => (REGISTRY, Call::SettleBounty { guid: guid() }),
            // Staking is not modelled.
            _ => continue,
        };
        let data = hex::decode(text(&case["data"]).trim_start_matches("0x")).unwrap();
        assert_eq!(Call::decode(to, &data), Some(call.clone()), "{case}");
        // The reference's encoder puts a word of zeros after an empty text, which nothing reads.
        let (ours, rest) = data.split_at(call.encode().len());
        assert_eq!(call.encode(), ours, "{case}");
        assert!(rest.is_empty() || (rest == [0; 32] && args["metadata"] == ""), "{case}");
        assert_eq!(call.to(), to);
        assert_eq!(Call::decode(to, &ours[..ours.len() - 33]), None, "cut short");
    }
}

#[test]
fn vector_signed_transactions_recover_their_account() {
    for case in cases("signed_transactions.json") {
        let wanted = &case["transaction"];
        let tx = Transaction::decode(text(&case["posted_hex"])).unwrap();
        assert_eq!(tx.sender, text(&case["account"]).parse::<Address>().unwrap());
        assert_eq!(tx.hash, text(&case["txhash_hex"]).parse::<B256>().unwrap());
        assert_eq!(tx.chain_id, wanted["chainId"].as_u64());
        assert_eq!(Some(tx.nonce), wanted["nonce"].as_u64());
        assert_eq!(Some(tx.gas), wanted["gas"].as_u64());
        assert_eq!(tx.value, uint(&wanted["value"]));
        assert_eq!(U256::from(tx.gas_price), uint(&wanted["gasPrice"]));
        assert_eq!(tx.to, text(&wanted["to"]).parse::<Address>().unwrap());
        assert_eq!(format!("0x{}", hex::encode(&tx.data)), text(&wanted["data"]));
        assert!(tx.low_s);
        assert!(Transaction::decode(&format!("{}00", text(&case["posted_hex"]))).is_err());
    }
    assert!(Transaction::decode("00").is_err() && Transaction::decode("0").is_err());
}

#[test]
fn vector_commitments_are_what_the_contract_hashes() {
    for case in cases("commitment.json") {
        let account = text(&case["account"]).parse::<Address>().unwrap();
        let hash = commitment(account, uint(&case["nonce"]), field(&case["verdicts"]));
        assert_eq!(hash, uint(&case["commitment"]), "{case}");
    }
}

#[test]
fn vector_events_have_the_members_of_the_node() {
    let (guid, account) = (Uuid::from_u128(1), Address::ZERO);
    let logs = [
        Log::Bounty {
            guid,
            kind: Kind::File,
            author: account,
            amount: U256::from(1),
            uri: "QmX".into(),
            expiration: 9,
            metadata: String::new(),
        },
        Log::Assertion {
            guid,
            index: 0,
            author: account,
            bid: vec![U256::from(1)],
            mask: vec![true],
            commitment: U256::MAX,
        },
        Log::Reveal {
            guid,
            index: 0,
            author: account,
            nonce: U256::MAX,
            verdicts: vec![true],
            metadata: String::new(),
        },
        Log::Vote { guid, voter: account, votes: U256::from(1), artifacts: 1 },
        Log::Quorum { guid },
        Log::Settled { guid, settler: account, payout: U256::from(u128::MAX) },
        Log::Windows { reveal: 1, vote: 2 },
        Log::Fees { bounty: U256::from(1), assertion: U256::from(2) },
        Log::Deprecated,
    ];
    let frames = logs.iter().filter_map(|log| log.frame(7, B256::ZERO, &Store::default()));
    let frames: Vec<Value> = [connected_frame("1.5")]
        .into_iter()
        .chain([block_frame(7)].into_iter().chain(frames).map(|frame| frame.text))
        .map(|frame| serde_json::from_str(&frame).unwrap())
        .collect();
    let cases = cases("events.json");
    for frame in &frames {
        let same = |case: &&Value| {
            case["message"]["event"] == frame["event"] && text(&case["made_by"]).starts_with("polyswarmd")
        };
        let wanted = &cases.iter().find(same).unwrap()["message"];
        assert_eq!(kinds(frame), kinds(wanted));
        assert_eq!(kinds(&frame["data"]), kinds(&wanted["data"]));
    }
    assert_eq!(frames.len(), 11);
}

/// Members with the kind of their values; metadata is a list or a text.
fn kinds(object: &Value) -> BTreeSet<(&str, &str)> {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    let kind = |name: &str, value| if name == "metadata" { "any" } else { kind(value) };
    object.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), kind(name, value))).collect()
}
