//! One chain with its contracts, and the set of the chains that the marketplace has.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    time::{SystemTime, UNIX_EPOCH},
};

use alloy_primitives::{Address, U256};
use uuid::Uuid;

use super::{
    Endowment, Settings, Variant,
    artifacts::Kind,
    chain::{Chain, ChainName},
    contract::Registry,
    event::Log,
    faults::BlockFault,
    players,
    token::Token,
};

/// One chain: its blocks, its token and its registry. Chains share nothing but the artifact store.
#[derive(Debug)]
pub(crate) struct Net {
    pub(crate) name: ChainName,
    pub(crate) variant: Variant,
    /// Blocks so far, or ticks of the fast variant's clock.
    pub(crate) ticks: u64,
    pub(crate) chain: Chain,
    pub(crate) token: Token,
    pub(crate) registry: Registry,
    pub(crate) plan: Plan,
    met: HashSet<Address>,
    endowment: Endowment,
    endowments: HashMap<Address, Endowment>,
    regression: Option<Regression>,
    /// The block up to which gas has another price, and the price after it.
    surge: Option<(u64, u128)>,
}

/// An act of the contract's owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Sets the windows, in blocks.
    Windows { reveal: u64, vote: u64 },
    /// Sets the fees, in NCT wei.
    Fees { bounty: U256, assertion: U256 },
    /// Ends posting.
    Deprecate,
}

/// Blocks that the node tells lower numbers of, as after a restart from an older snapshot.
#[derive(Clone, Debug)]
struct Regression {
    blocks: Range<u64>,
    by: u64,
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
    pub(crate) commanded: Vec<(Uuid, Kind)>,
    /// What the owner of the contract does, in the next block.
    pub(crate) owner: Vec<Order>,
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
        let mut chain = Chain::new(name, settings.gas_price);
        if settings.variant == Variant::Fast {
            chain.advance(epoch_seconds());
        }
        Self {
            name,
            variant: settings.variant,
            ticks: 0,
            chain,
            token,
            registry: Registry::new(settings.terms(), players::ARBITERS),
            plan: Plan {
                left: settings.bounties,
                every: settings.every.max(1),
                per_bounty: settings.per_bounty,
                duration: settings.expiration_blocks,
                commanded: Vec::new(),
                owner: Vec::new(),
            },
            met: HashSet::new(),
            endowment: settings.endowment,
            endowments: settings.endowments.clone(),
            regression: None,
            surge: None,
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

    /// Tells the numbers of the next `blocks` blocks lower by `by`.
    pub(crate) fn regress(&mut self, by: u64, blocks: u64) {
        let next = self.chain.head() + 1;
        self.regression = Some(Regression { blocks: next..next.saturating_add(blocks), by });
    }

    /// Begins the next block, and tells its number. In the fast variant that is the second `now`, or else the
    /// next.
    pub(crate) fn begin_block(&mut self, now: Option<u64>) -> u64 {
        self.ticks += 1;
        let block = match (self.variant, now) {
            (Variant::Fast, Some(now)) => {
                self.chain.advance(now);
                self.chain.head()
            }
            _ => self.chain.next_block(),
        };
        if let Some((_, price)) = self.surge.take_if(|(last, _)| block > *last) {
            self.chain.set_gas_price(price);
        }
        block
    }

    /// A fault befalls the chain from the next block on.
    pub(crate) fn suffer(&mut self, fault: BlockFault) {
        match fault {
            BlockFault::Regression { by, blocks } => self.regress(by, blocks),
            BlockFault::GasFactor { factor, blocks } => {
                self.surge(self.chain.gas_price().saturating_mul(factor), blocks);
            }
            BlockFault::GasPrice { wei, blocks } => self.surge(wei, blocks),
            BlockFault::Windows { reveal, vote } => self.plan.owner.push(Order::Windows { reveal, vote }),
            BlockFault::Deprecate => self.plan.owner.push(Order::Deprecate),
            // The sockets are the node's.
            BlockFault::DropSockets => {}
        }
    }

    fn surge(&mut self, wei: u128, blocks: Option<u64>) {
        let price = self.chain.gas_price();
        self.surge = blocks.map(|blocks| (self.chain.head().saturating_add(blocks), price));
        self.chain.set_gas_price(wei);
    }

    /// The number that the node tells for a block.
    pub(crate) fn told(&self, block: u64) -> u64 {
        let regression = self.regression.as_ref().filter(|regression| regression.blocks.contains(&block));
        regression.map_or(block, |regression| block.saturating_sub(regression.by))
    }

    /// Does what the owner was told to, and tells of it.
    pub(crate) fn obey(&mut self, order: Order) -> Log {
        let terms = &mut self.registry.terms;
        match order {
            Order::Windows { reveal, vote } => {
                (terms.reveal_window, terms.vote_window) = (reveal, vote);
                Log::Windows { reveal, vote }
            }
            Order::Fees { bounty, assertion } => {
                (terms.bounty_fee, terms.assertion_fee) = (bounty, assertion);
                Log::Fees { bounty, assertion }
            }
            Order::Deprecate => {
                self.registry.deprecate();
                self.plan.left = 0;
                Log::Deprecated
            }
        }
    }

    /// An account's tokens.
    pub(crate) fn balance(&self, account: Address) -> U256 {
        self.token.balance(account)
    }
}

/// Seconds since 1970.
pub(crate) fn epoch_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
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
