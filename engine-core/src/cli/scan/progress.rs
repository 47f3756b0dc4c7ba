//! How far a scan is, on standard error: a bar on a terminal, elsewhere a line now and then.
//!
//! A second walk, ahead of the scan, counts what there is to do; until it is done the total is marked with a `+`.

mod count;

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Deserialize;
use tokio_util::task::AbortOnDropHandle;

use self::count::Count;
use super::{record::Record, walk::Root};

/// Between two draws of the bar.
const DRAW_EVERY: Duration = Duration::from_millis(200);
/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// What a file costs beside its bytes, in bytes: opening and looking up weigh as much as scanning so many.
const PER_FILE: u64 = 64 << 10;

/// When progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum When {
    /// Where standard error is a terminal.
    Auto,
    /// Always: without a terminal as a line every ten seconds and one at the end.
    Always,
    /// Never.
    Never,
}

/// What is shown, if anything is.
pub(super) struct Progress(Option<Shown>);

struct Shown {
    done: Arc<Done>,
    how: How,
}

enum How {
    Bar(ProgressBar),
    Lines(#[expect(dead_code, reason = "it writes lines until it is dropped")] AbortOnDropHandle<()>),
}

/// What has been done, of what there is.
struct Done {
    of: Arc<Count>,
    files: AtomicU64,
    bytes: AtomicU64,
    since: Instant,
}

impl Progress {
    /// Begins to count and to show, within a runtime.
    pub(super) fn start(when: When, roots: &[Root], follow_links: bool, max_size: u64) -> Self {
        let terminal = io::stderr().is_terminal();
        if when == When::Never || (when == When::Auto && !terminal) {
            return Self(None);
        }
        let of = Count::start(roots.to_vec(), follow_links, max_size);
        let since = Instant::now();
        let done = Arc::new(Done { of, files: AtomicU64::new(0), bytes: AtomicU64::new(0), since });
        let how = if terminal { How::Bar(bar(Arc::clone(&done))) } else { lines(Arc::clone(&done)) };
        Self(Some(Shown { done, how }))
    }

    /// Nothing is shown.
    pub(super) fn none() -> Self {
        Self(None)
    }

    /// Counts what was printed.
    pub(super) fn add(&self, records: &[Record]) {
        let Some(Shown { done, how }) = &self.0 else { return };
        done.files.fetch_add(records.len() as u64, Relaxed);
        done.bytes.fetch_add(records.iter().map(Record::size).sum(), Relaxed);
        if let How::Bar(bar) = how {
            bar.set_length(done.of.files().saturating_mul(PER_FILE).saturating_add(done.of.bytes()));
            bar.set_position(done.work());
        }
    }

    /// Does something that writes to the terminal, with the bar out of the way.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(Shown { how: How::Bar(bar), .. }) => bar.suspend(write),
            _ => write(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let Some(Shown { done, how }) = &self.0 else { return };
        done.of.stop();
        match how {
            How::Bar(bar) => bar.finish_and_clear(),
            How::Lines(_) => tell(done),
        }
    }
}

fn bar(done: Arc<Done>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let text = move |_: &ProgressState, to: &mut dyn std::fmt::Write| {
        let _ = to.write_str(&done.line());
    };
    // The template is ours, so it is one.
    if let Ok(style) = ProgressStyle::with_template("[{bar:24}] {percent:>3}% {done}") {
        bar.set_style(style.progress_chars("=> ").with_key("done", text));
    }
    bar.enable_steady_tick(DRAW_EVERY);
    bar
}

fn lines(done: Arc<Done>) -> How {
    How::Lines(AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            tokio::time::sleep(LINE_EVERY).await;
            tell(&done);
        }
    })))
}

fn tell(done: &Done) {
    let _ = writeln!(io::stderr(), "progress: {}", done.line());
}

impl Done {
    fn work(&self) -> u64 {
        let bytes = self.bytes.load(Relaxed);
        self.files.load(Relaxed).saturating_mul(PER_FILE).saturating_add(bytes)
    }

    fn line(&self) -> String {
        let (files, bytes) = (self.files.load(Relaxed), self.bytes.load(Relaxed));
        // The counting walk can be behind, and what it counted can have changed since.
        let total = self.of.files().max(files);
        let more = if self.of.is_complete() { "" } else { "+" };
        let seconds = self.since.elapsed().as_secs_f64().max(0.001);
        let (per_second, megabytes) = (files as f64 / seconds, bytes as f64 / 1e6 / seconds);
        let mut line =
            format!("{files} of {total}{more} files, {per_second:.0} files/s, {megabytes:.1} MB/s");
        let (done, all) = (self.work(), total.saturating_mul(PER_FILE).saturating_add(self.of.bytes()));
        if done > 0 && done < all && more.is_empty() {
            let left = seconds * (all - done) as f64 / done as f64;
            let _ = write!(line, ", {} left", humantime::format_duration(Duration::from_secs(left as u64)));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(files: u64, bytes: u64, of: Count) -> String {
        let (files, bytes) = (AtomicU64::new(files), AtomicU64::new(bytes));
        Done { of: Arc::new(of), files, bytes, since: Instant::now() }.line()
    }

    #[test]
    fn what_is_left_is_told_once_the_total_is_known() {
        let known = line(1, 1000, Count::of(4, 4000, true));
        assert!(
            known.starts_with("1 of 4 files, ") && known.contains(" MB/s, ") && known.ends_with(" left"),
            "{known}"
        );
        let growing = line(1, 1000, Count::of(4, 4000, false));
        assert!(growing.starts_with("1 of 4+ files, ") && !growing.contains("left"), "{growing}");
        let done = line(4, 4000, Count::of(4, 4000, true));
        assert!(done.starts_with("4 of 4 files, ") && !done.contains("left"), "{done}");
        // The scan has overtaken the count.
        assert!(line(5, 0, Count::of(4, 4000, false)).starts_with("5 of 5+ files, "));
    }
}
