//! An engine of your own: settings, a scanner, and every command comes with it.
//!
//! `cargo run --example own_engine --features cli -- scan --word shortbread README.md`

use std::{num::NonZeroUsize, process::ExitCode};

use engine_core::prelude::*;

/// The table `[own]`: its flags, variables and keys in the settings file.
#[derive(clap::Args, serde::Deserialize)]
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
        let malicious = || ScanResult::malicious(Confidence::ONE).found("word");
        let result = if found { malicious() } else { ScanResult::benign(Confidence::HALF) };
        Ok(result.by("1.0", &self.word))
    }
}

impl Engine for Own {
    const NAME: &'static str = "own-engine";
    const ABOUT: &'static str = "Finds a word";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Settings = Self;
    type Scanner = Blocking<Self>;

    async fn build(settings: Self, at_once: NonZeroUsize) -> Result<Blocking<Self>, BoxError> {
        if settings.word.is_empty() {
            return Err("the word is empty; --word takes at least one letter".into());
        }
        Ok(Blocking::new(settings, at_once))
    }
}

fn main() -> ExitCode {
    engine_core::main::<Own>()
}
