//! An engine with a bid strategy of its own: `run` stakes what it says, unless `--bid-strategy` asks for another one.
//!
//! `cargo run --example own_bids --features polyswarmd -- run --help`

use std::{num::NonZeroUsize, process::ExitCode};

use engine_core::{
    Nct,
    bounty::{Parameters, bid::BidStrategy},
    prelude::*,
};

/// The table `[bids]`.
#[derive(Clone, clap::Args, serde::Deserialize)]
struct Bids {
    /// From which confidence on, 0 to 1, the most is staked; below it the least
    #[arg(long, value_name = "CONFIDENCE", default_value = "0.9")]
    all_in_from: Confidence,
}

impl Section for Bids {
    const TABLE: &'static str = "bids";
}

/// All or next to nothing.
#[derive(Debug)]
struct AllOrLittle {
    from: Confidence,
}

impl BidStrategy for AllOrLittle {
    fn bids(&self, limits: &Parameters, mask: &[bool], confidences: &[Confidence]) -> Vec<Nct> {
        let asserted = mask.iter().zip(confidences).filter(|(bit, _)| **bit);
        let is_sure = |confidence: &Confidence| confidence.get() >= self.from.get();
        asserted.map(|(_, c)| if is_sure(c) { limits.bid_maximum } else { limits.bid_minimum }).collect()
    }
}

/// Programs for DOS and Windows are malicious here: the strategy is the point.
struct NoPrograms;

impl SyncScanner for NoPrograms {
    fn name(&self) -> &str {
        "no-programs"
    }

    fn scan(&self, artifact: &Artifact, _: &ScanContext) -> Result<ScanResult, ScanError> {
        let is_program = artifact.bytes().starts_with(b"MZ");
        let malicious = || ScanResult::malicious(Confidence::ONE).found("program");
        let result = if is_program { malicious() } else { ScanResult::benign(Confidence::HALF) };
        Ok(result.by("1.0", "none"))
    }
}

struct OwnBids;

impl Engine for OwnBids {
    const NAME: &'static str = "own-bids";
    const ABOUT: &'static str = "Stakes all or next to nothing";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Settings = Bids;
    type Scanner = Blocking<NoPrograms>;

    async fn build(_: Bids, at_once: NonZeroUsize) -> Result<Self::Scanner, BoxError> {
        Ok(Blocking::new(NoPrograms, at_once))
    }

    fn bid_strategy(settings: &Bids) -> Option<Box<dyn BidStrategy>> {
        Some(Box::new(AllOrLittle { from: settings.all_in_from }))
    }
}

fn main() -> ExitCode {
    engine_core::main::<OwnBids>()
}
