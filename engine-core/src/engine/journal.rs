//! On disk before on the wire: sealed assertions and their fate.

use crate::{
    bounty::{BountyId, Step},
    market::Signed,
};

/// Signed bytes that are on disk. Only the journal makes one, and only what is sealed can be sent.
#[derive(Clone, Debug)]
pub struct Sealed {
    id: BountyId,
    step: Step,
    signed: Signed,
}

impl Sealed {
    pub(crate) fn new(id: BountyId, step: Step, signed: Signed) -> Self {
        Self { id, step, signed }
    }

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
}
