use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
};

use alloy_primitives::B256;
use engine_core::{
    bounty::{Assertion, Bounty, BountyId, Step, commitment::Commitment, fate::Fate},
    engine::journal::{Sealed, Signed},
    market::{
        Action, Market, MarketError, Sent,
        polyswarmd::{Draft, Options, Polyswarmd, keystore::Wallet},
    },
    units::{Chain, Nct},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::{
    polyswarmd::{
        node::{Node, Reply, Request},
        options, requests,
    },
    vectors::cases,
};

#[derive(Deserialize)]
struct Session {
    name: String,
    setup: Setup,
    transcript: Vec<Line>,
}

#[derive(Deserialize)]
struct Setup {
    uri: String,
    secret_nonce: String,
    key: B256,
    account: String,
    api_key: Option<String>,
}

/// One request with its answer, or something on the websocket.
#[derive(Clone, Deserialize)]
struct Line {
    method: Option<String>,
    #[serde(default)]
    path: String,
    #[serde(default)]
    query: BTreeMap<String, String>,
    authorization: Option<String>,
    #[serde(default)]
    body: Value,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    response: Value,
    response_base64: Option<String>,
}

impl Line {
    fn reply(&self) -> Reply {
        use base64::{Engine, prelude::BASE64_STANDARD};
        match &self.response_base64 {
            Some(text) => Reply::Raw(self.status, vec![], BASE64_STANDARD.decode(text).unwrap()),
            None => Reply::Json(self.status, self.response.clone()),
        }
    }

    /// What has to be the same.
    fn request(&self) -> Option<String> {
        let method = self.method.as_ref()?;
        let mut query = self.query.clone();
        // We have what waits in the pool counted, and the reference does not.
        query.remove("ignore_pending");
        let body = told_body(method, &self.path, &self.body);
        Some(format!("{method} {} {query:?} {:?} {body}", self.path, self.authorization))
    }

    /// What the reference asks and we have no use for: stakes are arbiters' business, and whose bounties are ours we know.
    fn is_left_out(&self) -> bool {
        let own_bounty = self.method.as_deref() == Some("GET") && self.path.starts_with("/bounties/");
        self.path == "/staking/parameters" || own_bounty && self.path != "/bounties/parameters"
    }
}

fn told(request: &Request) -> String {
    let Request { method, path, query, headers, .. } = request;
    let body = told_body(method, path, &request.json());
    format!("{method} {path} {query:?} {:?} {body}", headers.get("authorization").cloned())
}

/// Whose fate is asked for is compared in [`Led::fate`].
fn told_body(method: &str, path: &str, body: &Value) -> String {
    if (method, path) == ("GET", "/transactions") { "hashes".to_owned() } else { body.to_string() }
}

/// A market that is led along a transcript.
struct Led {
    market: Polyswarmd,
    bounty: Bounty,
    assertion: Assertion,
    nonce: u64,
    /// Nonces of what waits in the node's pool, from others than us.
    pooled: Vec<Value>,
    draft: Option<(Step, Draft)>,
    sealed: Option<Sealed>,
    posts_left: usize,
    spent: bool,
}

/// Every request of the reference's sessions is made by one of our calls, with the same query and body, byte for byte in
/// what is signed; and no call makes another one.
#[tokio::test]
async fn vectors_lifecycle_requests_are_the_same() {
    for session in cases::<Session>("lifecycle.json") {
        let mut answers: BTreeMap<String, VecDeque<Reply>> = BTreeMap::new();
        for line in &session.transcript {
            if let Some(method) = &line.method {
                answers.entry(format!("{method} {}", line.path)).or_default().push_back(line.reply());
            }
        }
        let answers = Mutex::new(answers);
        let node = Node::start(move |request| {
            let mut answers = answers.lock().unwrap();
            let queue = answers.get_mut(&request.line()).expect("the reference asks for this too");
            match queue.len() {
                1 => queue[0].clone(),
                _ => queue.pop_front().unwrap(),
            }
        })
        .await;
        let cancel = CancellationToken::new();
        let mut led = Led::new(&session, &node, &cancel).await;
        for line in session.transcript.iter().filter(|line| line.method.is_some() && !line.is_left_out()) {
            led.follow(line, &session.name).await;
        }
        cancel.cancel();
        led.market.closed().await;

        let mut theirs: Vec<_> =
            session.transcript.iter().filter(|line| !line.is_left_out()).filter_map(Line::request).collect();
        let mut ours: Vec<_> = node.requests().iter().map(told).collect();
        theirs.sort();
        ours.sort();
        // A look-up may be tried twice.
        let (once, twice) = (theirs.len(), ours.len());
        theirs.dedup();
        ours.dedup();
        assert_eq!(ours, theirs, "{}", session.name);
        assert!(twice <= once + 1, "{}: {twice} requests instead of {once}", session.name);
    }
}

impl Led {
    async fn new(session: &Session, node: &Node, cancel: &CancellationToken) -> Self {
        let setup = &session.setup;
        let wallet = Wallet::from_key(&setup.key).unwrap();
        let mut options: Options = options(node.url());
        options.api_key = setup.api_key.as_ref().map(|key| key.parse().unwrap());
        options.allow_key_over_http = true;
        let (market, _events) = Polyswarmd::connect(options, wallet, cancel.clone()).await.unwrap();
        assert_eq!(market.account(), setup.account);
        wait_for_two(node, "GET /bounties/parameters").await;

        let body = |path: &str, end: &str| {
            let line = session
                .transcript
                .iter()
                .find(|line| line.path.starts_with(path) && line.path.ends_with(end));
            line.filter(|line| line.method.as_deref() == Some("POST"))
                .map_or(Value::Null, |line| line.body.clone())
        };
        let post = session
            .transcript
            .iter()
            .find(|line| line.method.as_deref() == Some("POST") && line.path.ends_with("/assertions"));
        let guid = post.and_then(|line| line.path.split('/').nth(2)).unwrap_or(crate::polyswarmd::GUID);
        let posted = post.map(|line| line.body.clone());
        let posted = posted.unwrap_or_else(|| json!({"bid": [], "mask": [], "commitment": "0"}));
        let revealed = body("/bounties/", "/reveal");
        let mask: Vec<bool> = serde_json::from_value(posted["mask"].clone()).unwrap();
        let verdicts =
            serde_json::from_value(revealed["verdicts"].clone()).unwrap_or_else(|_| vec![true; mask.len()]);
        let bounty = Bounty {
            id: BountyId { chain: Chain::Side, guid: guid.parse().unwrap() },
            ..requests::bounty(&setup.uri)
        };
        let secret = setup.secret_nonce.parse().unwrap();
        let commitment: Commitment = posted["commitment"].as_str().unwrap().parse().unwrap();
        if !revealed.is_null() {
            assert_eq!(market.commit(&verdicts, secret).unwrap(), commitment, "{}", session.name);
        }
        let bids: Vec<Nct> = serde_json::from_value(posted["bid"].clone()).unwrap();
        let metadata = body("/bounties/metadata", "").to_string();
        let assertion = Assertion { mask, verdicts, bids, secret, commitment, metadata };
        Self {
            market,
            bounty,
            assertion,
            nonce: 0,
            pooled: Vec::new(),
            draft: None,
            sealed: None,
            posts_left: 0,
            spent: false,
        }
    }

    /// Makes the call that this request comes from, unless an earlier call has made it along with its own.
    async fn follow(&mut self, line: &Line, name: &str) {
        let (market, id) = (&self.market, self.bounty.id);
        let refused = line.status != 200;
        let parts: Vec<&str> = line.path.trim_matches('/').split('/').collect();
        match (line.method.as_deref().unwrap(), &parts[..]) {
            ("GET", ["pending"]) => self.pooled = line.response["result"].as_array().unwrap().clone(),
            ("OPTIONS", _) | ("GET", ["bounties", "parameters"]) | ("POST", ["bounties", "metadata"]) => {}
            ("GET", ["artifacts", _]) => {
                let listed = market.artifacts(&self.bounty).await;
                assert_eq!(listed.is_err(), refused, "{name}: {listed:?}");
            }
            ("GET", ["artifacts", _, index]) => {
                let bytes = market.artifact(&self.bounty, index.parse().unwrap(), 33 << 20).await;
                assert_eq!(bytes.is_err(), refused, "{name}");
            }
            ("GET", ["balances", ..]) => {
                let balance = market.balance(Chain::Side).await.unwrap();
                assert_eq!(json!(balance), line.response["result"], "{name}");
            }
            ("GET", ["nonce"]) => {
                self.nonce = market.nonce(Chain::Side).await.unwrap();
                assert_eq!(self.nonce, line.response["result"], "{name}");
            }
            ("POST", ["bounties", _, "assertions"]) => {
                let drafted = market.draft(id, Action::Assert(&self.assertion)).await;
                assert_eq!(drafted.is_err(), refused, "{name}: {drafted:?}");
                self.draft = drafted.ok().map(|draft| (Step::Assert, draft));
            }
            ("POST", ["bounties", _, "assertions", index, "reveal"]) => {
                let action = Action::Reveal { assertion: &self.assertion, index: index.parse().unwrap() };
                self.draft = Some((Step::Reveal, market.draft(id, action).await.unwrap()));
            }
            ("POST", ["bounties", _, "settle"]) => {
                self.draft =
                    Some((Step::Settle, market.draft(id, Action::Settle(&self.assertion)).await.unwrap()));
            }
            ("POST", ["transactions"]) if self.posts_left > 0 => self.posts_left -= 1,
            ("POST", ["transactions"]) => self.send(line, name).await,
            ("GET", ["transactions"]) => self.fate(line, name).await,
            other => panic!("{name}: nothing of ours asks {other:?}"),
        }
    }

    async fn send(&mut self, line: &Line, name: &str) {
        let (step, draft) = self.draft.take().unwrap();
        while self.pooled.contains(&json!(self.nonce.to_string())) {
            self.nonce += 1;
        }
        let signed: Signed = self.market.sign(draft, self.nonce).unwrap();
        let count = signed.transactions.len();
        self.nonce += count as u64;
        self.posts_left = count - 1;
        let sealed = Sealed::for_test(self.bounty.id, step, signed, self.assertion.clone());
        let sent = self.market.send(&sealed).await;
        self.sealed = Some(sealed);
        self.spent = matches!(sent, Ok(Sent::Spent));
        let answer = line.response.to_string();
        match sent {
            Ok(Sent::Pooled) => assert!(line.status == 200 || answer.contains("known transaction"), "{name}"),
            Ok(Sent::Spent) => assert!(answer.contains("nonce too low"), "{name}"),
            Err(MarketError::Lost { .. }) => assert!(name.contains("unhandled node error"), "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }

    async fn fate(&mut self, line: &Line, name: &str) {
        let sealed = self.sealed.take().unwrap();
        let fate = self.market.fate(&sealed).await.unwrap();
        let hashes: Vec<Value> = sealed.signed().transactions.iter().map(|sent| json!(sent.hash)).collect();
        let asked = line.body["transactions"].as_array().unwrap();
        // Of a transaction whose nonce is spent the reference does not ask, though that is the question then.
        assert!(self.spent || &hashes == asked, "{name}");
        assert!(asked.iter().all(|hash| hashes.contains(hash)), "{name}");
        let result = &line.response["result"];
        match (sealed.step(), fate) {
            (Step::Assert, Fate::Placed(index)) => {
                assert_eq!(index, result["assertions"][0]["index"], "{name}")
            }
            (Step::Reveal, Fate::Done { payout: None }) => assert!(result["reveals"].is_array(), "{name}"),
            (Step::Settle, Fate::Done { payout: Some(paid) }) => {
                assert_eq!(json!(paid), result["transfers"][0]["value"], "{name}");
            }
            (_, Fate::Reverted(why)) => {
                let text = line.response["errors"]["errors"][0].as_str().unwrap();
                assert!(text.ends_with(&format!("error: {why}")), "{name}: {why}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

/// The session has its own look-up, in its own task.
async fn wait_for_two(node: &Node, line: &str) {
    while node.count(line) < 2 {
        tokio::task::yield_now().await;
    }
}
