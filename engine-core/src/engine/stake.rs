//! From an opinion to an assertion that is about to be staked: bids, secret, commitment, and what it costs.

use super::{driver::Driver, steps::Means};
use crate::{
    bounty::{
        Assertion, BountyId, Step,
        evidence::{Basis, Evidence},
        machine::Input,
    },
    market::Market,
    scanner::Scanner,
    units::Chain,
};

impl<M: Market, S: Scanner> Driver<M, S> {
    /// Has an assertion built, if the market lets it be.
    pub(super) fn assert(&mut self, id: BountyId) {
        self.stop_scan(id);
        let refuse = || Input::Dropped { step: Step::Assert, again: false };
        let parameters = self.book.parameters(id.chain);
        let Some(entry) = self.book.get_mut(id) else { return };
        let (Some(parameters), Some(opinion)) = (parameters, entry.machine.opinion()) else {
            return entry.machine.handle(refuse());
        };
        let bids = self.plan.bids.bids(&parameters, &opinion.mask, &opinion.confidences);
        let secret = self.secrets.next();
        let commitment = match self.market.commit(&opinion.verdicts, secret) {
            Ok(commitment) => commitment,
            Err(error) => {
                tracing::warn!(bounty = %id, error = &error as &dyn std::error::Error, "cannot commit to the verdicts");
                return entry.machine.handle(refuse());
            }
        };
        let assertion = Assertion {
            mask: opinion.mask.clone(),
            verdicts: opinion.verdicts.clone(),
            commitment,
            secret,
            bids,
            metadata: opinion.metadata.clone(),
        };
        let named = |said: &Evidence| {
            let own = || self.fetcher.scanner().name().to_owned();
            let backend = Some(said.backend.clone()).filter(|name| !name.is_empty()).unwrap_or_else(own);
            Evidence { backend, ..said.clone() }
        };
        let evidence = opinion.evidence.iter().map(|said| said.iter().map(named).collect()).collect();
        let basis = Basis { fee: parameters.assertion_fee, evidence };
        let cost = assertion.cost(parameters.assertion_fee);
        let (bounty, last_call) = (entry.bounty.clone(), entry.machine.windows().last_call());
        self.uncharged.add(id, &assertion.bids);
        let means = Means {
            needed: self.uncharged.needed(id.chain, parameters.assertion_fee),
            staked: self.staked(id.chain),
        };
        tracing::info!(bounty = %id, verdicts = ?assertion.verdicts, mask = ?assertion.mask, cost = %cost, "asserting");
        self.step(id, Some(Step::Assert), |steps| steps.assert(bounty, assertion, basis, last_call, means));
    }

    /// How many bounties of a chain have something staked, or may have at this moment.
    fn staked(&self, chain: Chain) -> u64 {
        let here = self.book.entries().filter(|entry| entry.bounty.id.chain == chain);
        u64::try_from(here.filter(|entry| entry.machine.may_be_staked()).count()).unwrap_or(u64::MAX)
    }
}
