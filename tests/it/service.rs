//! What a service manager hears from an engine: systemd's protocol, spoken to a socket of the test.

use std::time::Duration;

use engine_tests::{
    running::{Engine, workspace},
    testnet::{Settings, Testnet},
};
use tempfile::TempDir;
use tokio::{net::UnixDatagram, time};

/// A service manager that only listens.
struct Manager {
    socket: UnixDatagram,
    folder: TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        Self { socket, folder }
    }

    fn engine(&self) -> Engine {
        let rules = ["--rules".into(), workspace("deploy/rules/demo").into_os_string()];
        Engine::new("engine-yara", rules).unwrap().env("NOTIFY_SOCKET", self.folder.path().join("notify"))
    }

    /// The next message's lines.
    async fn hears(&self) -> Vec<String> {
        let mut message = [0; 4096];
        let size = time::timeout(Duration::from_secs(60), self.socket.recv(&mut message)).await;
        let size = size.expect("the engine says something").unwrap();
        String::from_utf8_lossy(&message[..size]).lines().map(str::to_owned).collect()
    }

    /// The next message that is no sign of life.
    async fn hears_news(&self) -> Vec<String> {
        loop {
            let lines = self.hears().await;
            if lines != ["WATCHDOG=1"] {
                return lines;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_alive_stopping() {
    let manager = Manager::new();
    let engine = manager.engine().env("WATCHDOG_USEC", "20000");
    let net = Testnet::start(Settings::default()).await.unwrap();
    let mut running = engine.run(&net.url()).unwrap();

    let first =
        running.while_it_runs(manager.hears()).await.unwrap_or_else(|e| panic!("{e}\n{}", engine.log()));
    assert!(first.contains(&"READY=1".to_owned()), "{first:?}");
    // It has connected before: nobody waits here.
    assert!(time::timeout(Duration::ZERO, net.first_client()).await.is_ok(), "ready before it is connected");
    for _ in 0..5 {
        assert_eq!(manager.hears().await, ["WATCHDOG=1"]);
    }

    let (stopped, last) = tokio::join!(running.stop(), manager.hears_news());
    assert!(last.contains(&"STOPPING=1".to_owned()), "{last:?}");
    assert!(stopped.unwrap().success(), "{}", engine.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_node_it_is_not_ready() {
    let manager = Manager::new();
    let engine = manager.engine();
    let status = engine.run("http://127.0.0.1:9").unwrap().ended().await.unwrap();
    assert_eq!(status.code(), Some(2), "{}", engine.log());
    let mut message = [0; 64];
    assert!(manager.socket.try_recv(&mut message).is_err(), "{}", String::from_utf8_lossy(&message));
}

/// Nobody asked for signs of life, so there are none.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_watchdog_there_are_no_signs_of_life() {
    let manager = Manager::new();
    let engine = manager.engine();
    let net = Testnet::start(Settings::default()).await.unwrap();
    let running = engine.run(&net.url()).unwrap();
    assert!(manager.hears().await.contains(&"READY=1".to_owned()), "{}", engine.log());
    let (stopped, next) = tokio::join!(running.stop(), manager.hears());
    assert!(next.contains(&"STOPPING=1".to_owned()), "{next:?}");
    assert!(stopped.unwrap().success(), "{}", engine.log());
}
