//! What is packed so that ClamAV cannot or will not look into it: no verdict, by clamd and by libclamav.

use base64::{Engine, prelude::BASE64_STANDARD};
use engine_core::{ErrorKind, Scanner};
use engine_tests::samples;

use crate::support::{clamd, kind, over, scan};

/// EICAR in a zip under a password (made with Debian's zip, traditional encryption).
fn encrypted_eicar() -> Vec<u8> {
    decode(
        "UEsDBAoACQAAAHgAeV08z1FoUAAAAEQAAAAJAAAAZWljYXIuY29teq+62dwepaP0Lne8IiIX36koP++CrWMwaTQ22fFMRNURd6OMszOGm6I7KTiwNCrvj1gyrPIsX5zx\
         pmWcYWwJEkPzb/v/CtMis6sk7u6I1slQSwcIPM9RaFAAAABEAAAAUEsBAh4DCgAJAAAAeAB5XTzPUWhQAAAARAAAAAkAAAAAAAAAAAAAAKSBAAAAAGVpY2FyLmNvbVBL\
         BQYAAAAAAQABADcAAACHAAAAAAA=",
    )
}

/// 500 MiB of zeros, packed by gzip three times: 256 bytes.
fn bomb() -> Vec<u8> {
    decode(
        "H4sIAAAAAAAC/5Pv5mAAAab/b+8o5okUyrQ9jMw4wXYxqNFJZ5bwFZNM3l1MJo7mLcoXWgRcfHmfM1xmvhJ6TbfUlqFxSZJo4q7dyxU+2/X/On3Sv27mnu7PPzd8zPhT\
         ajp7rXy6+P99/+fZywLNbui03v33T4UxG4/+8aevJ28HCh24svf+7bs3+5jq7++1KOMDiszYo9/Ofn5bPced+l8bHssARQwqz4eXu9/WfVC15079YzmwiD0rM5BWcDUA\
         uTmKBcRZAOEkIXNGZUZlhrHM09uv3iUZs8rc7TmtLt/+/3b/w6vzL69/3R9rw7BJYHnZhmPsDABMC4jg2AMAAA==",
    )
}

fn decode(base64: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(base64).unwrap()
}

/// The same whoever scans, since both are asked to tell what they did not look into.
async fn is_no_verdict(scanner: &impl Scanner) {
    assert_eq!(kind(scanner, encrypted_eicar()).await, ErrorKind::Encrypted);
    assert_eq!(kind(scanner, samples::encrypted_zip()).await, ErrorKind::Encrypted);
    assert_eq!(kind(scanner, bomb()).await, ErrorKind::LimitExceeded);
    assert_eq!(kind(scanner, samples::nested_zip(&samples::eicar(), 65)).await, ErrorKind::LimitExceeded);
    // As deep as it goes by default, it is found.
    let deep = scan(scanner, samples::nested_zip(&samples::eicar(), 15)).await.unwrap();
    assert_eq!(deep.family.as_deref(), Some("Eicar"));
}

#[tokio::test]
async fn by_clamd() {
    let Some(clamd) = clamd() else { return };
    is_no_verdict(&over(&clamd.tcp()).await).await;
}

#[cfg(feature = "libclamav")]
#[tokio::test]
async fn by_libclamav() {
    let folder = tempfile::tempdir().unwrap();
    samples::database(folder.path()).unwrap();
    let mut options = engine_clamav::Options::database(folder.path());
    options.host_program = Some(env!("CARGO_BIN_EXE_engine-clamav-host").into());
    is_no_verdict(&crate::support::open(options).await).await;
}
