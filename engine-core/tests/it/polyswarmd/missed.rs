//! Bounties that were posted while nobody listened are found in the node's list.

use std::sync::{Arc, Mutex};

use engine_core::{
    bounty::event::Event,
    units::{Guid, Tick},
};
use serde_json::json;

use super::{
    Connected, URI,
    node::{Node, Peer, Reply, Request, say, within},
};

/// The node's list: each bounty's expiration, in the order of posting.
type List = Arc<Mutex<Vec<u64>>>;

fn guid(number: usize) -> Guid {
    Guid(uuid::Uuid::from_u128(number as u128))
}

fn answer(list: &[u64], request: &Request) -> Reply {
    let Some(rest) = request.path.strip_prefix("/bounties") else { return Reply::Lost };
    if rest.is_empty() {
        let [page, count] = ["page", "count"].map(|key| request.query[key].parse::<usize>().unwrap());
        assert_eq!(count % 25, 0, "the node takes whole pages only");
        let guids = (page * count..list.len().min((page + 1) * count)).map(|n| guid(n).to_string());
        return Reply::ok(guids.collect::<Vec<_>>());
    }
    let number = usize::try_from(rest[1..].parse::<uuid::Uuid>().unwrap().as_u128()).unwrap();
    match list[number] {
        // Some nodes fail on some bounties.
        0 => Reply::Json(500, json!({"message": "500"})),
        expiration => {
            Reply::ok(json!({"guid": guid(number).to_string(), "artifact_type": "file", "author": "0x0",
            "amount": "1", "uri": URI, "num_artifacts": 1, "expiration": expiration, "metadata": null}))
        }
    }
}

async fn node(list: &List) -> Node {
    let list = Arc::clone(list);
    Node::usual(move |request| answer(&list.lock().unwrap(), request)).await
}

/// Says that this block was mined, and waits for all bounties up to the one that is put up last.
async fn walked(connected: &mut Connected, peer: &mut Peer, block: u64, last: usize) -> Vec<usize> {
    say(peer, format!(r#"{{"event":"block","data":{{"number":{block}}}}}"#)).await;
    // A socket that stays silent is opened anew, with its parameters: not every event is one that the walk found.
    within("the last bounty", async {
        let mut found = Vec::new();
        loop {
            match connected.event().await {
                Event::Announced(bounty) => {
                    let number = (0..).find(|n| guid(*n) == bounty.id.guid).unwrap();
                    found.push(number);
                    assert!(bounty.expiration >= Tick(block + 2) && bounty.uri == URI);
                    if number == last {
                        return found;
                    }
                }
                Event::Tick(_) | Event::Parameters(_) => {}
                other => panic!("{other:?}"),
            }
        }
    })
    .await
}

/// Thirty thousand bounties, of which the last 60 and one in the middle of them are open.
#[tokio::test]
async fn at_the_start_those_that_are_open_are_found_and_no_others() {
    let expirations: Vec<u64> = (0..30_000).map(|n| if n == 29_970 { 0 } else { n / 10 + 100 }).collect();
    let list = List::new(Mutex::new(expirations));
    let mut node = node(&list).await;
    let mut connected = Connected::to_node(&node).await;
    let mut peer = node.peer().await;
    let block = 29_940 / 10 + 100 - 2;
    let mut found = walked(&mut connected, &mut peer, block, 29_949).await;
    found.sort_unstable();
    assert_eq!(found, (29_940..30_000).filter(|n| *n != 29_970).collect::<Vec<_>>());
    let pages = node.count("GET /bounties");
    assert!(pages < 90, "{pages} pages were asked for, of 1,200");
}

#[tokio::test]
async fn f03_after_a_gap_the_list_is_walked_from_where_it_was_known() {
    let list = List::new(Mutex::new(vec![100; 60]));
    let mut node = node(&list).await;
    let mut connected = Connected::to_node(&node).await;
    let mut peer = node.peer().await;
    assert_eq!(walked(&mut connected, &mut peer, 50, 24).await.len(), 60);
    list.lock().unwrap().extend([150; 10]);
    peer.close(None).await.unwrap();

    let mut peer = node.peer().await;
    let found = walked(&mut connected, &mut peer, 90, 69).await;
    assert_eq!(found, (50..70).collect::<Vec<_>>(), "the page that was the last one, and what came after it");

    // The chain was set up anew.
    *list.lock().unwrap() = vec![200; 3];
    peer.close(None).await.unwrap();
    let mut peer = node.peer().await;
    assert_eq!(walked(&mut connected, &mut peer, 100, 2).await, [0, 1, 2]);
}

#[tokio::test]
async fn a_node_that_fails_for_a_while_is_asked_until_it_answers() {
    let list = List::new(Mutex::new(vec![100; 3]));
    let (script, fails) = (Arc::clone(&list), Mutex::new(12));
    let mut node = Node::usual(move |request| {
        let mut left = fails.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            return Reply::html(502);
        }
        answer(&script.lock().unwrap(), request)
    })
    .await;
    let mut connected = Connected::to_node(&node).await;
    let mut peer = node.peer().await;
    assert_eq!(walked(&mut connected, &mut peer, 50, 2).await, [0, 1, 2]);
}
