//! The metadata that goes with a verdict onto the market, and that which comes with a bounty.
//!
//! Written strictly, without nulls and empty lists; read loosely, as the reference schema (polyswarm-artifact 2.2.4) does.
//! A scan result becomes one [`VerdictMetadata`]; those of all artifacts of a bounty, in order, are an
//! [`AssertionMetadata`]. What a poster says of its artifacts is read in `bounty`.

mod assertion;
#[cfg(feature = "polyswarmd")]
mod bounty;
mod opinion;
mod place;
mod verdict;

#[cfg(feature = "polyswarmd")]
pub use self::bounty::{check_bounty, per_artifact};
pub use self::{
    assertion::{AssertionMetadata, Form},
    opinion::Product,
    place::MetadataError,
    verdict::{ScannerInfo, Stix, VerdictMetadata},
};

/// How many entries a list of metadata may have; it has at least one.
pub const MAX_ENTRIES: usize = 256;
