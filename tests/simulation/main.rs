//! The simulated life is the same twice, every rule holds in it, and it finds out each engine that is broken on purpose.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

/// Ten engines that are broken on purpose.
#[cfg(feature = "failpoints")]
mod broken;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use engine_tests::simulation::{Life, live};

/// So many lives are lived at each change of the code; `tests/simulate --seeds 10000` lives more.
const SEEDS: u64 = 300;

#[test]
fn the_same_seed_is_the_same_life() {
    for seed in 0..20 {
        let (first, again) = (live(seed, false).unwrap(), live(seed, true).unwrap());
        assert_eq!(first.hash, again.hash, "seed {seed}");
        assert!(!again.log.is_empty());
    }
    assert_ne!(live(0, false).unwrap().hash, live(1, false).unwrap().hash);
}

#[test]
fn every_rule_holds_in_every_life() {
    let next = AtomicU64::new(0);
    let lives: Vec<Life> = thread::scope(|scope| {
        let one_after_the_other = || {
            let seeds = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
            seeds.take_while(|seed| *seed < SEEDS).map(|seed| live(seed, false).unwrap()).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(one_after_the_other)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(lives.len() as u64, SEEDS);
    let broken: Vec<_> =
        lives.iter().flat_map(|life| life.broken.iter().map(|rule| (life.seed, rule))).collect();
    assert!(broken.is_empty(), "look at one with `tests/simulate --seed SEED`: {broken:#?}");

    // There is something to judge: processes die, and most of what is asserted is revealed, but not all of it can be.
    let sum = |count: fn(&Life) -> u64| lives.iter().map(count).sum::<u64>();
    let (staked, revealed) = (sum(|life| life.staked as u64), sum(|life| life.revealed as u64));
    assert!(sum(|life| life.processes) > 10 * SEEDS, "{} processes", sum(|life| life.processes));
    assert!(
        staked > 8 * SEEDS && revealed * 10 > staked * 8 && revealed < staked,
        "{staked} staked, {revealed} revealed"
    );
}
