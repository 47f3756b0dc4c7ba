//! What happened on the chain, as the websocket tells it to everybody and as a receipt tells it to the sender.

use alloy_primitives::{Address, B256, U256};
use serde_json::{Number, Value, json};
use uuid::Uuid;

use super::{
    artifacts::Kind,
    bits,
    contract::{Assertion, Bounty},
    metadata,
    store::Store,
};

/// A text frame of the websocket, with the name of its event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) event: &'static str,
    pub(crate) text: String,
}

/// One log of a mined transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    Bounty {
        guid: Uuid,
        kind: Kind,
        author: Address,
        amount: U256,
        uri: String,
        expiration: u64,
        metadata: String,
    },
    Assertion {
        guid: Uuid,
        index: usize,
        author: Address,
        bid: Vec<U256>,
        mask: Vec<bool>,
        commitment: U256,
    },
    Reveal {
        guid: Uuid,
        index: usize,
        author: Address,
        nonce: U256,
        verdicts: Vec<bool>,
        metadata: String,
    },
    Vote {
        guid: Uuid,
        voter: Address,
        votes: U256,
        artifacts: usize,
    },
    Quorum {
        guid: Uuid,
    },
    Settled {
        guid: Uuid,
        settler: Address,
        payout: U256,
    },
    Transfer {
        from: Address,
        to: Address,
        value: U256,
    },
    Windows {
        reveal: u64,
        vote: u64,
    },
    Fees {
        bounty: U256,
        assertion: U256,
    },
    Deprecated,
}

impl Log {
    pub(crate) fn transfer(from: Address, to: Address, value: U256) -> Self {
        Self::Transfer { from, to, value }
    }

    pub(crate) fn bounty(bounty: &Bounty) -> Self {
        Self::Bounty {
            guid: bounty.guid,
            kind: bounty.kind,
            author: bounty.author,
            amount: bounty.amount,
            uri: bounty.uri.clone(),
            expiration: bounty.expiration,
            metadata: bounty.metadata.clone(),
        }
    }

    pub(crate) fn assertion(bounty: &Bounty, index: usize, assertion: &Assertion) -> Self {
        Self::Assertion {
            guid: bounty.guid,
            index,
            author: assertion.author,
            bid: assertion.bid.clone(),
            mask: bits::to_bools(assertion.mask, bounty.artifacts),
            commitment: assertion.commitment,
        }
    }

    pub(crate) fn reveal(bounty: &Bounty, index: usize, assertion: &Assertion) -> Self {
        Self::Reveal {
            guid: bounty.guid,
            index,
            author: assertion.author,
            nonce: assertion.nonce,
            verdicts: bits::to_bools(assertion.verdicts, bounty.artifacts),
            metadata: assertion.metadata.clone(),
        }
    }

    /// The bounty that the log is about.
    pub(crate) fn guid(&self) -> Option<Uuid> {
        match self {
            Self::Bounty { guid, .. }
            | Self::Assertion { guid, .. }
            | Self::Reveal { guid, .. }
            | Self::Vote { guid, .. }
            | Self::Quorum { guid }
            | Self::Settled { guid, .. } => Some(*guid),
            Self::Transfer { .. } | Self::Windows { .. } | Self::Fees { .. } | Self::Deprecated => None,
        }
    }

    /// The event's name on the websocket; `None` for what is not told there.
    pub(crate) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Bounty { .. } => Some("bounty"),
            Self::Assertion { .. } => Some("assertion"),
            Self::Reveal { .. } => Some("reveal"),
            Self::Vote { .. } => Some("vote"),
            Self::Quorum { .. } => Some("quorum"),
            Self::Settled { .. } => Some("settled_bounty"),
            Self::Windows { .. } => Some("window_update"),
            Self::Fees { .. } => Some("fee_update"),
            Self::Deprecated => Some("deprecated"),
            Self::Transfer { .. } => None,
        }
    }

    /// The key of the event in a receipt; `None` for what receipts leave out.
    pub(crate) fn receipt_key(&self) -> Option<&'static str> {
        match self {
            Self::Bounty { .. } => Some("bounties"),
            Self::Assertion { .. } => Some("assertions"),
            Self::Reveal { .. } => Some("reveals"),
            Self::Vote { .. } => Some("votes"),
            Self::Transfer { .. } => Some("transfers"),
            _ => None,
        }
    }

    /// The members, with metadata as it is stored.
    pub(crate) fn data(&self) -> Value {
        match self {
            Self::Bounty { guid, kind, author, amount, uri, expiration, metadata } => json!({
                "guid": guid, "artifact_type": kind.name(), "author": address(*author), "amount": amount.to_string(),
                "uri": uri, "expiration": expiration.to_string(), "metadata": metadata,
            }),
            Self::Assertion { guid, index, author, bid, mask, commitment } => json!({
                "bounty_guid": guid, "author": address(*author), "index": index, "bid": decimals(bid),
                "mask": mask, "commitment": commitment.to_string(),
            }),
            Self::Reveal { guid, index, author, nonce, verdicts, metadata } => json!({
                "bounty_guid": guid, "author": address(*author), "index": index, "nonce": nonce.to_string(),
                "verdicts": verdicts, "metadata": metadata,
            }),
            Self::Vote { guid, voter, votes, artifacts } => json!({
                "bounty_guid": guid, "voter": address(*voter), "votes": bits::to_bools(*votes, *artifacts),
            }),
            Self::Quorum { guid } => json!({ "bounty_guid": guid }),
            Self::Settled { guid, settler, payout } => json!({
                "bounty_guid": guid, "settler": address(*settler), "payout": number(*payout),
            }),
            Self::Transfer { from, to, value } => json!({
                "from": address(*from), "to": address(*to), "value": value.to_string(),
            }),
            Self::Windows { reveal, vote } => {
                json!({ "assertion_reveal_window": reveal, "arbiter_vote_window": vote })
            }
            Self::Fees { bounty, assertion } => {
                json!({ "bounty_fee": number(*bounty), "assertion_fee": number(*assertion) })
            }
            Self::Deprecated => json!({ "rollover": false }),
        }
    }

    /// The text frame of the websocket, with metadata replaced by what it points to.
    pub(crate) fn frame(&self, block: u64, hash: B256, store: &Store) -> Option<Frame> {
        let mut data = self.data();
        let resolved = match self {
            Self::Bounty { metadata, .. } => Some(store.resolve(metadata, metadata::is_bounty_list)),
            Self::Reveal { metadata, .. } => Some(store.resolve(metadata, metadata::is_verdict_list)),
            _ => None,
        };
        if let (Some(resolved), Value::Object(members)) = (resolved, &mut data) {
            members.insert("metadata".into(), resolved);
        }
        let event = self.name()?;
        let frame =
            json!({ "event": event, "data": data, "block_number": block, "txhash": hex::encode(hash) });
        Some(Frame { event, text: frame.to_string() })
    }
}

/// The frame that greets a client; `start` is the node's start as seconds since 1970 with a fraction.
pub(crate) fn connected_frame(start: &str) -> String {
    json!({ "event": "connected", "data": { "start_time": start } }).to_string()
}

/// The frame of a new block.
pub(crate) fn block_frame(number: u64) -> Frame {
    let text = json!({ "event": "block", "data": { "number": number } }).to_string();
    Frame { event: "block", text }
}

/// An address as the wire has it: `0x` and mixed case as a checksum.
pub(crate) fn address(address: Address) -> String {
    address.to_checksum(None)
}

/// Amounts as decimal texts.
pub(crate) fn decimals(amounts: &[U256]) -> Vec<String> {
    amounts.iter().map(ToString::to_string).collect()
}

/// A JSON number of any size.
pub(crate) fn number(amount: U256) -> Value {
    amount.to_string().parse::<Number>().map_or(Value::Null, Value::Number)
}
