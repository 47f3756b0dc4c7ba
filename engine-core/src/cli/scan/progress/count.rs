//! Counts what there is to scan, without reading it.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use crate::cli::scan::walk::{self, Found, Gone, Root};

/// How much was found so far. No paths are kept, so it costs the same however much there is.
#[derive(Debug, Default)]
pub(super) struct Count {
    files: AtomicU64,
    bytes: AtomicU64,
    complete: AtomicBool,
    stopped: AtomicBool,
}

impl Count {
    /// Counts on a thread of its own. Files over `max_size` are not read, so their bytes count nothing.
    pub(super) fn start(roots: Vec<Root>, follow_links: bool, max_size: u64) -> Arc<Self> {
        let count = Arc::new(Self::default());
        let counted = Arc::clone(&count);
        tokio::task::spawn_blocking(move || {
            let whole = walk::each(roots, follow_links, |found| counted.add(&found, max_size));
            counted.complete.store(whole.is_ok(), Relaxed);
        });
        count
    }

    fn add(&self, Found { path, what }: &Found, max_size: u64) -> Result<(), Gone> {
        if self.stopped.load(Relaxed) {
            return Err(Gone);
        }
        let size = match what {
            Ok(walk::Readable::File { real, .. }) => {
                fs::metadata(real.as_ref().unwrap_or(path)).map_or(0, |about| about.len())
            }
            _ => 0,
        };
        self.files.fetch_add(1, Relaxed);
        self.bytes.fetch_add(if size > max_size { 0 } else { size }, Relaxed);
        Ok(())
    }

    /// Nobody wants to know any more.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete.load(Relaxed)
    }

    pub(super) fn files(&self) -> u64 {
        self.files.load(Relaxed)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// So much was found.
    #[cfg(test)]
    pub(super) fn of(files: u64, bytes: u64, complete: bool) -> Self {
        let (files, bytes) = (AtomicU64::new(files), AtomicU64::new(bytes));
        Self { files, bytes, complete: AtomicBool::new(complete), stopped: AtomicBool::new(false) }
    }
}
