//! What a connection to a node needs to know. Values come by argument; nothing here reads settings.

use std::{collections::BTreeMap, time::Duration};

use super::{
    address::ApiKey,
    verify::{Limits, Pins},
};
use crate::{bounty::Step, units::Chain};

/// How to reach a node, and on which chains to work.
#[derive(Clone, Debug)]
pub struct Options {
    /// `https://host/v1/default` or `host:port`; see [`Address::new`](super::address::Address::new).
    pub address: String,
    /// The key of a node that asks for one.
    pub api_key: Option<ApiKey>,
    /// Send the key over plain http too, where anybody on the way can read it. Default: false, and such a pair is refused.
    pub allow_key_over_http: bool,
    /// An address without a scheme is http. Default: false, it is https.
    pub insecure_transport: bool,
    /// The chains to work on. Default: `side` alone, with nothing set.
    pub chains: BTreeMap<Chain, ChainOptions>,
    /// How long to wait for what.
    pub timeouts: Timeouts,
}

impl Options {
    /// The side chain of the node at `address`, without a key.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            api_key: None,
            allow_key_over_http: false,
            insecure_transport: false,
            chains: BTreeMap::from([(Chain::Side, ChainOptions::default())]),
            timeouts: Timeouts::default(),
        }
    }
}

/// What is known of a chain before its node is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ChainOptions {
    /// What its transactions must hold. What is unset is learned from the first assertion on `side` and refused on `home`.
    pub pins: Pins,
    /// What a transaction may cost in gas. Default: see [`Limits`].
    pub gas: Limits,
    /// What one NCT is worth in ETH: no more gas is paid for a reveal or a settlement than the stake is worth. Default: unset, and
    /// `gas` alone bounds it.
    pub eth_per_nct: Option<f64>,
}

/// How long to wait for what. All are upper limits, but `first_wait`, `longest_wait` and `stable`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Timeouts {
    /// For a connection, with its TLS and websocket handshakes. Default: 10 s.
    pub connect: Duration,
    /// For a request and its whole answer. Default: 10 s.
    pub request: Duration,
    /// For the fate of transactions, which the node waits for: up to 10 s each on `side`. Default: 45 s.
    pub fate_side: Duration,
    /// The same on `home`, where the node waits up to 60 s each. Default: 150 s.
    pub fate_home: Duration,
    /// For the fate of a reveal, on both: its window may be ten blocks of a second, and past this time the node's state is asked
    /// instead, block by block. Default: 3 s.
    pub fate_reveal: Duration,
    /// For an artifact, from the request to its last byte. Default: 60 s.
    pub download: Duration,
    /// Between two pings on an idle socket. Default: 10 s.
    pub ping: Duration,
    /// Without any event on `side`, the connection counts as dead. Default: 30 s.
    pub silence_side: Duration,
    /// The same on `home`, whose blocks are further apart. Default: 180 s.
    pub silence_home: Duration,
    /// Before the first new try after a lost connection; doubles from try to try. Default: 250 ms.
    pub first_wait: Duration,
    /// Between two tries, at most. Default: 2 s: a reveal window can be ten blocks of a second, and what is owed has to be
    /// opened in the part of it in which the node is back.
    pub longest_wait: Duration,
    /// How long a connection must have held for the waits to start over. Default: 30 s.
    pub stable: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            connect: s(10),
            request: s(10),
            fate_side: s(45),
            fate_home: s(150),
            fate_reveal: s(3),
            download: s(60),
            ping: s(10),
            silence_side: s(30),
            silence_home: s(180),
            first_wait: Duration::from_millis(250),
            longest_wait: s(2),
            stable: s(30),
        }
    }
}

impl Timeouts {
    pub(super) fn fate(&self, chain: Chain, step: Step) -> Duration {
        match (step, chain) {
            (Step::Reveal, _) => self.fate_reveal,
            (_, Chain::Home) => self.fate_home,
            (_, Chain::Side) => self.fate_side,
        }
    }

    pub(super) fn silence(&self, chain: Chain) -> Duration {
        match chain {
            Chain::Home => self.silence_home,
            Chain::Side => self.silence_side,
        }
    }
}
