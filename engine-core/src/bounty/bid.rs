//! What to stake on a verdict, within the market's bounds.

use super::Parameters;
use crate::units::{Confidence, Nct};

/// Stub.
pub trait BidStrategy: Send + Sync + std::fmt::Debug + 'static {
    /// Stub.
    fn bids(&self, limits: &Parameters, mask: &[bool], confidences: &[Confidence]) -> Vec<Nct>;
}
