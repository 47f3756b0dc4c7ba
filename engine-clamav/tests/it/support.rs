//! What these tests share.

use std::{num::NonZeroUsize, time::Duration};

use engine_clamav::{ClamavScanner, Options, StartError, clamd::Address};
use engine_core::{Artifact, ErrorKind, ScanContext, ScanError, ScanResult, Scanner};
use engine_tests::peers::clamd::Clamd;

/// Long enough for whatever is to happen, on a busy machine too.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) async fn try_open(options: Options) -> Result<ClamavScanner, StartError> {
    ClamavScanner::open(options, NonZeroUsize::MIN).await
}

pub(crate) async fn open(options: Options) -> ClamavScanner {
    try_open(options).await.expect("a scanner")
}

/// A scanner over the clamd at an address.
pub(crate) async fn over(address: &str) -> ClamavScanner {
    open(Options::clamd(address.parse::<Address>().unwrap())).await
}

pub(crate) async fn scan(scanner: &impl Scanner, bytes: impl Into<Vec<u8>>) -> Result<ScanResult, ScanError> {
    scanner.scan(&Artifact::file(bytes.into()), &ScanContext::within(LONG)).await
}

pub(crate) async fn kind(scanner: &impl Scanner, bytes: impl Into<Vec<u8>>) -> ErrorKind {
    scan(scanner, bytes).await.expect_err("a failure").kind
}

/// A real clamd, or `None` and a loud message where it is not installed.
pub(crate) fn clamd() -> Option<Clamd> {
    if Clamd::is_installed() {
        return Some(Clamd::start().expect("clamd starts"));
    }
    eprintln!("SKIPPED: clamd is not installed (apt-get install clamav-daemon, or tests/run)");
    None
}
