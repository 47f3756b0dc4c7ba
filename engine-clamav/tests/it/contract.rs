//! The contract suite, on a real clamd that goes away, comes back and reloads, and on libclamav.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    sync::{Arc, Mutex},
};

use engine_clamav::{ClamavScanner, Options};
use engine_core::testing::Contract;
use engine_tests::{peers::clamd::Clamd, samples};

use crate::support::{clamd, over, scan};

#[tokio::test(flavor = "multi_thread")]
async fn clamd_keeps_the_contract() {
    let Some(clamd) = clamd() else { return };
    let (scanner, other) = (over(&clamd.tcp()).await, Arc::new(over(&clamd.tcp()).await));
    let clamd = Arc::new(Mutex::new(clamd));
    let (dies, lives, reloads) = (Arc::clone(&clamd), Arc::clone(&clamd), clamd);
    let act = |clamd: &Arc<Mutex<Clamd>>, act: fn(&mut Clamd)| {
        let clamd = Arc::clone(clamd);
        async move { tokio::task::spawn_blocking(move || act(&mut clamd.lock().unwrap())).await.unwrap() }
    };
    Contract::new(scanner)
        .peer(
            move || act(&dies, |clamd| clamd.kill().unwrap()),
            move || act(&lives, |clamd| clamd.restart().unwrap()),
        )
        .reload(move || {
            let (clamd, other) = (Arc::clone(&reloads), Arc::clone(&other));
            async move { reload(&clamd, &other).await }
        })
        .assert()
        .await;
}

/// Gives the daemon a signature more, and waits until it knows it.
async fn reload(clamd: &Mutex<Clamd>, scanner: &ClamavScanner) {
    let (database, address) = {
        let clamd = clamd.lock().unwrap();
        (clamd.database(), clamd.tcp())
    };
    let body = b"shortbread-that-is-new";
    let signature = format!("Win.Trojan.Shortbread-1-0:0:*:{}\n", hex(body));
    fs::write(database.join("new.ndb"), signature).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"zRELOAD\0").unwrap();
    stream.read_exact(&mut [0; 9]).unwrap();
    while !scan(scanner, body.to_vec()).await.is_ok_and(|result| result.verdict.is_malicious()) {
        tokio::task::yield_now().await;
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(feature = "libclamav")]
#[tokio::test(flavor = "multi_thread")]
async fn libclamav_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    samples::database(folder.path()).unwrap();
    let mut options = Options::database(folder.path());
    options.host_program = Some(env!("CARGO_BIN_EXE_engine-clamav-host").into());
    let two = std::num::NonZeroUsize::new(2).unwrap();
    Contract::new(ClamavScanner::open(options, two).await.unwrap()).assert().await;
}
