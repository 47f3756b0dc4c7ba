//! What is posted in a month, and when.

use std::time::Duration;

use engine_core::{
    ArtifactKind,
    bounty::{Bounty, BountyId},
    units::{Chain, Guid, Nct, Tick},
};
use uuid::Uuid;

use super::dice::Dice;

/// A bounty that is to be posted.
#[derive(Clone, Debug)]
pub(super) struct Posting {
    /// At this block.
    pub(super) block: u64,
    /// It takes assertions for so many blocks.
    pub(super) lasts: u64,
    /// Arbiters have decided it so many blocks after that.
    pub(super) decided_after: u64,
    /// How many others assert before us.
    pub(super) others: u64,
    pub(super) bounty: Bounty,
    pub(super) artifacts: Vec<Artifact>,
    /// How many more artifacts are listed than the contract counts.
    pub(super) surplus: usize,
}

/// An artifact: what a scan will say of it, and how long it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Artifact {
    /// `m`alicious, `b`enign, or a `f`ailure.
    pub(super) kind: char,
    pub(super) takes: Duration,
}

/// How long a month is, in seconds.
const MONTH: u64 = 30 * 24 * 3600;

/// The postings of a month, the last first.
pub(super) fn month(seed: u64, block: u64, block_time: Duration) -> Vec<Posting> {
    let mut dice = Dice::new(seed, 2);
    let blocks = MONTH / block_time.as_secs().max(1);
    let mut all = Vec::new();
    for _ in 0..dice.number(7..=11) {
        let start = block + dice.number(1..=blocks);
        for _ in 0..dice.number(1..=5) {
            let guid = Guid(Uuid::from_u128(u128::from(dice.number(1..=u64::MAX)) << 64));
            let lasts = dice.number(5..=30);
            let artifacts = (0..dice.number(1..=3)).map(|_| artifact(&mut dice, lasts, block_time)).collect();
            all.push(Posting {
                block: start + dice.number(0..=12),
                lasts,
                decided_after: dice.number(0..=60),
                others: dice.number(0..=4),
                bounty: Bounty {
                    id: BountyId { chain: Chain::Side, guid },
                    kind: ArtifactKind::File,
                    amount: Nct::ONE,
                    uri: "artifacts".to_owned(),
                    expiration: Tick(0),
                    metadata: Vec::new(),
                },
                artifacts,
                surplus: usize::from(dice.in_thousand(100)),
            });
        }
    }
    all.sort_by_key(|posting| std::cmp::Reverse((posting.block, posting.bounty.id)));
    all
}

fn artifact(dice: &mut Dice, lasts: u64, block_time: Duration) -> Artifact {
    let kind = *dice.one_of(&['m', 'm', 'm', 'b', 'b', 'f']).unwrap_or(&'m');
    // Some scans are done just before assertions end, some too late.
    let ticks = match dice.number(0..=9) {
        0 | 1 => dice.number(0..=lasts),
        2 | 3 => lasts.saturating_sub(dice.number(2..=4)),
        _ => 0,
    };
    let blocks = block_time.saturating_mul(u32::try_from(ticks).unwrap_or(0));
    Artifact { kind, takes: blocks + Duration::from_millis(dice.number(0..=900)) }
}
