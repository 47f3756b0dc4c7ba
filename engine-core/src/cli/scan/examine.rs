//! One file: read, hashed, scanned within its time.

use std::{
    fs::File,
    io,
    num::NonZeroUsize,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, time};

use super::{
    cache::Cache,
    record::Record,
    walk::{self, Found, Readable},
};
use crate::{
    artifact::{Artifact, ReadError},
    scanner::{ErrorKind, ScanContext, ScanError, Scanner},
    verdict::Ballot,
};

/// How long past its deadline a scanner may take to say so itself; a panel needs it to count the ballots it has.
const GRACE: Duration = Duration::from_secs(2);

/// The scanner and its bounds.
pub(super) struct Job<S> {
    scanner: S,
    timeout: Duration,
    max_size: u64,
    /// Bounds how many artifacts are in memory at once, to no more than the scanner works on: a file's time begins with its place.
    places: Semaphore,
    cache: Option<Arc<Cache>>,
}

impl<S: Scanner> Job<S> {
    pub(super) fn new(scanner: S, at_once: NonZeroUsize, timeout: Duration, max_size: u64) -> Self {
        let places = at_once.min(scanner.at_once()).get();
        let places = Semaphore::new(places.min(Semaphore::MAX_PERMITS));
        Self { scanner, timeout, max_size, places, cache: None }
    }

    /// The same with results of earlier scans.
    pub(super) fn with_cache(self, cache: Option<Cache>) -> Self {
        Self { cache: cache.map(Arc::new), ..self }
    }

    /// Reads and scans what was found.
    pub(super) async fn examine(&self, Found { path, what }: Found) -> Record {
        let readable = match what {
            Ok(readable) => readable,
            Err(error) => return Record::not_asked(path, error),
        };
        // Never closed, so there is always a place in the end.
        let _place = self.places.acquire().await;
        let started = Instant::now();
        let (max_size, at, cache) = (self.max_size, path.clone(), self.cache.clone());
        let read = tokio::task::spawn_blocking(move || {
            let artifact = read(&at, readable, max_size)?;
            let kept = cache.and_then(|cache| cache.get(&artifact));
            Ok((artifact, kept))
        });
        let artifact = match read.await {
            Ok(Ok((artifact, Some(kept)))) => return kept.into_record(path, &artifact),
            Ok(Ok((artifact, None))) => artifact,
            Ok(Err(error)) => return Record::not_asked(path, error),
            Err(error) => return Record::crashed(path, &error),
        };
        let asked = Instant::now();
        let outcome = self.scan(&artifact).await;
        let ballots = match &outcome {
            Ok(result) if !result.backends.is_empty() => result.backends.clone(),
            one => vec![Ballot {
                backend: self.scanner.name().to_owned(),
                outcome: one.clone(),
                elapsed: asked.elapsed(),
            }],
        };
        let record = Record::new(path, &artifact, outcome, ballots, started.elapsed());
        self.keep(artifact, record).await
    }

    async fn keep(&self, artifact: Artifact, record: Record) -> Record {
        let Some(cache) = self.cache.clone() else { return record };
        let path = record.path.clone();
        let kept = tokio::task::spawn_blocking(move || {
            cache.put(&artifact, &record);
            record
        });
        kept.await.unwrap_or_else(|error| Record::crashed(path, &error))
    }

    async fn scan(&self, artifact: &Artifact) -> Result<crate::ScanResult, ScanError> {
        let cx = ScanContext::within(self.timeout);
        time::timeout_at(cx.deadline + GRACE, self.scanner.scan(artifact, &cx)).await.unwrap_or_else(|_| {
            Err(ScanError::timed_out(format!("{} ignored its deadline", self.scanner.name())))
        })
    }
}

/// Reads and hashes; blocks.
fn read(path: &Path, readable: Readable, max_size: u64) -> Result<Artifact, ScanError> {
    let artifact = match readable {
        Readable::Stdin => Artifact::read_from(io::stdin().lock(), max_size, 0),
        Readable::File { real, follow } => {
            let file = open(real.as_deref().unwrap_or(path), follow)
                .map_err(|error| explain(ReadError::Io(error)))?;
            let about = file.metadata().map_err(|error| explain(ReadError::Io(error)))?;
            // It was a regular file when it was found, but names can be swapped.
            if !about.is_file() {
                return Err(walk::unsupported(about.file_type()));
            }
            if about.len() > max_size {
                return Err(explain(ReadError::TooLarge { size: about.len(), max_size }));
            }
            Artifact::read_from(file, max_size, usize::try_from(about.len()).unwrap_or(0))
        }
    };
    Ok(artifact.map_err(explain)?.with_name(path.to_string_lossy()))
}

/// Opens a file for reading without waiting: if it has become a FIFO meanwhile, this returns at once. A link that is not to be
/// followed is refused.
#[cfg(unix)]
fn open(path: &Path, follow: bool) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let mut flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    flags.set(OFlags::NOFOLLOW, !follow);
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open(path: &Path, _follow: bool) -> io::Result<File> {
    File::open(path)
}

fn explain(error: ReadError) -> ScanError {
    match error {
        ReadError::TooLarge { .. } => {
            ScanError::new(ErrorKind::TooLarge, format!("{error}; --max-size raises it"))
        }
        ReadError::Io(error) => ScanError::new(ErrorKind::Unreadable, format!("cannot be read: {error}")),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use futures_util::future::join_all;

    use super::*;
    use crate::{ScanResult, ScannerExt, Verdict, units::Confidence};

    /// Says benign after two seconds.
    struct Slow;

    impl Scanner for Slow {
        fn name(&self) -> &str {
            "slow"
        }

        async fn scan(&self, _: &Artifact, cx: &ScanContext) -> Result<ScanResult, ScanError> {
            match time::timeout_at(cx.deadline, time::sleep(Duration::from_secs(2))).await {
                Ok(()) => Ok(ScanResult::new(Verdict::Benign, Confidence::HALF)),
                Err(_) => Err(ScanError::timed_out("slow")),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_does_not_wait_for_others_in_its_own_time() {
        let four = NonZeroUsize::MIN.saturating_add(3);
        let job = Job::new(Slow.limit(NonZeroUsize::MIN), four, Duration::from_secs(3), 100);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "text").unwrap();
        let found = || Found { path: path.clone(), what: Ok(Readable::File { real: None, follow: false }) };
        for record in join_all([job.examine(found()), job.examine(found()), job.examine(found())]).await {
            assert!(record.outcome.is_ok(), "{:?}", record.outcome);
        }
    }

    #[test]
    fn a_name_swapped_after_the_walk_neither_hangs_nor_leads_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let (fifo, link) = (folder.path().join("fifo"), folder.path().join("link"));
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, 0o600.into()).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", &link).unwrap();
        let read = |path, follow| read(path, Readable::File { real: None, follow }, 100).unwrap_err().kind;
        assert_eq!(read(&fifo, true), ErrorKind::Unsupported);
        assert_eq!(read(folder.path(), true), ErrorKind::Unsupported);
        assert_eq!(read(&link, false), ErrorKind::Unreadable);
        assert_eq!(read(&folder.path().join("gone"), false), ErrorKind::Unreadable);
    }
}
