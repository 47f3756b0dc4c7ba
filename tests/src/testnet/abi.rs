//! The calls that the two contracts understand: ABI bytes to values and back. Decides nothing.

use alloy_primitives::{Address, U256, address};
use alloy_sol_types::SolCall;
use uuid::Uuid;

/// The NectarToken contract of development networks.
pub(crate) const TOKEN: Address = address!("2A2cEDE7598F91240068714fD83E449b19853Cb9");
/// The BountyRegistry contract of development networks.
pub(crate) const REGISTRY: Address = address!("21262bF29FF08691C8A72bc6f22F791996E1891F");

mod sol {
    alloy_sol_types::sol! {
        function approve(address spender, uint256 amount);
        function transfer(address to, uint256 amount);
        function postAssertion(uint128 guid, uint256[] bid, uint256 mask, uint256 commitment);
        function revealAssertion(uint128 guid, uint256 index, uint256 nonce, uint256 verdicts, string metadata);
        function voteOnBounty(uint128 guid, uint256 votes, bool validBloom);
        function settleBounty(uint128 guid);
    }
}

/// One call of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Approve { spender: Address, amount: U256 },
    Transfer { to: Address, amount: U256 },
    PostAssertion { guid: Uuid, bid: Vec<U256>, mask: U256, commitment: U256 },
    RevealAssertion { guid: Uuid, index: U256, nonce: U256, verdicts: U256, metadata: String },
    VoteOnBounty { guid: Uuid, votes: U256, valid_bloom: bool },
    SettleBounty { guid: Uuid },
}

impl Call {
    /// Reads the call data of a transaction to `to`; `None` when that contract has no such call, or the
    /// arguments are malformed.
    pub(crate) fn decode(to: Address, data: &[u8]) -> Option<Self> {
        let selector: [u8; 4] = data.get(..4)?.try_into().ok()?;
        if to == TOKEN {
            return match selector {
                sol::approveCall::SELECTOR => {
                    let call = sol::approveCall::abi_decode_validate(data).ok()?;
                    Some(Self::Approve { spender: call.spender, amount: call.amount })
                }
                sol::transferCall::SELECTOR => {
                    let call = sol::transferCall::abi_decode_validate(data).ok()?;
                    Some(Self::Transfer { to: call.to, amount: call.amount })
                }
                _ => None,
            };
        }
        if to == REGISTRY { Self::decode_registry(selector, data) } else { None }
    }

    fn decode_registry(selector: [u8; 4], data: &[u8]) -> Option<Self> {
        match selector {
            sol::postAssertionCall::SELECTOR => {
                let call = sol::postAssertionCall::abi_decode_validate(data).ok()?;
                let guid = Uuid::from_u128(call.guid);
                Some(Self::PostAssertion {
                    guid,
                    bid: call.bid,
                    mask: call.mask,
                    commitment: call.commitment,
                })
            }
            sol::revealAssertionCall::SELECTOR => {
                let call = sol::revealAssertionCall::abi_decode_validate(data).ok()?;
                Some(Self::RevealAssertion {
                    guid: Uuid::from_u128(call.guid),
                    index: call.index,
                    nonce: call.nonce,
                    verdicts: call.verdicts,
                    metadata: call.metadata,
                })
            }
            sol::voteOnBountyCall::SELECTOR => {
                let call = sol::voteOnBountyCall::abi_decode_validate(data).ok()?;
                let guid = Uuid::from_u128(call.guid);
                Some(Self::VoteOnBounty { guid, votes: call.votes, valid_bloom: call.validBloom })
            }
            sol::settleBountyCall::SELECTOR => {
                let call = sol::settleBountyCall::abi_decode_validate(data).ok()?;
                Some(Self::SettleBounty { guid: Uuid::from_u128(call.guid) })
            }
            _ => None,
        }
    }

    /// The call data, as a node puts it into an unsigned transaction.
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self.clone() {
            Self::Approve { spender, amount } => sol::approveCall { spender, amount }.abi_encode(),
            Self::Transfer { to, amount } => sol::transferCall { to, amount }.abi_encode(),
            Self::PostAssertion { guid, bid, mask, commitment } => {
                sol::postAssertionCall { guid: guid.as_u128(), bid, mask, commitment }.abi_encode()
            }
            Self::RevealAssertion { guid, index, nonce, verdicts, metadata } => {
                sol::revealAssertionCall { guid: guid.as_u128(), index, nonce, verdicts, metadata }
                    .abi_encode()
            }
            Self::VoteOnBounty { guid, votes, valid_bloom } => {
                sol::voteOnBountyCall { guid: guid.as_u128(), votes, validBloom: valid_bloom }.abi_encode()
            }
            Self::SettleBounty { guid } => sol::settleBountyCall { guid: guid.as_u128() }.abi_encode(),
        }
    }

    /// The contract that the call is for.
    pub(crate) fn to(&self) -> Address {
        match self {
            Self::Approve { .. } | Self::Transfer { .. } => TOKEN,
            _ => REGISTRY,
        }
    }

    /// The bounty that the call is about.
    pub(crate) fn guid(&self) -> Option<Uuid> {
        match self {
            Self::Approve { .. } | Self::Transfer { .. } => None,
            Self::PostAssertion { guid, .. }
            | Self::RevealAssertion { guid, .. }
            | Self::VoteOnBounty { guid, .. }
            | Self::SettleBounty { guid } => Some(*guid),
        }
    }

    /// The function's name, for messages.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Transfer { .. } => "transfer",
            Self::PostAssertion { .. } => "postAssertion",
            Self::RevealAssertion { .. } => "revealAssertion",
            Self::VoteOnBounty { .. } => "voteOnBounty",
            Self::SettleBounty { .. } => "settleBounty",
        }
    }
}
