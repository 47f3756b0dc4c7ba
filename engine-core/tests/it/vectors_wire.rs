use std::{io, sync::Arc};

use engine_core::{
    bounty::event::Event,
    market::{
        Market,
        polyswarmd::{
            ConnectError,
            address::{Address, ApiKey},
        },
    },
    metadata,
    units::{Nct, Tick},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    polyswarmd::{
        Connected,
        node::{Node, Reply, say},
        options, requests,
    },
    vectors::cases,
};

#[derive(Deserialize)]
struct Given {
    polyswarmd_addr: String,
    api_key: String,
    allow_key_over_http: bool,
    insecure_transport: bool,
    url: Option<String>,
    events_url_side: Option<String>,
}

#[tokio::test]
async fn vectors_polyswarmd_addr_are_equal_but_for_other_schemes() {
    for case in cases::<Given>("polyswarmd_addr.json") {
        let scheme =
            case.polyswarmd_addr.split_once("://").map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
        if !matches!(scheme.as_str(), "" | "http" | "https") {
            // The reference takes the scheme for a host's name; we say that it is none.
            let error = Address::new(&case.polyswarmd_addr, case.insecure_transport).unwrap_err();
            assert!(error.to_string().contains("neither http nor https"), "{error}");
            continue;
        }
        let address = Address::new(&case.polyswarmd_addr, case.insecure_transport).unwrap();
        if let (Some(url), Some(events)) = (&case.url, &case.events_url_side) {
            assert_eq!(&address.to_string(), url);
            assert_eq!(&address.events(engine_core::units::Chain::Side), events);
        }
        let mut options = options(case.polyswarmd_addr);
        options.api_key = (!case.api_key.is_empty()).then(|| case.api_key.parse().unwrap());
        options.allow_key_over_http = case.allow_key_over_http;
        options.insecure_transport = case.insecure_transport;
        if case.url.is_none() {
            let refused = Connected::to(options).await.err();
            assert!(matches!(refused, Some(ConnectError::KeyOverHttp)), "{refused:?}");
        }
    }
}

#[derive(Deserialize)]
struct Key {
    api_key: String,
    accepted: bool,
}

#[test]
fn vectors_api_key_are_equal() {
    for case in cases::<Key>("api_key.json") {
        // No key at all is an option that is not given.
        let accepted = case.api_key.is_empty() || case.api_key.parse::<ApiKey>().is_ok();
        assert_eq!(accepted, case.accepted, "{}", case.api_key);
    }
}

#[derive(Deserialize)]
struct Uri {
    uri: String,
    valid: bool,
}

#[tokio::test]
async fn vectors_artifact_uri_are_equal_but_for_what_python_takes_for_hex() {
    let node = Node::usual(|_| Reply::ok(json!([]))).await;
    let connected = Connected::to_node(&node).await;
    for case in cases::<Uri>("artifact_uri.json") {
        let before = node.requests().iter().filter(|request| request.path.starts_with("/artifacts/")).count();
        let listed = connected.market.artifacts(&requests::bounty(&case.uri)).await;
        let after = node.requests().iter().filter(|request| request.path.starts_with("/artifacts/")).count();
        assert_eq!(listed.is_ok(), after > before, "what is refused is not asked for");
        // Python's int() takes `0x`, a sign, blanks and underscores; a SHA-256 has 64 hex digits.
        let python_hex = case.uri.chars().count() == 64 && !case.uri.bytes().all(|b| b.is_ascii_hexdigit());
        assert_eq!(listed.is_ok(), case.valid && !python_hex, "{}", case.uri);
    }
}

#[derive(Deserialize)]
struct FrameCase {
    name: String,
    message_text: String,
    message: Option<Value>,
    reference_result: Reference,
}

#[derive(Deserialize)]
struct Reference {
    raised: Option<String>,
    callbacks: Vec<Callback>,
    parameters_after: Value,
}

#[derive(Deserialize)]
struct Callback {
    callback: String,
    args: Value,
}

/// What the reference starts from in each case.
fn parameters_before() -> Value {
    json!({"bounty_fee": 1, "assertion_fee": 2, "assertion_reveal_window": 25, "arbiter_vote_window": 100})
}

/// What must come of a frame.
#[derive(Debug)]
enum Expected {
    Nothing,
    /// Nothing, and one line in the log says what is wrong.
    Dropped,
    Tick(u64),
    Bounty(Value),
    Quorum(Value),
    Settled(Value),
    Deprecated,
    Parameters(Value),
}

/// The callbacks of the reference, and what we do where it fails: a frame that it chokes on is dropped, unless all that
/// it needs is there; a lower block counts.
fn expected(case: &FrameCase) -> Expected {
    let reference = &case.reference_result;
    if reference.parameters_after != parameters_before() {
        return Expected::Parameters(reference.parameters_after.clone());
    }
    if let [Callback { callback, args }] = &reference.callbacks[..] {
        return match callback.as_str() {
            "on_new_block" => Expected::Tick(args["number"].as_u64().unwrap()),
            "on_new_bounty" => Expected::Bounty(args.clone()),
            "on_quorum_reached" => Expected::Quorum(args.clone()),
            "on_settled_bounty" => Expected::Settled(args.clone()),
            "on_deprecated" => Expected::Deprecated,
            _ => Expected::Nothing,
        };
    }
    let Some(message) = case.message.as_ref().filter(|message| message.is_object()) else {
        return Expected::Dropped;
    };
    let data = &message["data"];
    match message["event"].as_str() {
        Some("block") => data["number"].as_u64().map_or(Expected::Dropped, Expected::Tick),
        Some("bounty") if reference.raised.is_some() => {
            let needed = ["guid", "artifact_type", "amount", "uri", "expiration", "metadata"];
            if needed.iter().all(|member| data.get(member).is_some()) {
                Expected::Bounty(data.clone())
            } else {
                Expected::Dropped
            }
        }
        _ => Expected::Nothing,
    }
}

fn agrees(event: &Event, expected: &Expected) -> bool {
    match (event, expected) {
        (Event::Tick(tick), Expected::Tick(number)) => tick.0 == *number,
        (Event::Announced(bounty), Expected::Bounty(args)) => {
            let valid = metadata::check_bounty(&args["metadata"]).is_ok();
            json!(bounty.id.guid) == args["guid"]
                && bounty.kind.to_string() == args["artifact_type"]
                && json!(bounty.amount) == args["amount"]
                && bounty.uri == args["uri"]
                && bounty.expiration.to_string() == args["expiration"]
                && json!(bounty.metadata) == if valid { args["metadata"].clone() } else { json!([]) }
        }
        (Event::Quorum(guid), Expected::Quorum(args)) => json!(guid) == args["bounty_guid"],
        (Event::Settled { guid, by, payout }, Expected::Settled(args)) => {
            json!(guid) == args["bounty_guid"]
                && *by == args["settler"]
                && *payout == args["payout"].to_string().parse::<Nct>().ok()
        }
        (Event::Deprecated, Expected::Deprecated) => true,
        (Event::Parameters(now), Expected::Parameters(after)) => {
            json!(now.assertion_fee.0 as u64) == after["assertion_fee"]
                && now.reveal_window == after["assertion_reveal_window"]
                && now.vote_window == after["arbiter_vote_window"]
        }
        _ => false,
    }
}

#[tokio::test]
async fn vectors_events_are_heard_or_dropped_with_one_line_and_never_end_the_listener() {
    const LAST: u64 = 424_242_424_242;
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    for case in cases::<FrameCase>("events.json") {
        let mut before = parameters_before();
        before["assertion_bid_minimum"] = 1.into();
        before["assertion_bid_maximum"] = 1.into();
        let mut node = Node::start(move |request| match request.line().as_str() {
            "OPTIONS /wallets/" => Reply::html(404),
            _ => Reply::ok(before.clone()),
        })
        .await;
        let mut connected = Connected::to_node(&node).await;
        let mut peer = node.peer().await;
        assert!(matches!(connected.event().await, Event::Parameters(_)));
        log.take();

        say(&mut peer, case.message_text.as_str()).await;
        say(&mut peer, json!({"event": "block", "data": {"number": LAST}}).to_string()).await;
        let mut heard = Vec::new();
        loop {
            match connected.event().await {
                Event::Tick(Tick(LAST)) => break,
                event => heard.push(event),
            }
        }
        let lines = log.take();
        let expected = expected(&case);
        let right = match &expected {
            Expected::Nothing => heard.is_empty() && lines.is_empty(),
            Expected::Dropped => heard.is_empty() && lines.lines().count() == 1 && lines.len() < 800,
            // A frame that says what was known already may be told again.
            Expected::Parameters(_) => heard.len() == 1 && agrees(&heard[0], &expected),
            expected => heard.len() == 1 && agrees(&heard[0], expected) && lines.is_empty(),
        };
        assert!(
            right,
            "{}: {}\nexpected {expected:?}\nheard {heard:?}\n{lines}",
            case.name, case.message_text
        );
    }
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl Log {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut self.0.lock().unwrap())).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
