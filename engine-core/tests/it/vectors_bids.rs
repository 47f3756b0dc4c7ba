use engine_core::{
    bounty::{
        Parameters,
        bid::{BidStrategy, Linear},
    },
    units::{Confidence, Nct},
};
use serde::Deserialize;

use crate::vectors::cases;

#[derive(Deserialize)]
struct Bid {
    strategy: String,
    min_bid_multiplier: Option<f64>,
    max_bid_multiplier: Option<f64>,
    assertion_bid_minimum: Nct,
    assertion_bid_maximum: Nct,
    mask: Vec<bool>,
    confidences: Vec<f64>,
    confidence_is_python_int: Vec<bool>,
    /// Base units as decimal text, negative ones too.
    strategy_bid: Vec<String>,
    /// The same, or null where one is under the minimum: the reference then drops the bounty.
    engine_bid: Option<Vec<String>>,
    engine_error: Option<String>,
}

/// The rule, row by row: what the reference bids where that is within the market's bounds, else the bound that it
/// passed; a confidence that is none is refused, and with it the row.
#[test]
fn vectors_bids_are_equal_inside_our_domain_and_clamped_outside() {
    for case in cases::<Bid>("bids.json") {
        let what = format!("{} {:?} {:?}", case.strategy, case.mask, case.confidences);
        let confidences: Result<Vec<_>, _> = case.confidences.iter().map(|c| Confidence::new(*c)).collect();
        assert_eq!(confidences.is_ok(), case.confidences.iter().all(|c| (0.0..=1.0).contains(c)), "{what}");
        let is_low =
            |bid: &String| bid.parse::<i128>().unwrap() < case.assertion_bid_minimum.0.try_into().unwrap();
        let theirs = (!case.strategy_bid.iter().any(is_low)).then_some(&case.strategy_bid);
        assert_eq!(
            (case.engine_bid.as_ref(), case.engine_error.is_some()),
            (theirs, theirs.is_none()),
            "{what}"
        );
        let Ok(confidences) = confidences else { continue };

        let (minimum, maximum) = (case.assertion_bid_minimum.0, case.assertion_bid_maximum.0);
        let limits = Parameters {
            assertion_fee: Nct::ZERO,
            bid_minimum: case.assertion_bid_minimum,
            bid_maximum: case.assertion_bid_maximum,
            reveal_window: 0,
            vote_window: 0,
        };
        let strategy = strategy(&case);
        let bids = strategy.bids(&limits, &case.mask, &confidences);
        assert_eq!(bids.len(), case.strategy_bid.len(), "{what}");

        let masked = case.mask.iter().zip(&case.confidence_is_python_int).filter(|(bit, _)| **bit);
        for ((ours, theirs), (_, exact)) in bids.iter().zip(&case.strategy_bid).zip(masked) {
            let theirs: i128 = theirs.parse().unwrap();
            let clamped = u128::try_from(theirs).unwrap_or(0).clamp(minimum, maximum);
            // Python computes with 0 and 1, unlike 0.0 and 1.0, in integers. Our confidence is always a double: it may
            // be off by what a double rounds at that size.
            let slack = if *exact { clamped >> 52 } else { 0 };
            assert!(ours.0.abs_diff(clamped) <= slack, "{what}: {ours:?}, the reference {theirs}");
        }
    }
}

/// The named strategies by their own constructors, so that these carry the reference's numbers.
fn strategy(case: &Bid) -> Linear {
    let by_numbers =
        Linear::default().min_multiplier(case.min_bid_multiplier).max_multiplier(case.max_bid_multiplier);
    let by_name = match case.strategy.as_str() {
        "default" => Linear::default(),
        "aggressive" => Linear::aggressive(),
        "conservative" => Linear::conservative(),
        _ => by_numbers,
    };
    assert_eq!(by_name, by_numbers, "{}", case.strategy);
    by_name
}
