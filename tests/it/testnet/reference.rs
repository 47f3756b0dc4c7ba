//! The reference client's recorded session, replayed byte for byte, signatures too.

use std::{fs, path::PathBuf};

use engine_tests::testnet::{Sample, Settings, Testnet};
use reqwest::Method;
use serde_json::Value;

use super::{mine_to, player::Player};

fn first_session() -> Value {
    #[allow(clippy::disallowed_methods, reason = "tests are told by it where other vectors lie")]
    let folder = std::env::var_os("VECTORS_DIR")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/vectors").into(), PathBuf::from);
    let text = fs::read_to_string(folder.join("lifecycle.json")).unwrap();
    let mut vectors: Value = serde_json::from_str(&text).unwrap();
    vectors["cases"][0].take()
}

#[tokio::test]
async fn vector_session_of_the_reference_is_served_alike() {
    let session = first_session();
    let settings = Settings {
        samples: vec![Sample { name: "000000".into(), truth: true, content: "recorded with EICAR".into() }],
        reveal_blocks: 25,
        vote_blocks: 100,
        ..Settings::default()
    };
    let net = Testnet::start(settings).await.unwrap();
    let player = Player::new(&net, 0x46);
    let transcript = session["transcript"].as_array().unwrap();
    let posted = |entry: &&Value| entry["message"]["event"] == "bounty";
    let bounty = &transcript.iter().find(posted).unwrap()["message"]["data"];
    net.post_bounty_as(bounty["guid"].as_str().unwrap().parse().unwrap());
    net.mine();
    let guid = bounty["guid"].as_str().unwrap();
    let uri = player.get(&format!("/bounties/{guid}")).await["uri"].as_str().unwrap().to_owned();

    let mut settles = 0;
    for entry in transcript {
        let Some(method) = entry["method"].as_str() else { continue };
        let path = entry["path"].as_str().unwrap();
        match path.rsplit('/').next().unwrap() {
            "reveal" => mine_to(&net, 21),
            "settle" => {
                mine_to(&net, 1 + 20 + 25);
                settles += 1;
            }
            _ => {}
        }
        if settles == 2 {
            break; // The second settle of the reference reverts on a real chain.
        }
        let body = Some(entry["body"].clone()).filter(|body| !body.is_null());
        let receipts = method == "GET" && path == "/transactions";
        if receipts {
            net.mine();
            net.mine();
        }
        let path = path.replace(session["setup"]["uri"].as_str().unwrap(), &uri);
        let query = if path.ends_with("/nonce") { "?ignore_pending=%20" } else { "" };
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let (status, answer) = player.ask(method, &format!("{path}{query}"), body).await;
        assert_eq!(u64::from(status), entry["status"].as_u64().unwrap(), "{path}: {answer}");
        assert!(covers(&answer, &entry["response"]), "{path}: {answer} for {}", entry["response"]);
        if path.ends_with("/assertions") && entry["method"] == "POST" {
            assert_eq!(answer, entry["response"], "what is to be signed is the same to the byte");
        }
    }
    assert_eq!(settles, 2, "the whole session was played");
    let report = net.report();
    let score = &report.bounties[0];
    assert!(score.correct && score.settled && score.assertions == 1 && score.reveals == 1, "{score:?}");
    assert!(report.totals.rejected_requests.is_empty(), "{:?}", report.totals.rejected_requests);
}

/// Whether `ours` has what `theirs` has: the same members and kinds of values, further ones allowed. The
/// recording has
/// null for metadata that this node can look up.
fn covers(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (_, Value::Null) => true,
        (Value::Object(ours), Value::Object(theirs)) => {
            theirs.iter().all(|(name, theirs)| ours.get(name).is_some_and(|ours| covers(ours, theirs)))
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| covers(ours, theirs))
        }
        _ => std::mem::discriminant(ours) == std::mem::discriminant(theirs),
    }
}
