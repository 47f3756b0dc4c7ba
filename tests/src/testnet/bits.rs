//! Boolean lists as bit fields, least significant bit first, as the contract stores masks, verdicts and votes.

use alloy_primitives::U256;

/// The bit field of at most 256 booleans; further ones are left out.
pub(crate) fn from_bools(bools: &[bool]) -> U256 {
    let mut bits = U256::ZERO;
    for (i, _) in bools.iter().enumerate().take(256).filter(|(_, set)| **set) {
        bits.set_bit(i, true);
    }
    bits
}

/// The booleans, padded with false up to `artifacts`, and longer where a higher bit is set.
pub(crate) fn to_bools(bits: U256, artifacts: usize) -> Vec<bool> {
    (0..artifacts.max(bits.bit_len())).map(|i| bits.bit(i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_survive_the_round_trip_padded() {
        assert_eq!(from_bools(&[true, false, true]), U256::from(5));
        assert_eq!(to_bools(U256::from(5), 4), [true, false, true, false]);
        assert_eq!(to_bools(U256::from(5), 1), [true, false, true], "higher bits are shown");
        assert_eq!(to_bools(U256::ZERO, 2), [false, false]);
        assert!(from_bools(&[true; 300]) == U256::MAX);
    }
}
