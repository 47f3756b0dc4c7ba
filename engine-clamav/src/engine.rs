//! The engine: its scanner from its settings.

use std::num::NonZeroUsize;

use engine_core::{BoxError, Engine};

use crate::{ClamavScanner, Settings};

/// The engine of the program `engine-clamav`.
#[derive(Debug)]
pub struct Clamav;

impl Engine for Clamav {
    const NAME: &'static str = "engine-clamav";
    const ABOUT: &'static str = "Scans with ClamAV: through clamd, or with libclamav and no daemon";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Settings = Settings;
    type Scanner = ClamavScanner;

    async fn build(settings: Settings, at_once: NonZeroUsize) -> Result<ClamavScanner, BoxError> {
        Ok(ClamavScanner::open(settings.options()?, at_once).await?)
    }
}
