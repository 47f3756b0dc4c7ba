//! Signed bytes, before and after they are on disk.

use serde::{Deserialize, Serialize};

use crate::bounty::{Assertion, BountyId, Step};

/// The signed bytes of a step, as they go over the wire, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// One or more transactions with adjacent account nonces.
    pub transactions: Vec<SignedTransaction>,
}

/// One signed transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedTransaction {
    /// The bytes as the market takes them: in hex without `0x`, or what is handed in as JSON.
    pub raw: String,
    /// The hash that the market knows them by, in hex without `0x`.
    pub hash: String,
    /// The account nonce that they use up; 0 where there are none.
    pub nonce: u64,
}

/// Signed bytes that are on disk. Only the journal makes one, and only what is sealed can be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Sealed {
    pub(super) id: BountyId,
    pub(super) step: Step,
    pub(super) signed: Signed,
    pub(super) assertion: Assertion,
}

impl Sealed {
    /// Which bounty it is for.
    pub fn id(&self) -> BountyId {
        self.id
    }

    /// Which step it takes.
    pub fn step(&self) -> Step {
        self.step
    }

    /// The bytes.
    pub fn signed(&self) -> &Signed {
        &self.signed
    }

    /// What was promised for the bounty.
    pub fn assertion(&self) -> &Assertion {
        &self.assertion
    }

    /// As if it were on disk, for tests of what sends it.
    #[cfg(any(test, feature = "testing"))]
    pub fn for_test(id: BountyId, step: Step, signed: Signed, assertion: Assertion) -> Self {
        Self { id, step, signed, assertion }
    }
}
