//! What is sealed at the assertion and opened at the reveal.
//!
//! ```text
//! commitment = keccak256( be32( verdicts XOR keccak256(be32(secret)) XOR account ) )
//! ```
//!
//! `verdicts` is a bit field, see [`bits_to_int`]; `account` is the address as an unsigned integer. Neither the mask nor
//! the metadata is bound by it.

use std::{fmt, str::FromStr};

use alloy_primitives::{Address, B256, U256, keccak256};
use rand::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How many artifacts a bounty may have: as many as its bit fields have bits.
pub const MAX_ARTIFACTS: usize = 256;

/// The random number that opens a commitment; never zero. It prints only through [`Secret::reveal`] and serde.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret(U256);

impl Secret {
    /// 256 bits from `rng`, which has to be one that nobody can guess.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        loop {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            // The contract takes a zero for "not revealed".
            if let Some(secret) = Self::new(U256::from_be_bytes(bytes)) {
                return secret;
            }
        }
    }

    /// A given number; `None` for zero.
    pub fn new(number: U256) -> Option<Self> {
        (!number.is_zero()).then_some(Self(number))
    }

    /// The number, for the wire. Whoever has it before the reveal can copy the verdicts.
    pub fn reveal(self) -> U256 {
        self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl FromStr for Secret {
    type Err = CommitmentError;
    /// Reads a decimal number from 1 to 2²⁵⁶−1.
    fn from_str(text: &str) -> Result<Self, CommitmentError> {
        Self::new(decimal(text)?).ok_or(CommitmentError::ZeroSecret)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// The hash that binds an account to verdicts before they are shown. On the wire it is a decimal string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Commitment(U256);

impl Commitment {
    /// Binds `account` to `verdicts`, one for each artifact, those without an opinion too.
    ///
    /// # Errors
    /// [`CommitmentError::TooMany`] for more than [`MAX_ARTIFACTS`] verdicts.
    pub fn new(account: Address, verdicts: &[bool], secret: Secret) -> Result<Self, CommitmentError> {
        let blind = U256::from_be_bytes(keccak256(secret.0.to_be_bytes::<32>()).0);
        let account = U256::from_be_slice(account.as_slice());
        let image: U256 = bits_to_int(verdicts)? ^ blind ^ account;
        Ok(Self(U256::from_be_bytes(keccak256(image.to_be_bytes::<32>()).0)))
    }

    /// The hash as the number that goes over the wire.
    pub fn to_int(self) -> U256 {
        self.0
    }
}

impl From<B256> for Commitment {
    fn from(hash: B256) -> Self {
        Self(U256::from_be_bytes(hash.0))
    }
}

impl From<U256> for Commitment {
    fn from(number: U256) -> Self {
        Self(number)
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Commitment {
    type Err = CommitmentError;
    /// Reads a decimal number from 0 to 2²⁵⁶−1.
    fn from_str(text: &str) -> Result<Self, CommitmentError> {
        decimal(text).map(Self)
    }
}

impl Serialize for Commitment {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Commitment {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// A list of bits as the integer that the contract stores: bit `i`, least significant first, is element `i`.
///
/// # Errors
/// [`CommitmentError::TooMany`] for more than [`MAX_ARTIFACTS`] elements.
pub fn bits_to_int(bits: &[bool]) -> Result<U256, CommitmentError> {
    if bits.len() > MAX_ARTIFACTS {
        return Err(CommitmentError::TooMany(bits.len()));
    }
    let mut int = U256::ZERO;
    for (i, bit) in bits.iter().enumerate() {
        int.set_bit(i, *bit);
    }
    Ok(int)
}

/// The list behind an integer that the contract stores. It has `at_least` elements, and more where higher bits are set:
/// nothing is cut off.
pub fn int_to_bits(int: U256, at_least: usize) -> Vec<bool> {
    (0..int.bit_len().max(at_least)).map(|i| int.bit(i)).collect()
}

/// Digits only: what the node writes, and nothing that it would read otherwise.
fn decimal(text: &str) -> Result<U256, CommitmentError> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(CommitmentError::NotANumber);
    }
    U256::from_str_radix(text, 10).map_err(|_| CommitmentError::NotANumber)
}

/// Why there is no commitment. None of the messages holds the number: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommitmentError {
    /// More artifacts than a bit field can hold.
    #[error("{0} artifacts: a bounty can have {MAX_ARTIFACTS} at most")]
    TooMany(usize),
    /// Zero in place of a secret: the contract takes it for "not revealed".
    #[error("the secret of a commitment cannot be 0")]
    ZeroSecret,
    /// A text that is no number from 0 to 2²⁵⁶−1 in decimal digits.
    #[error("expected decimal digits of a number under 2^256")]
    NotANumber,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bits_survive_the_way_through_an_integer(bits in proptest::collection::vec(any::<bool>(), 0..=MAX_ARTIFACTS)) {
            let int = bits_to_int(&bits).unwrap();
            prop_assert_eq!(int_to_bits(int, bits.len()), bits);
        }

        #[test]
        fn integers_survive_the_way_through_bits(limbs in any::<[u64; 4]>(), at_least in 0..=MAX_ARTIFACTS) {
            let int = U256::from_limbs(limbs);
            prop_assert_eq!(bits_to_int(&int_to_bits(int, at_least)).unwrap(), int);
        }

        #[test]
        fn each_bit_each_account_and_each_secret_makes_another_commitment(
            bits in proptest::collection::vec(any::<bool>(), 1..=MAX_ARTIFACTS),
            at in any::<proptest::sample::Index>(),
            secret in 1u64..,
        ) {
            let (account, other) = (Address::repeat_byte(1), Address::repeat_byte(2));
            let secret = Secret::new(U256::from(secret)).unwrap();
            let commitment = Commitment::new(account, &bits, secret).unwrap();
            let mut flipped = bits.clone();
            let at = at.index(bits.len());
            flipped[at] = !flipped[at];
            prop_assert_ne!(Commitment::new(account, &flipped, secret).unwrap(), commitment);
            prop_assert_ne!(Commitment::new(other, &bits, secret).unwrap(), commitment);
            let next = Secret::new(secret.reveal() + U256::from(1)).unwrap();
            prop_assert_ne!(Commitment::new(account, &bits, next).unwrap(), commitment);
        }
    }

    #[test]
    fn more_bits_than_the_contract_has_are_refused() {
        assert_eq!(bits_to_int(&[true; 257]), Err(CommitmentError::TooMany(257)));
        let secret = Secret::new(U256::from(1)).unwrap();
        assert!(Commitment::new(Address::ZERO, &[false; 257], secret).is_err());
    }

    #[test]
    fn a_secret_is_decimal_on_the_wire_never_zero_and_never_in_a_log() {
        let secret: Secret = "42".parse().unwrap();
        assert_eq!(serde_json::to_string(&secret).unwrap(), r#""42""#);
        assert_eq!(serde_json::from_str::<Secret>(r#""42""#).unwrap(), secret);
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        for bad in ["0", "00", "", "-1", "+1", "0x2a", " 1", "1_0", &"9".repeat(78)] {
            let error = bad.parse::<Secret>().unwrap_err();
            assert!(bad.is_empty() || bad.len() < 3 || !error.to_string().contains(bad), "{bad}");
            assert!(serde_json::from_value::<Secret>(bad.into()).is_err(), "{bad}");
        }
    }

    #[test]
    fn random_secrets_skip_zero() {
        /// Zeros first, then ones.
        struct Scripted(u32);
        impl rand::TryRng for Scripted {
            type Error = std::convert::Infallible;
            fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
                Ok(0)
            }
            fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
                Ok(0)
            }
            fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
                bytes.fill(u8::from(self.0 > 0));
                self.0 += 1;
                Ok(())
            }
        }
        impl rand::TryCryptoRng for Scripted {}
        let ones = U256::from_be_bytes([1; 32]);
        assert_eq!(Secret::random(&mut Scripted(0)).reveal(), ones);
        assert_ne!(Secret::random(&mut rand::rng()), Secret::random(&mut rand::rng()));
    }
}
