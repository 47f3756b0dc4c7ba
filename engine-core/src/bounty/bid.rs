//! What to stake on a verdict, within the market's bounds.

use super::Parameters;
use crate::units::{Confidence, Nct};

/// Decides what is staked. Pure: no clock, no I/O, the same bids for the same question.
pub trait BidStrategy: Send + Sync + std::fmt::Debug + 'static {
    /// One bid for each true bit of `mask`, in order. `mask` and `confidences` have one element for each artifact.
    ///
    /// Called once a bounty, before anything is sealed. A bid outside `limits` makes the market refuse the assertion.
    fn bids(&self, limits: &Parameters, mask: &[bool], confidences: &[Confidence]) -> Vec<Nct>;
}

/// From a lowest bid without confidence to a highest with full confidence, on a straight line.
///
/// Both ends are set as multiples of the market's *minimum*, and neither leaves the market's bounds. [`Default`] goes
/// from the minimum to the maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Linear {
    min_multiplier: Option<f64>,
    max_multiplier: Option<f64>,
}

impl Linear {
    /// Bids at least half of what is usual as a maximum, whatever the confidence: from eight times the minimum.
    pub fn aggressive() -> Self {
        Self { min_multiplier: Some(8.0), max_multiplier: None }
    }

    /// Always the minimum.
    pub fn conservative() -> Self {
        Self { min_multiplier: Some(1.0), max_multiplier: Some(1.0) }
    }

    /// The lowest bid as a multiple of the market's minimum, 1 and up (less counts as 1); `None`, the default, is 1.
    #[must_use]
    pub fn min_multiplier(self, times: Option<f64>) -> Self {
        Self { min_multiplier: times, ..self }
    }

    /// The highest bid as a multiple of the market's minimum, 1 and up; `None`, the default, is the market's maximum.
    #[must_use]
    pub fn max_multiplier(self, times: Option<f64>) -> Self {
        Self { max_multiplier: times, ..self }
    }

    /// What is staked at one confidence.
    fn bid(&self, limits: &Parameters, confidence: Confidence) -> Nct {
        let (minimum, maximum) = (limits.bid_minimum, limits.bid_maximum);
        let low =
            self.min_multiplier.map_or(Amount::Whole(minimum.0), |m| Amount::times(minimum, m).max(minimum));
        let high =
            self.max_multiplier.map_or(Amount::Whole(maximum.0), |m| Amount::times(minimum, m).min(maximum));
        let bid = low.to_f64() + high.minus(low) * confidence.get();
        // `as` takes NaN and what is negative for 0 and what is too large for the largest: both are clamped just below.
        Nct((bid as u128).min(maximum.0).max(minimum.0))
    }
}

impl BidStrategy for Linear {
    fn bids(&self, limits: &Parameters, mask: &[bool], confidences: &[Confidence]) -> Vec<Nct> {
        let opinions = mask.iter().zip(confidences).filter(|(bit, _)| **bit);
        opinions.map(|(_, confidence)| self.bid(limits, *confidence)).collect()
    }
}

/// An end of the line. Whole multiples stay whole, so that the difference of two ends is rounded once, as the Python
/// client does it, and a bid comes out the same to the last unit.
#[derive(Clone, Copy, Debug)]
enum Amount {
    Whole(u128),
    Real(f64),
}

impl Amount {
    fn times(amount: Nct, multiplier: f64) -> Self {
        let whole = (multiplier >= 0.0 && multiplier.fract() == 0.0)
            .then(|| amount.0.checked_mul(multiplier as u128))
            .flatten();
        whole.map_or_else(|| Self::Real(amount.0 as f64 * multiplier), Self::Whole)
    }

    fn max(self, other: Nct) -> Self {
        if self.is_over(other) { self } else { Self::Whole(other.0) }
    }

    fn min(self, other: Nct) -> Self {
        if self.is_over(other) { Self::Whole(other.0) } else { self }
    }

    fn is_over(self, other: Nct) -> bool {
        match self {
            Self::Whole(amount) => amount > other.0,
            Self::Real(amount) => amount > other.0 as f64,
        }
    }

    fn minus(self, other: Self) -> f64 {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) if a >= b => (a - b) as f64,
            (Self::Whole(a), Self::Whole(b)) => -((b - a) as f64),
            _ => self.to_f64() - other.to_f64(),
        }
    }

    fn to_f64(self) -> f64 {
        match self {
            Self::Whole(amount) => amount as f64,
            Self::Real(amount) => amount,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits(minimum: u128, maximum: u128) -> Parameters {
        Parameters {
            assertion_fee: Nct::ZERO,
            bid_minimum: Nct(minimum),
            bid_maximum: Nct(maximum),
            reveal_window: 10,
            vote_window: 100,
        }
    }

    #[test]
    fn strategies_span_what_they_say() {
        let market = limits(Nct::ONE.0 / 16, Nct::ONE.0);
        let bids = |s: Linear| {
            s.bids(&market, &[true, false, true], &[Confidence::ZERO, Confidence::HALF, Confidence::ONE])
        };
        assert_eq!(bids(Linear::default()), [Nct(Nct::ONE.0 / 16), Nct::ONE]);
        assert_eq!(bids(Linear::aggressive()), [Nct(Nct::ONE.0 / 2), Nct::ONE]);
        assert_eq!(bids(Linear::conservative()), [Nct(Nct::ONE.0 / 16); 2]);
    }

    proptest! {
        #[test]
        fn f11_no_bid_leaves_the_markets_bounds(
            (minimum, maximum) in (any::<u128>(), any::<u128>()).prop_map(|(a, b)| (a.min(b), a.max(b))),
            low in proptest::option::of(any::<f64>()),
            high in proptest::option::of(any::<f64>()),
            confidence in 0.0..=1.0,
        ) {
            let strategy = Linear::default().min_multiplier(low).max_multiplier(high);
            let bids = strategy.bids(&limits(minimum, maximum), &[true], &[Confidence::new(confidence).unwrap()]);
            prop_assert_eq!(bids.len(), 1);
            prop_assert!((minimum..=maximum).contains(&bids[0].0), "{:?}", bids);
        }
    }
}
