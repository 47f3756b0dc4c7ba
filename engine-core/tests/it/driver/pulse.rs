//! The sign of life for a watchdog: from the loop that does the work, so none when it hangs.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};

use engine_core::{
    Confidence,
    bounty::{Parameters, Step, bid::BidStrategy},
    engine::{driver::Plan, pulse::Pulse},
    units::Nct,
};
use tokio::time;

use super::{
    market::{Call, Fault},
    rig::{Bench, bounty, plan},
};

const EVERY: Duration = Duration::from_millis(2);

/// Counts the signs of life.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn pulse(&self) -> impl FnOnce() -> Option<Pulse> + Send + use<> {
        let count = Arc::clone(&self.0);
        || {
            Some(Pulse::new(EVERY, move || {
                count.fetch_add(1, Ordering::SeqCst);
            }))
        }
    }

    fn now(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Waits for ten more.
    async fn goes_on(&self) {
        let until = self.now() + 10;
        let wait = async {
            while self.now() < until {
                time::sleep(EVERY).await;
            }
        };
        assert!(time::timeout(Duration::from_secs(60), wait).await.is_ok(), "no sign of life");
    }
}

/// A bug in the loop: it says that it hangs, and goes on when the test lets it.
#[derive(Debug)]
struct Hangs {
    hanging: SyncSender<()>,
    go_on: Mutex<Receiver<()>>,
}

impl BidStrategy for Hangs {
    fn bids(&self, limits: &Parameters, mask: &[bool], _confidences: &[Confidence]) -> Vec<Nct> {
        self.hanging.send(()).unwrap();
        self.go_on.lock().unwrap().recv().unwrap();
        vec![limits.bid_minimum; mask.len()]
    }
}

#[tokio::test]
async fn a_loop_that_hangs_gives_no_sign_of_life() {
    let (bench, counted) = (Bench::new(), Counted::default());
    let ((hanging, hangs), (release, go_on)) = (sync_channel(0), sync_channel(0));
    let bids = Box::new(Hangs { hanging, go_on: Mutex::new(go_on) });
    // The other thread would run whatever beats outside the loop.
    let rig = bench.start_beating(2, Plan { bids, ..plan() }, counted.pulse()).await;
    counted.goes_on().await;

    rig.announce(&bounty(1)).await;
    tokio::task::spawn_blocking(move || hangs.recv()).await.unwrap().unwrap();
    let then = counted.now();
    // Ten would be due; the test's own clock, on another thread, has them.
    let mut due = time::interval(EVERY);
    for _ in 0..10 {
        due.tick().await;
    }
    assert_eq!(counted.now(), then);

    release.send(()).unwrap();
    counted.goes_on().await;
    rig.stop().await;
}

#[tokio::test]
async fn it_is_given_while_a_shutdown_waits_for_a_request() {
    let (bench, counted) = (Bench::new(), Counted::default());
    bench.market.fail(Call::Send(Step::Assert), [Fault::Held]);
    let mut rig = bench.start_beating(1, plan(), counted.pulse()).await;
    rig.announce(&bounty(1)).await;
    bench.market.asked(Call::Send(Step::Assert), 1).await;
    rig.cancel().await;
    counted.goes_on().await;
    bench.market.release();
    rig.end().await.unwrap();
}
