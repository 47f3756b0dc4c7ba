//! An engine under test on a runtime of its own, so that it can be killed in the middle of anything.

use std::{path::PathBuf, sync::Arc, time::Duration};

use engine_core::{
    Artifact, ArtifactKind, Confidence, ScanContext, ScanError, ScanResult, Scanner, Verdict,
    bounty::{
        Bounty, BountyId, Parameters,
        bid::Linear,
        book::Taking,
        event::{Event, Heard},
        filter::Filters,
        opinion::Policy,
    },
    engine::{
        brakes::Caution,
        driver::{Driver, EventsEnded, Plan},
        fetch::Limits,
        journal::{Journal, JournalError},
        pulse::Pulse,
        trial::Trial,
    },
    units::{Chain, Guid, Nct, Tick},
};
use tempfile::TempDir;
use tokio::{
    runtime::{Handle, Runtime},
    sync::mpsc,
    task::JoinHandle,
    time,
};
use tokio_rusqlite::rusqlite;
use tokio_util::sync::CancellationToken;

use super::{EXPIRATION, FEE, REVEAL, VOTE, chain::World, market::Scripted};

/// How long a block takes, if nothing happens in it.
const BLOCK: Duration = Duration::from_millis(250);

/// Says what the artifact's bytes say, and is blind when its market says so.
#[derive(Default)]
pub(crate) struct ByContent(pub(crate) Option<Arc<Scripted>>);

impl Scanner for ByContent {
    fn name(&self) -> &str {
        "by-content"
    }

    async fn ready(&self) -> Result<(), ScanError> {
        let is_blind = self.0.as_ref().is_some_and(|market| market.world().is_blind);
        if is_blind { Err(ScanError::bad_reply("as the test wants it")) } else { Ok(()) }
    }

    async fn scan(&self, artifact: &Artifact, _cx: &ScanContext) -> Result<ScanResult, ScanError> {
        match artifact.bytes().as_ref() {
            b"malicious" => Ok(ScanResult::new(Verdict::Malicious, Confidence::ONE)),
            b"benign" => Ok(ScanResult::new(Verdict::Benign, Confidence::HALF)),
            b"panic" => panic!("as the test wants it"),
            b"hang" => std::future::pending().await,
            _ => Err(ScanError::crashed("as the test wants it")),
        }
    }
}

/// Side chain, files, default bids, everything asserted.
pub(crate) fn plan() -> Plan {
    Plan {
        chains: vec![Chain::Side],
        taking: Taking { kinds: vec![ArtifactKind::File], policy: Policy::default(), assert_margin: 2 },
        filters: Filters::default(),
        caution: Caution::default(),
        bids: Box::new(Linear::default()),
        limits: Limits { max_size: 64, timeout: Duration::from_secs(20), at_once: 4 },
        keep: Duration::from_secs(86_400),
        drain: false,
    }
}

/// The `n`th bounty.
pub(crate) fn bounty(n: u128) -> Bounty {
    Bounty {
        id: id(n),
        kind: ArtifactKind::File,
        amount: Nct::ONE,
        uri: String::new(),
        expiration: Tick(EXPIRATION),
        metadata: Vec::new(),
    }
}

/// Its id.
pub(crate) fn id(n: u128) -> BountyId {
    BountyId { chain: Chain::Side, guid: Guid(uuid::Uuid::from_u128(n)) }
}

/// What outlives an engine: the market and the journal's folder.
pub(crate) struct Bench {
    pub(crate) market: Arc<Scripted>,
    pub(crate) folder: TempDir,
    /// What the engines started on it are up to.
    pub(crate) trial: Trial,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { market: Scripted::new(), folder: tempfile::tempdir().unwrap(), trial: Trial::default() }
    }

    /// Starts an engine on it, and tells it the parameters and the last block.
    pub(crate) async fn start(&self) -> Rig {
        self.start_with(plan()).await
    }

    pub(crate) async fn start_with(&self, plan: Plan) -> Rig {
        self.start_beating(1, plan, || None).await
    }

    /// On so many threads, with a sign of life, which is made on the engine's runtime.
    pub(crate) async fn start_beating(
        &self,
        threads: usize,
        plan: Plan,
        pulse: impl FnOnce() -> Option<Pulse> + Send + 'static,
    ) -> Rig {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(threads).enable_all().build();
        self.start_on(Some(runtime.unwrap()), plan, pulse).await
    }

    /// On the test's own runtime, whose clock the test may stop. It cannot be killed.
    pub(crate) async fn start_here(&self) -> Rig {
        self.start_on(None, plan(), || None).await
    }

    async fn start_on(
        &self,
        runtime: Option<Runtime>,
        plan: Plan,
        pulse: impl FnOnce() -> Option<Pulse> + Send + 'static,
    ) -> Rig {
        let (events, heard) = mpsc::channel(16);
        let stop = CancellationToken::new();
        let (market, path, token) = (Arc::clone(&self.market), self.journal(), stop.clone());
        let trial = self.trial.clone();
        let engine = async move {
            let journal = open(&path).await;
            let driver =
                Driver::new(Arc::clone(&market), ByContent(Some(market)), journal, plan).await.unwrap();
            driver.pulse(pulse()).trial(trial).run(heard, token).await
        };
        let ended = runtime.as_ref().map_or_else(Handle::current, |own| own.handle().clone()).spawn(engine);
        let rig = Rig { market: Arc::clone(&self.market), runtime, events, stop, ended };
        rig.tell(Event::Parameters(parameters())).await;
        let tick = rig.market.world().tick;
        rig.tick(tick).await;
        rig
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// The journal's file, past the engine.
    pub(crate) fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.journal()).unwrap()
    }

    /// How far a bounty has come on disk.
    pub(crate) fn stage(&self, id: BountyId) -> Option<String> {
        let sql = "SELECT stage FROM bounty WHERE guid = ?1";
        self.sqlite().query_row(sql, [id.guid.to_string()], |row| row.get(0)).ok()
    }

    /// Waits until a bounty has come so far on disk.
    pub(crate) async fn until_stage(&self, id: BountyId, stage: &str) {
        let wait = async {
            while self.stage(id).as_deref() != Some(stage) {
                time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = time::timeout(Duration::from_secs(60), wait).await;
        assert!(waited.is_ok(), "`{stage}` is never noted, only {:?}", self.stage(id));
    }

    /// From now on nothing can be written into the journal, as on a full disk.
    pub(crate) fn fill_disk(&self) {
        for (name, when) in TRIGGERS {
            let refuse = "BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END";
            self.sqlite().execute_batch(&format!("CREATE TRIGGER {name} BEFORE {when} {refuse}")).unwrap();
        }
    }

    /// There is room again.
    pub(crate) fn clear_disk(&self) {
        for (name, _) in TRIGGERS {
            self.sqlite().execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
        }
    }
}

const TRIGGERS: [(&str, &str); 4] = [
    ("full_1", "INSERT ON bounty"),
    ("full_2", "UPDATE ON bounty"),
    ("full_3", "INSERT ON value"),
    ("full_4", "UPDATE ON value"),
];

/// Opens the journal as soon as the one before has let go of it.
pub(crate) async fn open(path: &std::path::Path) -> Journal {
    loop {
        match Journal::open(path, super::ACCOUNT).await {
            Err(JournalError::InUse { .. }) => time::sleep(Duration::from_millis(5)).await,
            journal => return journal.unwrap(),
        }
    }
}

pub(crate) fn parameters() -> Parameters {
    Parameters {
        assertion_fee: FEE,
        bid_minimum: Nct(Nct::ONE.0 / 16),
        bid_maximum: Nct::ONE,
        reveal_window: REVEAL,
        vote_window: VOTE,
    }
}

/// A running engine. Dropped, it is killed.
pub(crate) struct Rig {
    market: Arc<Scripted>,
    runtime: Option<Runtime>,
    events: mpsc::Sender<Heard>,
    stop: CancellationToken,
    ended: JoinHandle<Result<(), EventsEnded>>,
}

impl Rig {
    pub(crate) async fn tell(&self, event: Event) {
        self.events.send(Heard { chain: Chain::Side, event }).await.unwrap();
    }

    /// A block is mined, and told.
    pub(crate) async fn tick(&self, tick: u64) {
        self.market.world().tick = tick;
        self.tell(Event::Tick(Tick(tick))).await;
    }

    /// A bounty is posted, and told.
    pub(crate) async fn announce(&self, bounty: &Bounty) {
        self.market.world().post(bounty);
        self.tell(Event::Announced(Box::new(bounty.clone()))).await;
    }

    /// Waits until the engine has dealt with all that it was told.
    pub(crate) async fn heard(&self) {
        // When the second of these is taken out, the first and all before it are dealt with.
        for _ in 0..2 {
            self.tell(Event::Quorum(id(u128::MAX).guid)).await;
            while self.events.capacity() < self.events.max_capacity() {
                time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// SIGTERM; waits until the engine, which has nothing else to do, has heard of it.
    pub(crate) async fn cancel(&self) {
        self.stop.cancel();
        // Its only thread takes one task after the other, in the order in which they woke up.
        for _ in 0..100 {
            self.runtime.as_ref().unwrap().spawn(async {}).await.unwrap();
        }
    }

    /// One block after the other from `tick` on, until the world is so. Each waits a little for that: a step that failed is
    /// taken again a block or two later.
    pub(crate) async fn blocks_from(&self, tick: u64, what: &str, is_so: impl Fn(&World) -> bool) {
        for tick in tick..tick + 200 {
            self.tick(tick).await;
            if time::timeout(BLOCK, self.market.until(what, &is_so)).await.is_ok() {
                return;
            }
        }
        panic!("two hundred blocks and not {what}: {:?}", self.market.world().calls);
    }

    /// The same from the next block on.
    pub(crate) async fn blocks_until(&self, what: &str, is_so: impl Fn(&World) -> bool) {
        let next = self.market.world().tick + 1;
        self.blocks_from(next, what, is_so).await;
    }

    /// The same until a bounty has come so far on disk.
    pub(crate) async fn blocks_until_stage(&self, bench: &Bench, id: BountyId, stage: &str) {
        while bench.stage(id).as_deref() != Some(stage) {
            let next = self.market.world().tick + 1;
            assert!(next < 2_000, "never `{stage}`, only {:?}", bench.stage(id));
            self.tick(next).await;
            time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The market's events end.
    pub(crate) fn silence(mut self) -> Self {
        self.events = mpsc::channel(1).0;
        self
    }

    /// SIGTERM, and the end.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        self.end().await.unwrap();
    }

    /// Waits for the end.
    pub(crate) async fn end(&mut self) -> Result<(), EventsEnded> {
        time::timeout(Duration::from_secs(60), &mut self.ended).await.expect("it ends").unwrap()
    }

    /// SIGKILL: nothing is finished or tidied up.
    pub(crate) fn kill(self) {}
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
