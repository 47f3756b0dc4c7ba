//! The engine: its scanner from its settings. `engine_core::main::<Yara>()` is the program.

use std::{ffi::OsString, num::NonZeroUsize};

use engine_core::{BoxError, Engine};

use crate::{YaraScanner, settings::Settings};

/// The engine of the program `engine-yara`.
#[derive(Clone, Copy, Debug)]
pub struct Yara;

impl Engine for Yara {
    const NAME: &'static str = "engine-yara";
    const ABOUT: &'static str = "Scans with YARA rules";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Settings = Settings;
    type Scanner = YaraScanner;

    async fn build(settings: Settings, at_once: NonZeroUsize) -> Result<YaraScanner, BoxError> {
        Ok(YaraScanner::start(settings.into(), at_once).await?)
    }

    fn child(args: Vec<OsString>) -> Result<(), BoxError> {
        crate::child(args)
    }
}
