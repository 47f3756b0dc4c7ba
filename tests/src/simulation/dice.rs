//! Chance, all of it drawn from one seed.

use std::ops::RangeInclusive;

use rand::{RngExt, SeedableRng, rngs::ChaCha8Rng};

/// A stream of draws.
#[derive(Debug)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// One of the streams of a seed: what one part draws does not move what another part draws.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        Self(Self::generator(seed, stream))
    }

    /// The same as a generator for others.
    pub(super) fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        rng
    }

    /// True so many times in a thousand.
    pub(super) fn in_thousand(&mut self, times: u32) -> bool {
        self.0.random_range(0..1000u32) < times
    }

    /// A number of a range.
    pub(super) fn number(&mut self, range: RangeInclusive<u64>) -> u64 {
        self.0.random_range(range)
    }

    /// One of them; `None` of nothing.
    pub(super) fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let last = u64::try_from(all.len()).ok()?.checked_sub(1)?;
        all.get(usize::try_from(self.number(0..=last)).ok()?)
    }
}
