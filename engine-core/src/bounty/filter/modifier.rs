//! How much more or less a result is trusted, by what the artifact's poster says of it.

use serde_json::{Map, Value};

use super::Filter;
use crate::units::Confidence;

/// What is trusted more than the scanner says, and what less. By default nothing is.
#[derive(Clone, Debug, Default)]
pub struct ConfidenceModifier {
    favor: Vec<Filter>,
    penalize: Vec<Filter>,
}

impl ConfidenceModifier {
    const FAVOR: f64 = 1.2;
    const PENALIZE: f64 = 0.8;

    /// Trusts what any of `favor` and none of `penalize` matches 1.2 times as much, and what any of `penalize` and none of `favor`
    /// matches 0.8 times. What both match, or neither, is left as it is.
    pub fn new(favor: Vec<Filter>, penalize: Vec<Filter>) -> Self {
        Self { favor, penalize }
    }

    /// The confidence in a result on an artifact of which its poster says this: never over 1.
    pub fn modify(&self, confidence: Confidence, metadata: &Map<String, Value>) -> Confidence {
        // A pattern that gives up on the object has not matched it.
        let any = |filters: &[Filter]| filters.iter().any(|filter| filter.matches(metadata).unwrap_or(false));
        let times = match (any(&self.favor), any(&self.penalize)) {
            (true, false) => Self::FAVOR,
            (false, true) => Self::PENALIZE,
            (true, true) | (false, false) => return confidence,
        };
        // A product of numbers from 0 to 1.2 is none that could be refused.
        Confidence::new((confidence.get() * times).min(1.0)).unwrap_or(confidence)
    }
}
