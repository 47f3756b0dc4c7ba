//! One chain with its contracts, and the set of the chains that the marketplace has.

use std::collections::{HashMap, HashSet};

use alloy_primitives::{Address, U256};
use uuid::Uuid;

use super::{
    Endowment, Settings,
    chain::{Chain, ChainName},
    contract::Registry,
    players,
    token::Token,
};

/// One chain: its blocks, its token and its registry. Chains share nothing but the artifact store.
#[derive(Debug)]
pub(crate) struct Net {
    pub(crate) name: ChainName,
    pub(crate) chain: Chain,
    pub(crate) token: Token,
    pub(crate) registry: Registry,
    pub(crate) plan: Plan,
    met: HashSet<Address>,
    endowment: Endowment,
    endowments: HashMap<Address, Endowment>,
}

/// The bounties to post on a chain.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Bounties that the timetable still has to post.
    pub(crate) left: usize,
    /// One each so many blocks, at least 1.
    pub(crate) every: u64,
    pub(crate) per_bounty: usize,
    /// Blocks from posting to expiration.
    pub(crate) duration: u64,
    /// Posted on command, in the next block.
    pub(crate) commanded: Vec<Uuid>,
}

impl Plan {
    /// Nothing is left to post.
    pub(crate) fn is_done(&self) -> bool {
        self.left == 0 && self.commanded.is_empty()
    }
}

impl Net {
    fn new(name: ChainName, settings: &Settings) -> Self {
        let mut token = Token::default();
        players::endow(&mut token);
        Self {
            name,
            chain: Chain::new(name, settings.gas_price),
            token,
            registry: Registry::new(settings.terms(), players::ARBITERS),
            plan: Plan {
                left: settings.bounties,
                every: settings.every.max(1),
                per_bounty: settings.per_bounty,
                duration: settings.expiration_blocks,
                commanded: Vec::new(),
            },
            met: HashSet::new(),
            endowment: settings.endowment,
            endowments: settings.endowments.clone(),
        }
    }

    /// Gives an account its tokens and its ether at its first request.
    pub(crate) fn meet(&mut self, account: Address) {
        if self.met.insert(account) {
            let Endowment { nct, ether } = self.endowments.get(&account).copied().unwrap_or(self.endowment);
            self.token.mint(account, nct);
            self.chain.endow(account, ether);
        }
    }

    /// An account's tokens.
    pub(crate) fn balance(&self, account: Address) -> U256 {
        self.token.balance(account)
    }
}

/// One chain or two.
#[derive(Debug)]
pub(crate) struct Nets {
    first: Net,
    second: Option<Net>,
}

impl Nets {
    /// The chains of the settings, the first of them first.
    pub(crate) fn new(settings: &Settings) -> Self {
        let first = settings.chains.first().copied().unwrap_or_default();
        let second = settings.chains.iter().find(|name| **name != first);
        Self { first: Net::new(first, settings), second: second.map(|name| Net::new(*name, settings)) }
    }

    pub(crate) fn has(&self, name: ChainName) -> bool {
        self.iter().any(|net| net.name == name)
    }

    pub(crate) fn first(&self) -> ChainName {
        self.first.name
    }

    pub(crate) fn names(&self) -> Vec<ChainName> {
        self.iter().map(|net| net.name).collect()
    }

    /// A chain; the first when there is no such one.
    pub(crate) fn get(&self, name: ChainName) -> &Net {
        self.second.as_ref().filter(|net| net.name == name).unwrap_or(&self.first)
    }

    /// A chain to be changed; the first when there is no such one.
    pub(crate) fn get_mut(&mut self, name: ChainName) -> &mut Net {
        self.second.as_mut().filter(|net| net.name == name).unwrap_or(&mut self.first)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Net> {
        [&self.first].into_iter().chain(&self.second)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Net> {
        [&mut self.first].into_iter().chain(&mut self.second)
    }
}
