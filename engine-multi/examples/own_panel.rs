//! A backend of your own inside the panel, in the same program: beside engine-yara, under any rule to distil by.
//!
//! `cargo run --example own_panel -- scan --rules ../deploy/rules/demo README.md`

use std::{ffi::OsString, num::NonZeroUsize, process::ExitCode};

use engine_core::prelude::*;
use engine_multi::{Any, Backend, Panel};
use engine_yara::Yara;

/// The table `[own]`.
#[derive(clap::Args, serde::Deserialize)]
struct Own {
    /// How many zero bytes in a row are suspicious
    #[arg(long, value_name = "BYTES", default_value = "100000")]
    zeros: usize,
}

impl Section for Own {
    const TABLE: &'static str = "own";
}

/// The backend: any scanner can be one.
impl SyncScanner for Own {
    fn name(&self) -> &str {
        "zeros"
    }

    fn scan(&self, artifact: &Artifact, _: &ScanContext) -> Result<ScanResult, ScanError> {
        let longest = artifact.bytes().split(|byte| *byte != 0).map(<[u8]>::len).max().unwrap_or(0);
        let suspicious = || ScanResult::malicious(Confidence::percent(60)).found("zeros");
        let result = if longest >= self.zeros { suspicious() } else { ScanResult::unknown() };
        Ok(result.by("1.0", format!("at least {}", self.zeros)))
    }
}

struct OwnPanel;

impl Engine for OwnPanel {
    const NAME: &'static str = "own-panel";
    const ABOUT: &'static str = "Scans with YARA rules, and looks for long runs of zeros";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Settings = (Own, engine_yara::Settings);
    type Scanner = Panel<Any>;

    async fn build((own, yara): Self::Settings, at_once: NonZeroUsize) -> Result<Panel<Any>, BoxError> {
        let yara = Yara::build(yara, at_once).await?;
        let backends = vec![Backend::new(yara), Backend::new(Blocking::new(own, at_once))];
        Ok(Panel::new(backends, Any)?)
    }

    /// engine-yara scans in children, which are this program.
    fn child(args: Vec<OsString>) -> Result<(), BoxError> {
        engine_yara::child(args)
    }
}

fn main() -> ExitCode {
    engine_core::main::<OwnPanel>()
}
