//! A rule of your own to distil by, with every command: an engine whose scanner is a panel under that rule.
//!
//! `cargo run --example own_rule -- scan --rules ../deploy/rules/demo --clamd 127.0.0.1:3310 README.md`

use std::{ffi::OsString, num::NonZeroUsize, process::ExitCode};

use engine_clamav::Clamav;
use engine_core::prelude::*;
use engine_multi::{Backend, Distill, Panel, distill::Tally};
use engine_yara::Yara;

/// The first backend with an opinion decides; those after it are asked for what they know of families and findings only.
struct FirstOpinion;

impl Distill for FirstOpinion {
    fn distill(&self, ballots: &[Ballot]) -> Result<ScanResult, ScanError> {
        let mut verdict = Verdict::Unknown;
        for ballot in ballots {
            match &ballot.outcome {
                Ok(result) if result.verdict.has_opinion() => verdict = result.verdict,
                Ok(_) => continue,
                // A failure is not an opinion, and the next one's would hide that the first had none.
                Err(_) => {}
            }
            break;
        }
        // Confidence, findings, `complete` and the explanation are written as by the rules that come with the crate.
        Ok(Tally::of(ballots).result("first-opinion", verdict))
    }
}

struct OwnRule;

impl Engine for OwnRule {
    const NAME: &'static str = "own-rule";
    const ABOUT: &'static str = "ClamAV decides, and YARA where ClamAV has no opinion";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Settings = (engine_clamav::Settings, engine_yara::Settings);
    type Scanner = Panel<FirstOpinion>;

    async fn build(
        (clamav, yara): Self::Settings,
        at_once: NonZeroUsize,
    ) -> Result<Panel<FirstOpinion>, BoxError> {
        let clamav = Backend::new(Clamav::build(clamav, at_once).await?);
        let yara = Backend::new(Yara::build(yara, at_once).await?);
        Ok(Panel::new(vec![clamav, yara], FirstOpinion)?.named("own-rule"))
    }

    fn child(args: Vec<OsString>) -> Result<(), BoxError> {
        engine_yara::child(args)
    }
}

fn main() -> ExitCode {
    engine_core::main::<OwnRule>()
}
