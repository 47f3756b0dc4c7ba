//! What the author of an engine needs, in one line: `use engine_core::prelude::*;`

#[cfg(feature = "cli")]
pub use crate::{BoxError, engine::Engine, settings::Section};
pub use crate::{
    artifact::{Artifact, ArtifactKind},
    scanner::{About, Blocking, ErrorKind, ScanContext, ScanError, Scanner, ScannerExt, SyncScanner},
    units::Confidence,
    verdict::{Ballot, Finding, ScanResult, Verdict},
};
