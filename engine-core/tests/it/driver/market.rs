//! A market in memory: an honest chain with one account on it, and faults where a test wants them.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use engine_core::{
    bounty::{
        Assertion, Bounty, BountyId, Step,
        commitment::{Commitment, Secret},
        fate::{Fate, Placed, Terms},
    },
    engine::journal::{Sealed, Signed, SignedTransaction},
    market::{Action, Listed, Market, MarketError, Sent},
    units::{Chain, Nct},
};
use tokio::{sync::watch, time};

use super::chain::World;

/// What the engine asks of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    List,
    Count,
    Download,
    Balance,
    Draft(Step),
    Nonce,
    Send(Step),
    Fate(Step),
    Find,
    Truth,
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It is not carried out, and there is no answer.
    Lost,
    /// It is carried out, and there is no answer.
    Unanswered,
    /// Not carried out, for this reason.
    Refused(&'static str),
    /// Not carried out: too many requests.
    Busy,
    /// It waits until [`Scripted::release`].
    Held,
    /// A fault of the program itself.
    Panic,
}

/// The market and what a test may see of it.
pub(crate) struct Scripted {
    world: Mutex<World>,
    faults: Mutex<HashMap<Call, VecDeque<Fault>>>,
    changes: watch::Sender<bool>,
}

impl Scripted {
    pub(crate) fn new() -> Arc<Self> {
        let changes = watch::Sender::new(false);
        Arc::new(Self { world: Mutex::new(World::new()), faults: Mutex::default(), changes })
    }

    /// Its state; every look may be a change.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// The next calls of this kind fail so, one fault each.
    pub(crate) fn fail(&self, call: Call, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().entry(call).or_default().extend(faults);
    }

    /// From now on this kind of call works.
    pub(crate) fn mend(&self, call: Call) {
        self.faults.lock().unwrap().remove(&call);
    }

    /// Lets go what is held, now and later.
    pub(crate) fn release(&self) {
        self.changes.send_replace(true);
    }

    /// Waits until the world is so.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&World) -> bool) {
        let mut changes = self.changes.subscribe();
        let wait = async {
            while !is_so(&self.world()) {
                changes.changed().await.unwrap();
            }
        };
        let waited = time::timeout(Duration::from_secs(60), wait).await;
        assert!(waited.is_ok(), "waited in vain until {what}: {:?}", self.world().calls);
    }

    /// Waits until something was asked so many times.
    pub(crate) async fn asked(&self, call: Call, times: usize) {
        self.until(&format!("{call:?} was called {times} times"), |world| world.count_of(call) >= times)
            .await;
    }

    /// Notes a call, and does what the script says to it. An error ends it; `true` means that its answer gets lost.
    async fn enter(&self, call: Call, id: Option<BountyId>) -> Result<bool, MarketError> {
        self.world().calls.push((call, id));
        self.changes.send_modify(|_| ());
        let fault = self.faults.lock().unwrap().get_mut(&call).and_then(VecDeque::pop_front);
        match fault {
            None => Ok(false),
            Some(Fault::Lost) => Err(lost(call)),
            Some(Fault::Unanswered) => Ok(true),
            Some(Fault::Refused(reason)) => {
                Err(MarketError::Refused { request: format!("{call:?}"), reason: reason.to_owned() })
            }
            Some(Fault::Busy) => {
                let retry_after = Duration::from_secs(1);
                Err(MarketError::Busy { request: format!("{call:?}"), retry_after })
            }
            Some(Fault::Held) => {
                self.changes.subscribe().wait_for(|released| *released).await.unwrap();
                Ok(false)
            }
            Some(Fault::Panic) => panic!("as the test wants it, in {call:?}"),
        }
    }

    /// Gives the answer, if it is not to be lost.
    fn leave<T>(&self, call: Call, is_lost: bool, answer: T) -> Result<T, MarketError> {
        self.changes.send_modify(|_| ());
        if is_lost { Err(lost(call)) } else { Ok(answer) }
    }
}

fn lost(call: Call) -> MarketError {
    MarketError::Lost { request: format!("{call:?}"), source: "as the test wants it".into() }
}

/// Marks the bytes of a step at a higher price.
pub(crate) const DEARER: &str = " at a higher price";

/// What is asked for, as text, and how many transactions it takes.
pub(crate) struct Draft(String, u64);

impl Market for Scripted {
    type Draft = Draft;

    fn terms(&self) -> Terms {
        Terms { reveal: true, settle: true, answer_unknown: false, one_artifact: false }
    }

    fn account(&self) -> String {
        super::ACCOUNT.to_owned()
    }

    fn commit(&self, verdicts: &[bool], secret: Secret) -> Result<Commitment, MarketError> {
        Ok(Commitment::new(super::ACCOUNT.parse().unwrap(), verdicts, secret).unwrap())
    }

    async fn artifacts(&self, bounty: &Bounty) -> Result<Vec<Listed>, MarketError> {
        let is_lost = self.enter(Call::List, Some(bounty.id)).await?;
        let one = |index| Listed {
            name: "artifact".to_owned(),
            metadata: bounty.metadata.get(index).cloned().unwrap_or_default(),
        };
        let listed = (0..self.world().artifacts.len()).map(one).collect();
        self.leave(Call::List, is_lost, listed)
    }

    async fn artifact(&self, bounty: &Bounty, index: usize, max_size: u64) -> Result<Bytes, MarketError> {
        let is_lost = self.enter(Call::Download, Some(bounty.id)).await?;
        let bytes = Bytes::from(self.world().artifacts[index].clone());
        if bytes.len() as u64 > max_size {
            return Err(MarketError::TooLarge { max_size });
        }
        self.leave(Call::Download, is_lost, bytes)
    }

    async fn artifact_count(&self, id: BountyId) -> Result<u64, MarketError> {
        let is_lost = self.enter(Call::Count, Some(id)).await?;
        let (count, listed) = {
            let world = self.world();
            (world.count, world.artifacts.len() as u64)
        };
        let count = count.unwrap_or(listed);
        self.leave(Call::Count, is_lost, count)
    }

    async fn balance(&self, _chain: Chain) -> Result<Nct, MarketError> {
        let is_lost = self.enter(Call::Balance, None).await?;
        let balance = self.world().balance;
        self.leave(Call::Balance, is_lost, balance)
    }

    async fn draft(&self, id: BountyId, action: Action<'_>) -> Result<Draft, MarketError> {
        let call = Call::Draft(action.step());
        let is_lost = self.enter(call, Some(id)).await?;
        let draft = match action {
            Action::Assert(assertion) => Draft(format!("{id} assert {}", assertion.commitment), 2),
            Action::Reveal { index, .. } => Draft(format!("{id} reveal {index}"), 1),
            Action::Settle(_) => Draft(format!("{id} settle"), 1),
        };
        self.leave(call, is_lost, draft)
    }

    async fn dearer(&self, sealed: &Sealed, action: Action<'_>) -> Result<Option<Draft>, MarketError> {
        let is_dear = self.world().is_dear;
        let first = &sealed.signed().transactions[0].raw;
        if !is_dear || first.contains(DEARER) {
            return Ok(None);
        }
        let Draft(text, count) = self.draft(sealed.id(), action).await?;
        Ok(Some(Draft(format!("{text}{DEARER}"), count)))
    }

    async fn nonce(&self, _chain: Chain) -> Result<u64, MarketError> {
        let is_lost = self.enter(Call::Nonce, None).await?;
        let nonce = self.world().free_nonce();
        self.leave(Call::Nonce, is_lost, nonce)
    }

    fn sign(&self, draft: Draft, nonce: u64) -> Result<Signed, MarketError> {
        let Draft(text, count) = draft;
        let transaction = |nonce| {
            let raw = format!("{text} nonce {nonce}");
            SignedTransaction { hash: raw.clone(), raw, nonce }
        };
        Ok(Signed { transactions: (nonce..nonce + count).map(transaction).collect() })
    }

    async fn send(&self, sealed: &Sealed) -> Result<Sent, MarketError> {
        let call = Call::Send(sealed.step());
        self.world().handed_in.push(sealed.clone());
        let is_lost = self.enter(call, Some(sealed.id())).await?;
        let sent = self.world().take(sealed);
        let sent = sent.map_err(|reason| MarketError::Refused { request: format!("{call:?}"), reason })?;
        self.leave(call, is_lost, sent)
    }

    async fn fate(&self, sealed: &Sealed) -> Result<Fate, MarketError> {
        let call = Call::Fate(sealed.step());
        let is_lost = self.enter(call, Some(sealed.id())).await?;
        let fate = self.world().fate(sealed);
        self.leave(call, is_lost, fate)
    }

    async fn truth(&self, id: BountyId) -> Result<Option<Vec<bool>>, MarketError> {
        let is_lost = self.enter(Call::Truth, Some(id)).await?;
        let truth = self.world().truth.clone();
        self.leave(Call::Truth, is_lost, truth)
    }

    async fn find(&self, id: BountyId, assertion: &Assertion) -> Result<Option<Placed>, MarketError> {
        let is_lost = self.enter(Call::Find, Some(id)).await?;
        let stake = self.world().stakes.get(&id).cloned();
        let placed = stake.filter(|stake| stake.commitment == assertion.commitment);
        let placed = placed.map(|stake| Placed { index: super::INDEX, revealed: stake.revealed });
        self.leave(Call::Find, is_lost, placed)
    }
}

/// The transactions of a step by account nonce, for whoever wants to know which were sent.
pub(crate) type Pool = BTreeMap<u64, (String, Sealed)>;
