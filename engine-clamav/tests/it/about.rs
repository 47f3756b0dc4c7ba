//! What ClamAV says that it works with, for `check`.

use std::time::Duration;

use engine_clamav::Options;
use engine_core::Scanner;
use engine_tests::peers::free_port;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{clamd, open, over};

#[tokio::test]
async fn a_real_daemon() {
    let Some(clamd) = clamd() else { return };
    let about = over(&clamd.tcp()).await.about().await;
    assert!(about.version.unwrap().starts_with("ClamAV "));
    assert_eq!(
        about.signatures, None,
        "its signatures may change under the same name, so no result is kept by it"
    );
    let facts = [
        ("clamd", clamd.tcp()),
        ("signatures", "unversioned".to_owned()),
        ("age", "not known, no official database is loaded".to_owned()),
    ];
    assert_eq!(about.facts, facts);
    assert_eq!(about.warnings, Vec::<String>::new());
}

#[tokio::test]
async fn a_dead_daemon_is_a_warning() {
    let nowhere = format!("127.0.0.1:{}", free_port().unwrap());
    let about = over(&nowhere).await.about().await;
    assert_eq!((about.version, about.signatures), (None, None));
    assert!(about.warnings[0].contains(&nowhere), "{:?}", about.warnings);
}

/// A daemon with the official database of 2020: as old as it says, and a warning unless that is how it is wanted.
#[tokio::test]
async fn an_old_database_is_a_warning() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 64]).await;
            let _ = stream.write_all(b"ClamAV 0.102.4/25912/Fri Aug 28 13:19:15 2020\0").await;
        }
    });
    let mut options = Options::clamd(address.parse().unwrap());
    let about = open(options.clone()).await.about().await;
    assert_eq!(about.signatures.as_deref(), Some("25912/Fri Aug 28 13:19:15 2020"));
    assert_eq!(about.facts[1], ("signatures", "25912".to_owned()));
    assert_eq!(about.facts[2], ("date", "Fri, 28 Aug 2020 13:19:15 GMT".to_owned()));
    assert!(about.warnings[0].contains("freshclam"), "{:?}", about.warnings);
    options.max_age = Duration::ZERO;
    assert_eq!(open(options).await.about().await.warnings, Vec::<String>::new());
}

#[cfg(feature = "libclamav")]
#[tokio::test]
async fn libclamav_over_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    engine_tests::samples::database(folder.path()).unwrap();
    let mut options = Options::database(folder.path());
    options.host_program = Some(env!("CARGO_BIN_EXE_engine-clamav-host").into());
    let about = open(options).await.about().await;
    assert!(about.version.unwrap().starts_with("ClamAV "));
    assert_eq!(about.signatures, engine_clamav::database::digest(folder.path()).ok());
    let fact =
        |name: &str| about.facts.iter().find(|(known, _)| *known == name).map(|(_, fact)| fact.as_str());
    assert_eq!(fact("database"), folder.path().to_str());
    assert_eq!((fact("processes_at_most"), fact("memory_limit")), (Some("1"), Some("4096 MiB each")));
    assert_eq!((fact("signatures"), fact("age")), (Some("own.ndb"), Some("less than a day")));
    assert_eq!(about.warnings, Vec::<String>::new());
}
