//! Has the node build the transactions of a step, and holds each against what was asked for.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Polyswarmd,
    fast::Message,
    gas, reveal,
    verify::{Expected, Unsigned, Verified, verify},
};
use crate::{
    bounty::{Assertion, BountyId},
    market::{Action, MarketError},
    units::Chain,
};

/// What is to be signed.
#[derive(Clone, Debug)]
pub enum Draft {
    /// Transactions that hold what was asked for and nothing else.
    Transactions(Verified),
    /// The message that a fast node takes instead.
    Message(Message),
}

impl Draft {
    /// The transactions, as long as there are any.
    pub(super) fn transactions(&self) -> &[Unsigned] {
        match self {
            Self::Transactions(verified) => verified.transactions(),
            Self::Message(_) => &[],
        }
    }
}

#[derive(Deserialize)]
struct Built {
    transactions: Vec<Unsigned>,
}

/// What the node is asked to build, with what comes back held against.
pub(super) async fn draft(
    market: &Polyswarmd,
    id: BountyId,
    action: Action<'_>,
) -> Result<Draft, MarketError> {
    let path = format!("/bounties/{}", id.guid);
    match action {
        Action::Assert(assertion) => {
            let body = json!({
                "bid": assertion.bids,
                "mask": assertion.mask,
                "commitment": assertion.commitment,
            });
            let built = build(market, id.chain, format!("{path}/assertions"), Some(body)).await?;
            let fee = market.parameters(id.chain)?.assertion_fee;
            check(market, id.chain, &Expected::assertion(id.guid, assertion, fee)?, &built)
        }
        Action::Reveal { assertion, index } => draft_reveal(market, id, assertion, index).await,
        Action::Settle(assertion) => {
            let mut built = build(market, id.chain, format!("{path}/settle"), None).await?;
            gas::cap(market, id.chain, assertion, &mut built)?;
            check(market, id.chain, &Expected::settle(id.guid), &built)
        }
    }
}

/// The reveal matters more than its metadata: what the node does not take is left out, at last all of it.
async fn draft_reveal(
    market: &Polyswarmd,
    id: BountyId,
    assertion: &Assertion,
    index: u64,
) -> Result<Draft, MarketError> {
    let path = format!("/bounties/{}/assertions/{index}/reveal", id.guid);
    let mut last = None;
    for metadata in reveal::metadata(&market.rest, id.chain, &assertion.metadata).await {
        let body = json!({
            "nonce": assertion.secret,
            "verdicts": assertion.verdicts,
            "metadata": metadata,
        });
        match build(market, id.chain, path.clone(), Some(body)).await {
            Ok(mut built) => {
                gas::cap(market, id.chain, assertion, &mut built)?;
                let expected = Expected::reveal(id.guid, assertion, index, &metadata)?;
                return check(market, id.chain, &expected, &built);
            }
            Err(error @ MarketError::Refused { .. }) => {
                tracing::warn!(bounty = %id, %error, "the reveal is tried with less metadata");
                last = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(last
        .unwrap_or_else(|| MarketError::Refused { request: path, reason: "there is no metadata".to_owned() }))
}

async fn build(
    market: &Polyswarmd,
    chain: Chain,
    path: String,
    body: Option<Value>,
) -> Result<Vec<Unsigned>, MarketError> {
    let call = market.rest.post(path).chain(chain).builds_transactions();
    let call = match body {
        Some(body) => call.body(body),
        None => call,
    };
    Ok(call.result::<Built>().await?.transactions)
}

/// Nobody else can learn pins in between: two drafts that run at once must agree.
fn check(
    market: &Polyswarmd,
    chain: Chain,
    expected: &Expected,
    built: &[Unsigned],
) -> Result<Draft, MarketError> {
    let shared = market.shared(chain)?;
    let mut pins = shared.pins();
    let verified = verify(expected, built, &pins, &shared.options.gas)?;
    if verified.pins() != *pins {
        tracing::warn!(%chain, pins = ?verified.pins(), "from now on transactions must hold what these hold");
        *pins = verified.pins();
    }
    Ok(Draft::Transactions(verified))
}
