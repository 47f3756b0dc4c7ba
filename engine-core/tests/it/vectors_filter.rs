use engine_core::{
    bounty::filter::{BountyFilter, ConfidenceModifier, Filter},
    units::Confidence,
};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::vectors::cases;

#[derive(Deserialize)]
struct Words {
    key: String,
    comparison: String,
    value: String,
}

impl Words {
    fn filter(&self) -> Filter {
        Filter::new(&self.key, &self.comparison, &self.value).unwrap()
    }
}

fn filters(words: &[Words]) -> Vec<Filter> {
    words.iter().map(Words::filter).collect()
}

/// What is no object never gets as far as a filter: then the artifact has an empty one.
fn object(metadata: &Value) -> Map<String, Value> {
    metadata.as_object().cloned().unwrap_or_default()
}

#[derive(Deserialize)]
struct One {
    filter: Words,
    metadata: Value,
    /// Null where the reference raises an error: a list compared as a number.
    matches: Option<bool>,
    error: Option<String>,
}

#[test]
fn vectors_filter_are_equal_and_where_the_reference_fails_nothing_matches() {
    for One { filter, metadata, matches, error } in cases::<One>("filter.json") {
        let what = format!("{} {} {:?} on {metadata}", filter.key, filter.comparison, filter.value);
        assert_eq!(matches.is_none(), error.is_some(), "{what}");
        assert_eq!(filter.filter().matches(&object(&metadata)), Ok(matches.unwrap_or(false)), "{what}");
    }
}

#[derive(Deserialize)]
struct Bounties {
    accept: Vec<Words>,
    reject: Vec<Words>,
    metadata: Value,
    allowed: bool,
}

#[test]
fn vectors_bounty_filter_are_equal() {
    for case in cases::<Bounties>("bounty_filter.json") {
        let filter = BountyFilter::new(filters(&case.accept), filters(&case.reject));
        assert_eq!(filter.is_allowed(&object(&case.metadata)), case.allowed, "{}", case.metadata);
    }
}

#[derive(Deserialize)]
struct Older {
    values: Vec<String>,
    filters: Vec<Words>,
    error: Option<String>,
}

#[test]
fn vectors_accept_exclude_option_are_equal() {
    for case in cases::<Older>("accept_exclude_option.json") {
        let ours: Result<Vec<_>, _> = case.values.iter().map(|text| Filter::equal(text)).collect();
        assert_eq!(ours.is_err(), case.error.is_some(), "{:?}", case.values);
        let theirs = filters(&case.filters);
        assert_eq!(format!("{:?}", ours.unwrap_or_default()), format!("{theirs:?}"), "{:?}", case.values);
    }
}

#[derive(Deserialize)]
struct Modified {
    favor: Vec<Words>,
    penalize: Vec<Words>,
    metadata: Value,
    confidence: f64,
    result: f64,
}

#[test]
fn vectors_confidence_modifier_are_equal_up_to_one() {
    for case in cases::<Modified>("confidence_modifier.json") {
        let modifier = ConfidenceModifier::new(filters(&case.favor), filters(&case.penalize));
        let before = Confidence::new(case.confidence).unwrap();
        let after = modifier.modify(before, &object(&case.metadata));
        assert_eq!(after.get(), case.result.min(1.0), "{} of {}", case.confidence, case.metadata);
    }
}

proptest! {
    #[test]
    fn no_modifier_leaves_zero_to_one(
        confidence in 0.0..=1.0,
        favor in any::<bool>(),
        penalize in any::<bool>(),
        size in any::<f64>(),
    ) {
        let any = |wanted: bool| if wanted { vec![Filter::new("size", "<", "inf").unwrap()] } else { Vec::new() };
        let metadata = object(&serde_json::json!({ "size": size }));
        let before = Confidence::new(confidence).unwrap();
        let after = ConfidenceModifier::new(any(favor), any(penalize)).modify(before, &metadata).get();
        prop_assert!((0.0..=1.0).contains(&after), "{after}");
        prop_assert!(favor == penalize || !size.is_finite() || (after > confidence) == (favor && confidence > 0.0 && confidence < 1.0));
    }
}
