//! An engine of your own: settings, a scanner, and every command comes with it.
//!
//! `cargo run --example own_engine --features cli -- scan --word shortbread README.md`

use std::{num::NonZeroUsize, process::ExitCode};

use engine_core::{
    Artifact, BoxError, Confidence, Engine, Finding, ScanContext, ScanError, ScanResult, SyncScanner,
    Verdict,
    scanner::{About, Blocking},
    settings::Section,
};

/// The table `[own]`: its flags, variables and keys in the settings file.
#[derive(clap::Args, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    /// The word that gives malware away
    #[arg(long, default_value = "EICAR-STANDARD-ANTIVIRUS-TEST-FILE")]
    word: String,
}

impl Section for Own {
    const TABLE: &'static str = "own";
}

impl SyncScanner for Own {
    fn name(&self) -> &str {
        "own"
    }

    fn about(&self) -> About {
        About::new("own").by("1.0", &self.word)
    }

    fn scan(&self, artifact: &Artifact, _: &ScanContext) -> Result<ScanResult, ScanError> {
        let found = artifact.bytes().windows(self.word.len()).any(|part| part == self.word.as_bytes());
        let (verdict, confidence) =
            if found { (Verdict::Malicious, Confidence::ONE) } else { (Verdict::Benign, Confidence::HALF) };
        let mut result = ScanResult::new(verdict, confidence).by("1.0", &self.word);
        result.findings = if found { vec![Finding::new("word")] } else { Vec::new() };
        Ok(result)
    }
}

struct OwnEngine;

impl Engine for OwnEngine {
    const NAME: &'static str = "own-engine";
    const ABOUT: &'static str = "Finds a word";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Settings = Own;
    type Scanner = Blocking<Own>;

    async fn build(settings: Own, at_once: NonZeroUsize) -> Result<Blocking<Own>, BoxError> {
        if settings.word.is_empty() {
            return Err("the word is empty; --word takes at least one letter".into());
        }
        Ok(Blocking::new(settings, at_once))
    }
}

fn main() -> ExitCode {
    engine_core::main::<OwnEngine>()
}
