use std::{sync::atomic::AtomicBool, time::Duration};

use engine_core::{
    bounty::event::Event,
    units::{Nct, Tick},
};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

use super::{
    Connected,
    node::{Node, Reply, parameters, say},
    options,
};

fn block(number: u64) -> String {
    format!(r#"{{"event":"block","data":{{"number":{number}}}}}"#)
}

#[tokio::test]
async fn parameters_come_first_and_follow_every_change() {
    let mut node = Node::usual(|_| Reply::Lost).await;
    let mut connected = Connected::to_node(&node).await;
    let mut peer = node.peer().await;
    let Event::Parameters(first) = connected.event().await else { panic!("parameters come first") };
    assert_eq!((first.bid_maximum, first.reveal_window, first.vote_window), (Nct::ONE, 25, 100));

    say(&mut peer, r#"{"event":"fee_update","data":{"assertion_fee":18446744073709551616}}"#).await;
    say(
        &mut peer,
        r#"{"event":"window_update","data":{"assertion_reveal_window":7,"arbiter_vote_window":8}}"#,
    )
    .await;
    let Event::Parameters(fee) = connected.event().await else { panic!("a fee changed") };
    assert_eq!((fee.assertion_fee, fee.reveal_window), (Nct(1 << 64), 25));
    let Event::Parameters(windows) = connected.event().await else { panic!("windows changed") };
    assert_eq!((windows.assertion_fee, windows.reveal_window, windows.vote_window), (Nct(1 << 64), 7, 8));
}

#[tokio::test]
async fn a_lost_connection_comes_back() {
    let mut node = Node::usual(|_| Reply::Lost).await;
    let mut connected = Connected::to_node(&node).await;
    for round in 0..4 {
        let mut peer = node.peer().await;
        assert!(matches!(connected.event().await, Event::Parameters(_)));
        // Lower numbers pass: the node may have been restarted.
        say(&mut peer, block(100 - round)).await;
        assert_eq!(connected.event().await, Event::Tick(Tick(100 - round)));
        match round {
            0 => peer.close(None).await.unwrap(),
            1 => drop(peer),
            // It hangs up at the frame's head.
            _ => drop(futures_util::SinkExt::send(&mut peer, Message::text("x".repeat(9 << 20))).await),
        }
    }
}

#[tokio::test]
async fn a_socket_that_stays_silent_is_left() {
    let mut node = Node::usual(|_| Reply::Lost).await;
    let mut impatient = options(node.url());
    impatient.timeouts.silence_side = Duration::from_millis(50);
    impatient.timeouts.ping = Duration::from_millis(5);
    let _connected = Connected::to(impatient).await.unwrap();
    let mut silent = node.peer().await;
    // It answers pings, and still tells nothing.
    let pings = tokio::spawn(async move {
        let mut pings = 0;
        while let Some(Ok(frame)) = futures_util::StreamExt::next(&mut silent).await {
            pings += u32::from(matches!(frame, Message::Ping(_)));
        }
        pings
    });
    node.peer().await;
    assert!(pings.await.unwrap() > 0);
}

#[tokio::test]
async fn f01_without_parameters_there_are_no_events() {
    let works = std::sync::Arc::new(AtomicBool::new(true));
    let script = std::sync::Arc::clone(&works);
    let mut node = Node::start(move |request| match request.line().as_str() {
        "OPTIONS /wallets/" => Reply::html(404),
        _ if script.load(std::sync::atomic::Ordering::Relaxed) => Reply::ok(parameters()),
        _ => Reply::html(200),
    })
    .await;
    let mut connected = Connected::to_node(&node).await;
    drop(node.peer().await);
    assert!(matches!(connected.event().await, Event::Parameters(_)));
    works.store(false, std::sync::atomic::Ordering::Relaxed);
    // Two connections that get no parameters, and are given up.
    for _ in 0..2 {
        let mut peer = node.peer().await;
        let _ = futures_util::SinkExt::send(&mut peer, Message::text(block(1))).await;
        while let Some(Ok(_)) = futures_util::StreamExt::next(&mut peer).await {}
    }
    works.store(true, std::sync::atomic::Ordering::Relaxed);
    loop {
        let mut peer = node.peer().await;
        if futures_util::SinkExt::send(&mut peer, Message::text(block(2))).await.is_err() {
            continue;
        }
        assert!(matches!(connected.event().await, Event::Parameters(_)), "no event before its parameters");
        assert_eq!(connected.event().await, Event::Tick(Tick(2)));
        break;
    }
}

#[tokio::test]
async fn frames_that_are_no_text_pass_by() {
    let mut node = Node::usual(|_| Reply::Lost).await;
    let mut connected = Connected::to_node(&node).await;
    let mut peer = node.peer().await;
    assert!(matches!(connected.event().await, Event::Parameters(_)));
    futures_util::SinkExt::send(&mut peer, Message::binary(block(1).into_bytes())).await.unwrap();
    say(&mut peer, block(2)).await;
    assert_eq!(connected.event().await, Event::Tick(Tick(2)));
}

#[tokio::test]
async fn only_cancelling_ends_it() {
    let mut node = Node::usual(|_| Reply::Lost).await;
    let mut connected = Connected::to_node(&node).await;
    let _peer = node.peer().await;
    connected.cancel.cancel();
    connected.market.closed().await;
    while connected.events.recv().await.is_some() {}
}

#[tokio::test]
async fn a_port_that_speaks_no_websocket_does_not_end_it() {
    // The node goes, and something else takes its port.
    let mut node = Node::usual(|_| Reply::Lost).await;
    let mut connected = Connected::to_node(&node).await;
    let peer = node.peer().await;
    assert!(matches!(connected.event().await, Event::Parameters(_)));
    let address = node.address;
    drop((node, peer));
    let other = loop {
        match TcpListener::bind(address).await {
            Ok(listener) => break listener,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    for _ in 0..3 {
        let (mut stream, _) = other.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"220 smtp ready\r\n").await.unwrap();
    }
    assert!(connected.events.try_recv().is_err());
    assert!(!connected.events.is_closed(), "it goes on trying");
}
