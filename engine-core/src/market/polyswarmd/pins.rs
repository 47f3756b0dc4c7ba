//! What was learned of a chain before a restart, put beside what the settings say now.

use std::fmt::Display;

use super::verify::Pins;
use crate::market::MarketError;

/// Fills what is unset in `pins` from `learned`, the JSON text of other pins.
///
/// # Errors
/// [`MarketError::Mismatch`] when both are set and differ, or when the text cannot be read: `pins` stays as it was.
pub(super) fn recall(pins: &mut Pins, learned: &str) -> Result<(), MarketError> {
    let learned: Pins = serde_json::from_str(learned).map_err(|error| MarketError::Mismatch {
        what: format!("what was learned cannot be read: {error}"),
    })?;
    let whole = Pins {
        chain_id: either("chain id", pins.chain_id, learned.chain_id)?,
        token: either("contract of the token", pins.token, learned.token)?,
        registry: either("contract of the bounties", pins.registry, learned.registry)?,
    };
    *pins = whole;
    Ok(())
}

fn either<T: PartialEq + Display>(
    what: &str,
    set: Option<T>,
    learned: Option<T>,
) -> Result<Option<T>, MarketError> {
    match (set, learned) {
        (Some(set), Some(learned)) if set != learned => Err(MarketError::Mismatch {
            what: format!(
                "{what}: the settings say {set}, and {learned} was learned earlier; if the market moved on purpose, \
                 start with a new journal"
            ),
        }),
        (set, learned) => Ok(set.or(learned)),
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;

    use super::*;

    #[test]
    fn what_is_set_and_what_was_learned_must_agree() {
        let learned = Pins { chain_id: Some(1338), token: Some(Address::repeat_byte(1)), registry: None };
        let text = serde_json::to_string(&learned).unwrap();
        let mut pins = Pins { registry: Some(Address::repeat_byte(2)), ..Pins::default() };
        recall(&mut pins, &text).unwrap();
        assert_eq!(pins, Pins { registry: Some(Address::repeat_byte(2)), ..learned });

        let mut other = Pins { chain_id: Some(1), ..Pins::default() };
        let error = recall(&mut other, &text).unwrap_err().to_string();
        assert!(error.contains("chain id: the settings say 1, and 1338"), "{error}");
        assert_eq!(other, Pins { chain_id: Some(1), ..Pins::default() });
        assert!(recall(&mut other, "{").is_err());
    }
}
