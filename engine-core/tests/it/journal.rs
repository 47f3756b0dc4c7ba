//! The journal: whose it is, who may open it, and what it keeps.

use std::path::Path;

use engine_core::{
    ArtifactKind,
    bounty::{
        Assertion, Bounty, BountyId, Step,
        commitment::Commitment,
        evidence::Basis,
        machine::{Outcome, Stage},
    },
    engine::journal::{Journal, JournalError, Signed, SignedTransaction},
    units::{Chain, Guid, Nct, Tick},
};
use tokio_rusqlite::rusqlite;

const ACCOUNT: &str = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";

fn bounty(n: u128) -> Bounty {
    Bounty {
        id: BountyId { chain: Chain::Side, guid: Guid(uuid::Uuid::from_u128(n)) },
        kind: ArtifactKind::File,
        amount: Nct::ONE,
        uri: "Qm".to_owned(),
        expiration: Tick(100),
        metadata: vec![serde_json::Map::from_iter([("filename".to_owned(), "ä".into())])],
    }
}

fn assertion() -> Assertion {
    let secret = "7".parse().unwrap();
    Assertion {
        mask: vec![true, false],
        verdicts: vec![true, false],
        bids: vec![Nct(u128::MAX)],
        secret,
        commitment: Commitment::new(ACCOUNT.parse().unwrap(), &[true, false], secret).unwrap(),
        metadata: "[]".to_owned(),
    }
}

fn signed(nonce: u64) -> Signed {
    let transaction =
        |nonce| SignedTransaction { raw: format!("raw {nonce}"), hash: format!("hash {nonce}"), nonce };
    Signed { transactions: vec![transaction(nonce), transaction(nonce + 1)] }
}

async fn open(path: &Path) -> Result<Journal, JournalError> {
    Journal::open(path, ACCOUNT).await
}

/// An error with its causes, as the program prints it.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

async fn refusal(path: &Path) -> String {
    told(&open(path).await.unwrap_err())
}

#[tokio::test]
async fn what_was_sealed_is_there_after_a_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let journal = open(&path).await.unwrap();
    let sealed = journal.seal(&bounty(1), &assertion(), &Basis::default(), signed(5)).await.unwrap();
    let record = journal.record(bounty(1).id).await.unwrap().unwrap();
    assert_eq!((record.stage, record.index), (Stage::Signed(Step::Assert), None));
    journal.note(bounty(1).id, Stage::Done(Step::Assert), Some(3)).await.unwrap();
    let revealing = journal.seal_step(&record, Step::Reveal, signed(7)).await;
    journal.set_learned(Chain::Side, "pins".to_owned()).await.unwrap();
    drop(journal);

    let journal = open(&path).await.unwrap();
    let [record] = <[_; 1]>::try_from(journal.open_records().await.unwrap()).unwrap();
    assert_eq!((&record.bounty, &record.assertion), (&bounty(1), &assertion()));
    assert_eq!((record.stage, record.index), (Stage::Signed(Step::Reveal), Some(3)));
    assert_eq!(record.signed(Step::Assert), Some(sealed));
    assert_eq!(record.signed(Step::Reveal), Some(revealing));
    assert_eq!(record.signed(Step::Settle), None);
    assert_eq!(journal.learned(Chain::Side).await.unwrap().as_deref(), Some("pins"));
    assert_eq!(journal.learned(Chain::Home).await.unwrap(), None);
}

/// The index may be known and not noted, when the disk was full for a moment: then it is sealed with the reveal.
#[tokio::test]
async fn a_step_is_sealed_with_the_index_it_was_built_for() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder.path().join("journal")).await.unwrap();
    journal.seal(&bounty(1), &assertion(), &Basis::default(), signed(5)).await.unwrap();
    let mut record = journal.record(bounty(1).id).await.unwrap().unwrap();
    record.index = Some(9);
    journal.seal_step(&record, Step::Reveal, signed(7)).await;
    assert_eq!(journal.record(bounty(1).id).await.unwrap().unwrap().index, Some(9));
}

/// The word that a step is done may be written late, when the disk was full before: what is sealed since then stays sealed.
#[tokio::test]
async fn a_late_note_does_not_undo_what_was_sealed_since() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, id) = (open(&folder.path().join("journal")).await.unwrap(), bounty(1).id);
    journal.seal(&bounty(1), &assertion(), &Basis::default(), signed(5)).await.unwrap();
    let record = journal.record(id).await.unwrap().unwrap();
    let stage = async || journal.record(id).await.unwrap().unwrap().stage;
    journal.seal_step(&record, Step::Reveal, signed(7)).await;
    journal.note(id, Stage::Done(Step::Assert), Some(3)).await.unwrap();
    assert_eq!(stage().await, Stage::Signed(Step::Reveal));
    journal.note(id, Stage::Done(Step::Reveal), None).await.unwrap();
    assert_eq!(stage().await, Stage::Done(Step::Reveal));
    journal.seal_step(&record, Step::Settle, signed(8)).await;
    for late in [Step::Assert, Step::Reveal] {
        journal.note(id, Stage::Done(late), None).await.unwrap();
        assert_eq!(stage().await, Stage::Signed(Step::Settle), "{late}");
    }
}

#[tokio::test]
async fn a_bounty_is_sealed_once() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder.path().join("journal")).await.unwrap();
    journal.seal(&bounty(1), &assertion(), &Basis::default(), signed(5)).await.unwrap();
    let again = journal.seal(&bounty(1), &assertion(), &Basis::default(), signed(7)).await;
    assert!(matches!(again, Err(JournalError::Sqlite { .. })), "{again:?}");
    journal.note(bounty(1).id, Stage::Over(Outcome::Missed(Step::Assert)), None).await.unwrap();
    assert!(
        journal.seal(&bounty(1), &assertion(), &Basis::default(), signed(9)).await.is_err(),
        "not when it is over either"
    );
    let record = journal.record(bounty(1).id).await.unwrap().unwrap();
    assert_eq!(record.signed(Step::Assert).unwrap().signed(), &signed(5), "the first bytes stay");
    let elsewhere = Bounty { id: BountyId { chain: Chain::Home, ..bounty(1).id }, ..bounty(1) };
    journal.seal(&elsewhere, &assertion(), &Basis::default(), signed(5)).await.unwrap();
}

#[tokio::test]
async fn what_is_owed_comes_in_the_order_of_account_nonces() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder.path().join("journal")).await.unwrap();
    for (n, nonce) in [(1, 30), (2, 4), (3, 100), (4, 10)] {
        journal.seal(&bounty(n), &assertion(), &Basis::default(), signed(nonce)).await.unwrap();
    }
    journal.note(bounty(4).id, Stage::Over(Outcome::Settled { payout: Some(Nct(1)) }), None).await.unwrap();
    let open: Vec<_> = journal.open_records().await.unwrap().iter().map(|record| record.bounty.id).collect();
    assert_eq!(open, [bounty(2).id, bounty(1).id, bounty(3).id]);
    assert!(journal.record(bounty(4).id).await.unwrap().is_some(), "what is over is still known");
}

#[tokio::test]
async fn a_bounty_that_was_never_sealed_is_not_noted() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder.path().join("journal")).await.unwrap();
    journal.note(bounty(1).id, Stage::Over(Outcome::Missed(Step::Assert)), None).await.unwrap();
    assert_eq!(journal.record(bounty(1).id).await.unwrap(), None);
}

/// Two engines on one account would spend each other's nonces.
#[tokio::test]
async fn a_second_process_is_refused_and_told_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let first = open(&path).await.unwrap();
    let why = refusal(&path).await;
    assert!(why.contains(&format!("in use by process {}", std::process::id())), "{why}");
    let clone = first.clone();
    drop(first);
    assert!(open(&path).await.is_err(), "a clone is the same journal");
    drop(clone);
    open(&path).await.unwrap();
}

#[tokio::test]
async fn another_accounts_journal_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    open(&path).await.unwrap();
    let error = Journal::open(&path, "0x0000000000000000000000000000000000000001").await.unwrap_err();
    assert!(matches!(&error, JournalError::Foreign { owner, .. } if owner == ACCOUNT), "{error}");
    open(&path).await.unwrap();
}

/// A newer program may keep what this one does not know of.
#[tokio::test]
async fn a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    open(&path).await.unwrap();
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 3).unwrap();
    let why = refusal(&path).await;
    assert!(why.contains("version 3") && why.contains("newer program"), "{why}");
}

/// Whatever else the file is, it stays as it was.
#[tokio::test]
async fn what_is_no_journal_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    std::fs::write(&text, "not a database, but long enough to be taken for one".repeat(20)).unwrap();
    let database = folder.path().join("database");
    rusqlite::Connection::open(&database).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    for path in [text, database] {
        let before = std::fs::read(&path).unwrap();
        let why = refusal(&path).await;
        assert!(why.contains(&path.display().to_string()), "{why}");
        assert!(std::fs::read(&path).unwrap() == before, "{}", path.display());
    }
    let why = refusal(&folder.path().join("database")).await;
    assert!(why.contains("--journal"), "{why}");
    let why = refusal(&folder.path().join("no such folder/journal")).await;
    assert!(why.contains("cannot be opened") && why.contains("--journal"), "{why}");
}

/// A row that nobody can read is named, and what it is.
#[tokio::test]
async fn a_damaged_record_is_an_error_that_names_the_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let journal = open(&path).await.unwrap();
    journal.seal(&bounty(1), &assertion(), &Basis::default(), signed(5)).await.unwrap();
    let damage = "UPDATE bounty SET assertion = '{}'";
    rusqlite::Connection::open(&path).unwrap().execute_batch(damage).unwrap();
    let why = told(&journal.open_records().await.unwrap_err());
    assert!(why.contains("column assertion"), "{why}");
}

/// Whoever reads it can open our commitments, and copy our verdicts.
#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    for before in [None, Some(0o644)] {
        if let Some(mode) = before {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let journal = open(&path).await.unwrap();
        let _ = journal.seal(&bounty(1), &assertion(), &Basis::default(), signed(5)).await;
        for name in ["journal", "journal-wal", "journal-shm"] {
            let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name} {mode:o}, was {before:?}");
        }
    }
}

/// A journal that version 0.1.0 left behind in the middle of its work: what is owed is taken over, with its secrets.
#[tokio::test]
async fn a_journal_of_an_older_version_is_taken_over_with_what_is_owed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/journals/version-1.sqlite"), &path).unwrap();
    for _ in 0..2 {
        let journal = open(&path).await.unwrap();
        let owed = journal.open_records().await.unwrap();
        let count = |stage| owed.iter().filter(|record| record.stage == stage).count();
        let stages = [Stage::Done(Step::Assert), Stage::Signed(Step::Reveal), Stage::Done(Step::Reveal)];
        assert_eq!(stages.map(count), [5, 1, 4]);
        for record in &owed {
            let Assertion { verdicts, secret, commitment, .. } = &record.assertion;
            assert_eq!(Commitment::new(ACCOUNT.parse().unwrap(), verdicts, *secret).unwrap(), *commitment);
            assert!(record.signed(Step::Assert).is_some());
        }
    }
    let sqlite = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = sqlite.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let staked: String = sqlite.query_row("SELECT min(staked) FROM bounty", [], |row| row.get(0)).unwrap();
    assert_eq!((version, staked.as_str()), (2, "1000000000000000000"));
}
