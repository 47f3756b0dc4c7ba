//! What is heard from a node.

use engine_core::{bounty::event::Event, units::Tick};
use serde_json::{Value, json};

use crate::polyswarmd::{
    Connected, GUID, URI,
    node::{Node, Reply, say},
};

fn bounty() -> Value {
    json!({"event": "bounty", "block_number": 7, "txhash": "00", "data": {"guid": GUID, "artifact_type": "file",
        "author": "0xF2E246BB76DF876Cef8b38ae84130F4F55De395b", "amount": "1", "uri": URI, "expiration": "99", "metadata": ""}})
}

/// The reference stops listening for good at each of these frames.
#[tokio::test]
async fn f01_a_bad_frame_costs_that_frame_and_no_other() {
    let mut node = Node::usual(|_| Reply::Lost).await;
    let mut connected = Connected::to_node(&node).await;
    let mut peer = node.peer().await;
    assert!(matches!(connected.event().await, Event::Parameters(_)));
    let mut missing = bounty();
    missing["data"].as_object_mut().unwrap().remove("uri");
    let mut mistyped = bounty();
    mistyped["data"]["expiration"] = json!([99]);
    let no_object = json!({"event": "bounty", "data": 3, "block_number": 7, "txhash": "00"});
    for bad in [missing, mistyped, no_object, json!({"event": "block", "data": {}}), json!([])] {
        say(&mut peer, bad.to_string()).await;
    }
    for bad in
        ["", "{", "null", r#"{"event":"undeprecated","data":{}}"#, r#"{"event":"from tomorrow","data":1}"#]
    {
        say(&mut peer, bad).await;
    }
    let mut more = bounty();
    more["data"]["from_tomorrow"] = json!({"what": "this is"});
    say(&mut peer, more.to_string()).await;
    say(&mut peer, r#"{"event":"block","data":{"number":8,"hash":"0x1"}}"#).await;
    let Event::Announced(heard) = connected.event().await else { panic!("a further member does no harm") };
    assert_eq!((heard.id.guid.to_string().as_str(), heard.expiration), (GUID, Tick(99)));
    assert_eq!(connected.event().await, Event::Tick(Tick(8)));
}
