//! Potentially unwanted applications (`PUA.…`): malicious, and less sure.

use std::{fs, io, path::Path};

use engine_core::{Confidence, Scanner, Verdict};
use engine_tests::{peers::clamd::Clamd, samples};

use crate::support::{clamd, over, scan};

/// The usual signatures, and one of something unwanted.
fn database(folder: &Path) -> io::Result<()> {
    samples::database(folder)?;
    let signature = format!("PUA.Win.Tool.Ginger-1:0:*:{}\n", hex::encode("GINGER-SYNTHETIC-BODY"));
    fs::write(folder.join("unwanted.ndb"), signature)
}

async fn is_less_sure(scanner: &impl Scanner) {
    let found = scan(scanner, "xx GINGER-SYNTHETIC-BODY yy").await.unwrap();
    assert_eq!((found.verdict, found.confidence), (Verdict::Malicious, Confidence::percent(60)));
    assert_eq!((found.family.as_deref(), found.findings.len()), (Some("Ginger"), 1));
    assert_eq!(scan(scanner, samples::marzipan()).await.unwrap().confidence, Confidence::ONE);
}

#[tokio::test]
async fn by_clamd() {
    if !Clamd::is_installed() {
        return drop(clamd());
    }
    let clamd = Clamd::over(database).unwrap();
    is_less_sure(&over(&clamd.unix()).await).await;
}

#[cfg(feature = "libclamav")]
#[tokio::test]
async fn by_libclamav() {
    let folder = tempfile::tempdir().unwrap();
    database(folder.path()).unwrap();
    let mut options = engine_clamav::Options::database(folder.path());
    options.host_program = Some(env!("CARGO_BIN_EXE_engine-clamav-host").into());
    is_less_sure(&crate::support::open(options).await).await;
}
