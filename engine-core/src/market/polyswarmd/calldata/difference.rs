//! What differs between two calls, in words.

use super::Call;

impl Call {
    /// The first argument in which `there` differs from this call of the same method: its name and both values, long
    /// ones shortened; of a secret only the name.
    pub(crate) fn difference(&self, there: &Self) -> String {
        let differing = self.arguments().into_iter().zip(there.arguments()).find(|((_, a), (_, b))| a != b);
        match differing {
            Some((("nonce", _), _)) => "nonce is another than ours".into(),
            Some(((name, a), (_, b))) => format!("{name}: expected {a:.100}, got {b:.100}"),
            None => "arguments differ".into(),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Approve { spender, amount } => {
                vec![("spender", spender.to_string()), ("amount", amount.to_string())]
            }
            Self::Transfer { to, amount } => vec![("to", to.to_string()), ("amount", amount.to_string())],
            Self::PostAssertion { guid, bids, mask, commitment } => vec![
                ("guid", guid.to_string()),
                ("number of bids", bids.len().to_string()),
                ("bids", format!("{bids:?}")),
                ("mask", mask.to_string()),
                ("commitment", commitment.to_string()),
            ],
            Self::RevealAssertion { guid, index, nonce, verdicts, metadata } => vec![
                ("guid", guid.to_string()),
                ("index", index.to_string()),
                ("nonce", nonce.to_string()),
                ("verdicts", verdicts.to_string()),
                ("metadata", format!("{metadata:?}")),
            ],
            Self::SettleBounty { guid } => vec![("guid", guid.to_string())],
            Self::VoteOnBounty { guid, votes, valid_bloom } => vec![
                ("guid", guid.to_string()),
                ("votes", votes.to_string()),
                ("validBloom", valid_bloom.to_string()),
            ],
            Self::Deposit { amount } | Self::Withdraw { amount } => vec![("amount", amount.to_string())],
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;

    use super::*;
    use crate::units::Guid;

    fn reveal(nonce: u64, metadata: &str) -> Call {
        Call::RevealAssertion {
            guid: Guid(uuid::Uuid::from_u128(1)),
            index: 0,
            nonce: U256::from(nonce),
            verdicts: U256::from(1),
            metadata: metadata.into(),
        }
    }

    #[test]
    fn a_secret_is_neither_in_a_difference_nor_in_a_log() {
        let call = reveal(123_456_789, "");
        assert_eq!(call.difference(&reveal(5, "")), "nonce is another than ours");
        assert_eq!(format!("{call:?}"), "revealAssertion(…)");
    }

    #[test]
    fn the_argument_is_named_and_its_value_bounded() {
        let difference = reveal(1, "QmX").difference(&reveal(1, &"x".repeat(5000)));
        assert!(difference.starts_with(r#"metadata: expected "QmX", got "xxx"#), "{difference}");
        assert!(difference.len() < 200);
    }
}
