//! A lying node: what it builds to be signed is not what was asked for, in one field at a time.

use alloy_primitives::{Address, U256, address};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::testnet::{abi::Call, chain::ChainName, event};

/// Who gains by the lies.
const THIEF: Address = address!("00000000000000000000000000000000000bad00");

/// The field that a node lies about in the transactions of `POST …/assertions`, `…/reveal` and `…/settle`.
/// Where there is no such field
/// the transactions are as asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Lie {
    /// Another recipient than the contract, in every transaction.
    To,
    /// Another may spend the tokens.
    Spender,
    /// All tokens may be spent.
    Amount,
    /// The first bid is the largest that contracts take.
    Bid,
    /// An artifact more is masked.
    Mask,
    /// Another commitment.
    Commitment,
    /// Another bounty.
    Guid,
    /// The id of the other chain.
    ChainId,
    /// Ten times the gas that a block has.
    Gas,
    /// Too little gas for any call.
    LowGas,
    /// A gas price of 1000 gwei and a thousand times the real one.
    GasPrice,
    /// An ether with every transaction.
    Value,
    /// Bytes after the arguments.
    DataTrailing,
    /// Another function of the same contract: the approve becomes a transfer, another call a settle.
    Method,
    /// One transaction more: a transfer of tokens.
    Count,
    /// One transaction fewer: the last is missing.
    Missing,
    /// Another account nonce.
    Nonce,
    /// Another secret is revealed.
    Secret,
    /// Other metadata are revealed.
    Metadata,
    /// The first verdict is the opposite.
    Verdicts,
    /// The assertion of another is revealed.
    Index,
}

/// Applies what is lied about in the calls themselves.
pub(crate) fn distort_calls(lies: &[Lie], calls: &mut Vec<Call>) {
    for lie in lies {
        match lie {
            Lie::Count => calls.push(Call::Transfer { to: THIEF, amount: U256::from(1) }),
            Lie::Missing => drop(calls.pop()),
            _ => calls.iter_mut().for_each(|call| distort(*lie, call)),
        }
    }
}

fn distort(lie: Lie, call: &mut Call) {
    let one = U256::from(1);
    match (lie, &mut *call) {
        (Lie::Spender, Call::Approve { spender, .. }) => *spender = THIEF,
        (Lie::Amount, Call::Approve { amount, .. }) => *amount = U256::MAX,
        (Lie::Method, Call::Approve { amount, .. }) => *call = Call::Transfer { to: THIEF, amount: *amount },
        (Lie::Method, Call::SettleBounty { guid }) => {
            *call = Call::VoteOnBounty { guid: *guid, votes: U256::ZERO, valid_bloom: true };
        }
        (Lie::Method, Call::PostAssertion { guid, .. } | Call::RevealAssertion { guid, .. }) => {
            *call = Call::SettleBounty { guid: *guid };
        }
        (Lie::Bid, Call::PostAssertion { bid, .. }) => {
            // Where the bid is the largest already, the least more.
            let largest = crate::testnet::players::ONE;
            bid.iter_mut()
                .take(1)
                .for_each(|bid| *bid = if *bid < largest { largest } else { *bid + U256::from(1) });
        }
        (Lie::Mask, Call::PostAssertion { mask, .. }) => {
            let free = (0..256).find(|bit| !mask.bit(*bit));
            free.into_iter().for_each(|bit| mask.set_bit(bit, true));
        }
        (Lie::Commitment, Call::PostAssertion { commitment, .. }) => {
            *commitment = commitment.wrapping_add(one)
        }
        (Lie::Secret, Call::RevealAssertion { nonce, .. }) => *nonce = nonce.wrapping_add(one),
        (Lie::Metadata, Call::RevealAssertion { metadata, .. }) => metadata.push('x'),
        (Lie::Verdicts, Call::RevealAssertion { verdicts, .. }) => *verdicts ^= one,
        (Lie::Index, Call::RevealAssertion { index, .. }) => *index = index.wrapping_add(one),
        (
            Lie::Guid,
            Call::PostAssertion { guid, .. }
            | Call::RevealAssertion { guid, .. }
            | Call::VoteOnBounty { guid, .. }
            | Call::SettleBounty { guid },
        ) => *guid = Uuid::from_u128(guid.as_u128() ^ 1),
        _ => {}
    }
}

/// Applies what is lied about in the transactions around the calls.
pub(crate) fn distort_transactions(lies: &[Lie], chain: ChainName, transactions: &mut [Value]) {
    for tx in transactions.iter_mut().filter_map(Value::as_object_mut) {
        for lie in lies {
            let number = |key: &str| tx.get(key).and_then(Value::as_u64).unwrap_or_default();
            let (key, value) = match lie {
                Lie::To => ("to", json!(event::address(THIEF))),
                Lie::ChainId => ("chainId", json!(chain.other().id())),
                Lie::Gas => ("gas", json!(500_000_000)),
                Lie::LowGas => ("gas", json!(21_000)),
                Lie::GasPrice => {
                    let price = number("gasPrice").saturating_mul(1000);
                    ("gasPrice", json!(price.saturating_add(1_000_000_000_000)))
                }
                Lie::Value => ("value", json!(1_000_000_000_000_000_000u64)),
                Lie::Nonce => ("nonce", json!(number("nonce").saturating_add(7))),
                Lie::DataTrailing => {
                    let data = tx.get("data").and_then(Value::as_str).unwrap_or_default();
                    ("data", json!(format!("{data}{}", "ba".repeat(32))))
                }
                _ => continue,
            };
            tx.insert(key.into(), value);
        }
    }
}
