//! What a fault is, once its file was read.

use std::time::Duration;

use alloy_primitives::Address;

use super::Lie;
use crate::testnet::chain::ChainName;

/// One fault: on what it waits, which occurrences it means, and what happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Any when `None`.
    pub(super) chain: Option<ChainName>,
    /// The first occurrence that it means, from 1.
    pub(super) nth: u64,
    /// How many in a row from there.
    pub(super) times: u64,
    pub(super) what: What,
}

/// The kinds of faults by what they wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Request(Asked, Fate),
    Event(Option<String>, EventFault),
    Block(BlockFault),
}

/// Which requests.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Asked {
    /// In capitals.
    pub(super) method: Option<String>,
    /// Segments; a star is any.
    pub(super) path: Option<Vec<String>>,
    pub(super) account: Option<Address>,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The connection is closed; nothing is applied.
    LoseRequest,
    /// Applied, then the connection is closed.
    LoseAnswer,
    /// Applied after this time.
    Delay(Duration),
    /// Status 429, with seconds to wait.
    TooMany(Option<u64>),
    /// Status 500.
    Broken,
    /// A page of HTML with this status.
    Html(u16),
    /// What is to be signed is built wrong.
    Lie(Lie),
}

/// What happens to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventFault {
    /// The chain's sockets are dropped instead.
    DropSocket,
    /// It is never sent.
    Lose,
    /// It is sent twice.
    Duplicate,
    /// It is sent after the next one.
    Reorder,
    /// It is sent so many blocks later.
    Delay(u64),
}

/// What happens with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockFault {
    /// Numbers are told lower.
    Regression { by: u64, blocks: u64 },
    /// The price of gas is multiplied.
    GasFactor { factor: u128, blocks: Option<u64> },
    /// The price of gas is set, in wei.
    GasPrice { wei: u128, blocks: Option<u64> },
    /// The windows change.
    Windows { reveal: u64, vote: u64 },
    /// The contract takes no more bounties.
    Deprecate,
    /// The chain's sockets are dropped.
    DropSockets,
}

impl Asked {
    /// Whether a request is meant. A trailing slash makes no difference.
    pub(super) fn matches(&self, method: &str, path: &str, account: Option<Address>) -> bool {
        let segments = || path.trim_matches('/').split('/');
        self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.account.is_none_or(|wanted| account == Some(wanted))
            && self.path.as_ref().is_none_or(|pattern| {
                segments().count() == pattern.len()
                    && pattern.iter().zip(segments()).all(|(wanted, is)| wanted == "*" || wanted == is)
            })
    }
}
