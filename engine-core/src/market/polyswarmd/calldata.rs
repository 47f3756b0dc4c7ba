//! The calls that a transaction can carry: standard ABI, there and back, and nothing but the canonical form.

mod difference;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, sol};
use uuid::Uuid;

use crate::units::Guid;

sol! {
    function approve(address spender, uint256 amount);
    function transfer(address to, uint256 amount);
    function postAssertion(uint128 guid, uint256[] bid, uint256 mask, uint256 commitment);
    function revealAssertion(uint128 guid, uint256 index, uint256 nonce, uint256 verdicts, string metadata);
    function settleBounty(uint128 guid);
    function voteOnBounty(uint128 guid, uint256 votes, bool validBloom);
    function deposit(uint256 amount);
    function withdraw(uint256 amount);
}

/// What the encoder of the nodes (eth-abi) writes after the length of an empty text.
const EMPTY_TEXT_PADDING: [u8; 32] = [0; 32];

/// One call of a contract, with its arguments by the contract's own names. Amounts are base units of 10⁻¹⁸ NCT; `mask`,
/// `verdicts` and `votes` are bit fields, least significant bit first.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the contracts' arguments, told above")]
pub enum Call {
    /// Lets `spender` take up to `amount` of ours: sets the allowance, adds nothing.
    Approve { spender: Address, amount: U256 },
    /// Moves NCT.
    Transfer { to: Address, amount: U256 },
    /// Posts a commitment, with one bid for each true bit of the mask.
    PostAssertion { guid: Guid, bids: Vec<U256>, mask: U256, commitment: U256 },
    /// Opens a commitment. `nonce` is its secret.
    RevealAssertion { guid: Guid, index: u64, nonce: U256, verdicts: U256, metadata: String },
    /// Takes our payout.
    SettleBounty { guid: Guid },
    /// An arbiter's vote.
    VoteOnBounty { guid: Guid, votes: U256, valid_bloom: bool },
    /// An arbiter's stake.
    Deposit { amount: U256 },
    /// An arbiter's stake, back.
    Withdraw { amount: U256 },
}

impl Call {
    /// The canonical bytes, as nodes build them: four of the selector, then the arguments.
    pub fn encode(&self) -> Vec<u8> {
        match self.clone() {
            Self::Approve { spender, amount } => approveCall { spender, amount }.abi_encode(),
            Self::Transfer { to, amount } => transferCall { to, amount }.abi_encode(),
            Self::PostAssertion { guid, bids, mask, commitment } => {
                postAssertionCall { guid: guid.0.as_u128(), bid: bids, mask, commitment }.abi_encode()
            }
            Self::RevealAssertion { guid, index, nonce, verdicts, metadata } => {
                let padding: &[u8] = if metadata.is_empty() { &EMPTY_TEXT_PADDING } else { &[] };
                let (guid, index) = (guid.0.as_u128(), U256::from(index));
                let mut data = revealAssertionCall { guid, index, nonce, verdicts, metadata }.abi_encode();
                data.extend_from_slice(padding);
                data
            }
            Self::SettleBounty { guid } => settleBountyCall { guid: guid.0.as_u128() }.abi_encode(),
            Self::VoteOnBounty { guid, votes, valid_bloom } => {
                voteOnBountyCall { guid: guid.0.as_u128(), votes, validBloom: valid_bloom }.abi_encode()
            }
            Self::Deposit { amount } => depositCall { amount }.abi_encode(),
            Self::Withdraw { amount } => withdrawCall { amount }.abi_encode(),
        }
    }

    /// Whether `data` is this call in its canonical form, to the last byte. An empty text may be written in either of
    /// the two ways that there are: nodes pad it to a word, the ABI's specification does not.
    pub fn is_encoded_in(&self, data: &[u8]) -> bool {
        let canonical = self.encode();
        let has_empty_text = matches!(self, Self::RevealAssertion { metadata, .. } if metadata.is_empty());
        canonical == data || (has_empty_text && canonical.strip_suffix(&EMPTY_TEXT_PADDING) == Some(data))
    }

    /// Reads what [`Call::is_encoded_in`] takes and nothing else: no trailing bytes, no dirty padding, no odd offsets, though
    /// a contract might take those.
    ///
    /// # Errors
    /// [`CalldataError`], for an unknown selector, arguments that cannot be read, and bytes in another than the
    /// canonical form.
    pub fn decode(data: &[u8]) -> Result<Self, CalldataError> {
        let selector = *data.first_chunk().ok_or(CalldataError::TooShort)?;
        let call = Self::decode_loosely(selector, data)?;
        let method = call.method();
        if call.is_encoded_in(data) { Ok(call) } else { Err(CalldataError::NotCanonical { method }) }
    }

    fn decode_loosely(selector: [u8; 4], data: &[u8]) -> Result<Self, CalldataError> {
        Ok(match selector {
            approveCall::SELECTOR => {
                let approveCall { spender, amount } = read(data)?;
                Self::Approve { spender, amount }
            }
            transferCall::SELECTOR => {
                let transferCall { to, amount } = read(data)?;
                Self::Transfer { to, amount }
            }
            postAssertionCall::SELECTOR => {
                let postAssertionCall { guid, bid, mask, commitment } = read(data)?;
                Self::PostAssertion { guid: exact(guid), bids: bid, mask, commitment }
            }
            revealAssertionCall::SELECTOR => {
                let revealAssertionCall { guid, index, nonce, verdicts, metadata } = read(data)?;
                let index = u64::try_from(index).map_err(|_| CalldataError::IndexTooLarge)?;
                Self::RevealAssertion { guid: exact(guid), index, nonce, verdicts, metadata }
            }
            settleBountyCall::SELECTOR => {
                let settleBountyCall { guid } = read(data)?;
                Self::SettleBounty { guid: exact(guid) }
            }
            voteOnBountyCall::SELECTOR => {
                let voteOnBountyCall { guid, votes, validBloom } = read(data)?;
                Self::VoteOnBounty { guid: exact(guid), votes, valid_bloom: validBloom }
            }
            depositCall::SELECTOR => {
                let depositCall { amount } = read(data)?;
                Self::Deposit { amount }
            }
            withdrawCall::SELECTOR => {
                let withdrawCall { amount } = read(data)?;
                Self::Withdraw { amount }
            }
            _ => return Err(CalldataError::UnknownMethod(hex::encode(selector))),
        })
    }

    /// The contract's name for it: `postAssertion`.
    pub fn method(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Transfer { .. } => "transfer",
            Self::PostAssertion { .. } => "postAssertion",
            Self::RevealAssertion { .. } => "revealAssertion",
            Self::SettleBounty { .. } => "settleBounty",
            Self::VoteOnBounty { .. } => "voteOnBounty",
            Self::Deposit { .. } => "deposit",
            Self::Withdraw { .. } => "withdraw",
        }
    }
}

impl std::fmt::Debug for Call {
    /// The method only: a reveal that is not sent yet holds a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(…)", self.method())
    }
}

fn read<C: SolCall>(data: &[u8]) -> Result<C, CalldataError> {
    C::abi_decode_validate(data).map_err(|source| CalldataError::Arguments {
        method: C::SIGNATURE.split('(').next().unwrap_or_default(),
        source: source.into(),
    })
}

/// All 128 bits as they are: version and variant bits of a UUID are not ours to set.
fn exact(guid: u128) -> Guid {
    Guid(Uuid::from_u128(guid))
}

/// Why bytes are no call that we know.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalldataError {
    /// Fewer than the four bytes of a selector.
    #[error("no method")]
    TooShort,
    /// A selector of no method that we know.
    #[error("the unknown method {0}")]
    UnknownMethod(String),
    /// The arguments do not fit the method.
    #[error("arguments of {method} that cannot be read")]
    Arguments {
        /// Which method.
        method: &'static str,
        /// What is wrong with them.
        source: crate::BoxError,
    },
    /// The arguments can be read, but other bytes follow them, or they are laid out in another way than usual.
    #[error("arguments of {method} that are not in their canonical form")]
    NotCanonical {
        /// Which method.
        method: &'static str,
    },
    /// The index of an assertion does not fit 64 bits.
    #[error("an index of an assertion over 64 bits")]
    IndexTooLarge,
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn int() -> impl Strategy<Value = U256> {
        any::<[u64; 4]>().prop_map(U256::from_limbs)
    }

    fn address() -> impl Strategy<Value = Address> {
        any::<[u8; 20]>().prop_map(Address::from)
    }

    fn call() -> impl Strategy<Value = Call> {
        let guid = || any::<u128>().prop_map(exact);
        prop_oneof![
            (address(), int()).prop_map(|(spender, amount)| Call::Approve { spender, amount }),
            (address(), int()).prop_map(|(to, amount)| Call::Transfer { to, amount }),
            (guid(), vec(int(), 0..5), int(), int()).prop_map(|(guid, bids, mask, commitment)| {
                Call::PostAssertion { guid, bids, mask, commitment }
            }),
            (guid(), any::<u64>(), int(), int(), ".{0,50}").prop_map(
                |(guid, index, nonce, verdicts, metadata)| {
                    Call::RevealAssertion { guid, index, nonce, verdicts, metadata }
                }
            ),
            guid().prop_map(|guid| Call::SettleBounty { guid }),
            (guid(), int(), any::<bool>()).prop_map(|(guid, votes, valid_bloom)| Call::VoteOnBounty {
                guid,
                votes,
                valid_bloom
            }),
            int().prop_map(|amount| Call::Deposit { amount }),
            int().prop_map(|amount| Call::Withdraw { amount }),
        ]
    }

    proptest! {
        #[test]
        fn calls_survive_the_way_through_bytes(call in call()) {
            prop_assert_eq!(Call::decode(&call.encode()).unwrap(), call);
        }

        #[test]
        fn an_empty_text_may_be_padded_and_no_other_text_may(metadata in ".{0,40}") {
            let call = Call::RevealAssertion {
                guid: exact(1),
                index: 2,
                nonce: U256::from(3),
                verdicts: U256::from(4),
                metadata: metadata.clone(),
            };
            let data = call.encode();
            let bare = &data[..data.len() - 32];
            prop_assert_eq!(Call::decode(bare).is_ok_and(|read| read == call), metadata.is_empty());
            let padded = [data.as_slice(), &EMPTY_TEXT_PADDING].concat();
            prop_assert!(Call::decode(&padded).is_err());
        }

        #[test]
        fn one_byte_more_less_or_other_is_never_the_same_call(
            call in call(),
            at in any::<prop::sample::Index>(),
            flip in 1u8..,
        ) {
            let data = call.encode();
            let mut longer = data.clone();
            longer.push(0);
            prop_assert!(Call::decode(&longer).is_err());
            prop_assert!(Call::decode(&data[..data.len() - 1]).is_err());
            let mut other = data.clone();
            other[at.index(data.len())] ^= flip;
            prop_assert!(Call::decode(&other).ok() != Some(call));
        }

        #[test]
        fn any_bytes_are_read_or_refused(mut data in vec(any::<u8>(), 0..300), known in any::<bool>()) {
            if known && data.len() >= 4 {
                data[..4].copy_from_slice(&revealAssertionCall::SELECTOR);
            }
            if let Ok(call) = Call::decode(&data) {
                prop_assert!(call.is_encoded_in(&data));
            }
        }
    }
}
