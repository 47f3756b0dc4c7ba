//! The simulated node: each request passes the weather on its way, and may be the last that a process makes.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use alloy_primitives::Address;
use bytes::Bytes;
use engine_core::{
    bounty::{
        Assertion, Bounty, BountyId,
        commitment::{Commitment, Secret},
        fate::{Fate, Placed, Terms},
    },
    engine::journal::{Disk, Sealed, Signed, SignedTransaction},
    market::{Action, Listed, Market, MarketError, Sent},
    units::{Chain, Nct},
};
use tokio::{sync::Notify, time};

use super::{
    chain::Deed,
    fuse::Fuse,
    weather::{Fault, Trouble},
    world::{FEE, World},
};

/// The node, and all that it stands for.
#[derive(Debug)]
pub(super) struct Node {
    account: Address,
    world: Mutex<World>,
    pub(super) fuse: Arc<Fuse>,
    pub(super) disk: Disk,
    /// Each new block wakes whoever waits for one, in the order in which they began to: a `watch` would draw that order itself.
    blocks: Notify,
    /// For how long it waits for what came of transactions.
    patience: Duration,
}

/// Whose assertions these are.
pub(super) const ACCOUNT: Address = Address::repeat_byte(0x9d);

impl Node {
    pub(super) fn new(world: World, fuse: Arc<Fuse>, disk: Disk, block_time: Duration) -> Self {
        // A node waits for ten seconds on a side chain, whose blocks are quick, and longer on a slow one.
        let patience = Duration::from_secs(10).max(block_time * 3);
        Self { account: ACCOUNT, world: Mutex::new(world), fuse, disk, blocks: Notify::new(), patience }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn into_world(self) -> World {
        self.world.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next block, and its weather.
    pub(super) fn mine(&self) {
        let is_full = {
            let mut world = self.world();
            world.mine();
            world.weather.is_full
        };
        self.set_disk(is_full);
        self.blocks.notify_waiters();
    }

    /// A full disk can be read.
    pub(super) fn set_disk(&self, is_full: bool) {
        // It refuses writes as a full disk does, with another word for it.
        let set = self.disk.sql(|db| db.pragma_update(None, "query_only", is_full));
        if let Err(error) = set {
            self.world().rules.broken.push(format!("the simulation itself: {error}"));
        }
    }

    /// One request: on its way, carried out, on its way back.
    async fn request<T>(
        &self,
        name: &str,
        id: Option<BountyId>,
        carry_out: impl FnOnce(&mut World, bool) -> Result<T, MarketError>,
    ) -> Result<T, MarketError> {
        self.fuse.moment().await;
        let (trouble, (fault, takes)) = {
            let world = &mut *self.world();
            let is_draft = name.starts_with("draft") || name.starts_with("dearer");
            (world.weather.trouble, world.weather.request(is_draft, &mut world.dice))
        };
        self.on_the_way(name, trouble, takes).await?;
        let (fault, answer) = {
            // What hung gets through when the node comes to itself.
            let fault = if self.world().weather.trouble == trouble { fault } else { Fault::None };
            let world = &mut *self.world();
            let (block, id) = (world.chain.number, id.map(|id| id.to_string()).unwrap_or_default());
            world.log.line(block, format_args!("{name} {id} {fault:?}"));
            match fault {
                Fault::LostBefore => return Err(lost(name)),
                Fault::Busy(retry_after) => {
                    return Err(MarketError::Busy { request: name.to_owned(), retry_after });
                }
                Fault::Refused => {
                    let reason = "the node is not in the mood".to_owned();
                    return Err(MarketError::Refused { request: name.to_owned(), reason });
                }
                Fault::Mismatch => return Err(MarketError::Mismatch { what: "the amount".to_owned() }),
                Fault::None | Fault::LostAfter | Fault::LostBetween => {}
            }
            (fault, carry_out(world, fault == Fault::LostBetween))
        };
        self.on_the_way(name, trouble, takes).await?;
        self.fuse.moment().await;
        if fault == Fault::None { answer } else { Err(lost(name)) }
    }

    /// A node that goes away takes along what is on its way; one that comes to itself again lets it through.
    async fn on_the_way(&self, name: &str, trouble: Trouble, takes: Duration) -> Result<(), MarketError> {
        let changes = async {
            loop {
                let next = self.blocks.notified();
                {
                    let world = self.world();
                    if world.weather.trouble != trouble {
                        return world.weather.is_away();
                    }
                }
                next.await;
            }
        };
        let is_away = time::timeout(takes, changes).await.unwrap_or(false);
        if is_away { Err(lost(name)) } else { Ok(()) }
    }
}

fn lost(name: &str) -> MarketError {
    MarketError::Lost { request: name.to_owned(), source: "so it was drawn".into() }
}

/// What is to be signed: what it says, and what each transaction of it does.
#[derive(Debug)]
pub(super) struct Draft {
    id: BountyId,
    text: String,
    deeds: Vec<Deed>,
    /// What each transaction offers for its gas.
    price: u64,
}

impl Draft {
    fn new(id: BountyId, action: Action<'_>, price: u64) -> Option<Self> {
        let (text, deeds) = match action {
            Action::Assert(assertion) => {
                let commitment = assertion.commitment;
                let cost = Nct::checked_sum(assertion.bids.iter().copied().chain([FEE]))?;
                let deeds = vec![Deed::Approve, Deed::Assert { commitment, cost }];
                (format!("{id} assert {commitment}"), deeds)
            }
            Action::Reveal { assertion, index } => {
                let (secret, verdicts) = (assertion.secret, assertion.verdicts.clone());
                let text = format!("{id} reveal {index} {}", secret.reveal());
                (text, vec![Deed::Reveal { index, secret, verdicts }])
            }
            Action::Settle(_) => (format!("{id} settle"), vec![Deed::Settle]),
        };
        Some(Self { id, text, deeds, price })
    }
}

impl Market for Node {
    type Draft = Draft;

    fn terms(&self) -> Terms {
        Terms { reveal: true, settle: true, answer_unknown: false, one_artifact: false }
    }

    fn account(&self) -> String {
        self.account.to_string()
    }

    fn commit(&self, verdicts: &[bool], secret: Secret) -> Result<Commitment, MarketError> {
        Commitment::new(self.account, verdicts, secret)
            .map_err(|error| MarketError::Mismatch { what: error.to_string() })
    }

    async fn artifacts(&self, bounty: &Bounty) -> Result<Vec<Listed>, MarketError> {
        self.request("list", Some(bounty.id), |world, _| {
            let posting = world.posted.get(&bounty.id).ok_or_else(|| unknown("list"))?;
            let one = Listed { name: "artifact".to_owned(), metadata: serde_json::Map::new() };
            Ok(vec![one; posting.artifacts.len() + posting.surplus])
        })
        .await
    }

    async fn artifact(&self, bounty: &Bounty, index: usize, _max_size: u64) -> Result<Bytes, MarketError> {
        self.request("download", Some(bounty.id), |world, _| {
            let artifacts = world.posted.get(&bounty.id).map(|posting| posting.artifacts.as_slice());
            let artifact = artifacts.and_then(|all| all.get(index)).ok_or_else(|| unknown("download"))?;
            Ok(Bytes::from(format!("{} {}", artifact.kind, artifact.takes.as_millis())))
        })
        .await
    }

    async fn artifact_count(&self, id: BountyId) -> Result<u64, MarketError> {
        self.request("count", Some(id), |world, _| {
            let posting = world.posted.get(&id).ok_or_else(|| unknown("count"))?;
            Ok(u64::try_from(posting.artifacts.len()).unwrap_or(u64::MAX))
        })
        .await
    }

    async fn balance(&self, _chain: Chain) -> Result<Nct, MarketError> {
        self.request("balance", None, |world, _| Ok(world.chain.balance)).await
    }

    async fn draft(&self, id: BountyId, action: Action<'_>) -> Result<Draft, MarketError> {
        let name = format!("draft {}", action.step());
        self.request(&name, Some(id), |world, _| {
            Draft::new(id, action, world.chain.price).ok_or_else(|| unknown("draft"))
        })
        .await
    }

    async fn dearer(&self, sealed: &Sealed, action: Action<'_>) -> Result<Option<Draft>, MarketError> {
        let name = format!("dearer {}", sealed.step());
        self.request(&name, Some(sealed.id()), |world, _| {
            let first = sealed.signed().transactions.first();
            let offered = first.map_or(0, |first| world.chain.offered(&first.raw));
            let price = world.chain.price.max(offered + offered / 8 + 1);
            if world.chain.price <= offered {
                return Ok(None);
            }
            Draft::new(sealed.id(), action, price).map(Some).ok_or_else(|| unknown("dearer"))
        })
        .await
    }

    async fn nonce(&self, _chain: Chain) -> Result<u64, MarketError> {
        self.request("nonce", None, |world, _| Ok(world.chain.free_nonce())).await
    }

    fn sign(&self, draft: Draft, nonce: u64) -> Result<Signed, MarketError> {
        let world = &mut *self.world();
        let transactions = (nonce..).zip(draft.deeds).map(|(nonce, deed)| {
            let does = if matches!(deed, Deed::Approve) { "approve" } else { "" };
            let raw = format!("{} {does} nonce {nonce} price {}", draft.text, draft.price);
            world.chain.signed(raw.clone(), draft.id, deed, draft.price);
            SignedTransaction { hash: raw.clone(), raw, nonce }
        });
        Ok(Signed { transactions: transactions.collect() })
    }

    async fn send(&self, sealed: &Sealed) -> Result<Sent, MarketError> {
        let name = format!("send {}", sealed.step());
        // Whoever is dead when it is to leave has not sent it.
        self.fuse.moment().await;
        {
            let world = &mut *self.world();
            let nonce = sealed.signed().transactions.first().map_or(0, |transaction| transaction.nonce);
            world
                .log
                .line(world.chain.number, format_args!("handed in: {name} {} nonce {nonce}", sealed.id()));
            world.rules.handed_in(&world.chain, &self.disk, sealed);
        }
        self.request(&name, Some(sealed.id()), |world, is_partial| {
            let count = if is_partial { 1 } else { usize::MAX };
            let sent = world.chain.take(sealed.signed(), count);
            world.log.line(world.chain.number, format_args!("{name} {}: {sent:?}", sealed.id()));
            sent.map_err(|reason| MarketError::Refused { request: name.clone(), reason: reason.to_owned() })
        })
        .await
    }

    async fn fate(&self, sealed: &Sealed) -> Result<Fate, MarketError> {
        let name = format!("fate {}", sealed.step());
        let ask = || {
            self.request(&name, Some(sealed.id()), |world, _| {
                Ok(world.chain.fate(sealed.id(), sealed.step(), sealed.signed()))
            })
        };
        let until = time::Instant::now() + self.patience;
        loop {
            let next = self.blocks.notified();
            let fate = ask().await?;
            if fate != Fate::Pending || time::timeout_at(until, next).await.is_err() {
                return Ok(fate);
            }
        }
    }

    fn find(
        &self,
        id: BountyId,
        assertion: &Assertion,
    ) -> impl Future<Output = Result<Option<Placed>, MarketError>> + Send {
        let commitment = assertion.commitment;
        self.request("find", Some(id), move |world, _| {
            let seen = world.chain.number.saturating_sub(world.weather.lag(&mut world.dice));
            let contract = world.chain.contracts.get(&id).ok_or_else(|| unknown("find"))?;
            let stake = contract.stake.as_ref();
            let stake = stake.filter(|stake| stake.commitment == commitment && stake.block <= seen);
            Ok(stake.map(|stake| Placed { index: contract.others, revealed: stake.is_revealed }))
        })
    }
}

fn unknown(request: &str) -> MarketError {
    MarketError::Refused { request: request.to_owned(), reason: "no such bounty".to_owned() }
}
