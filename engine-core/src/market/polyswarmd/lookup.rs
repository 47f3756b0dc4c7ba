//! What the node knows: the market's parameters, a bounty's artifacts, our balance and our account nonce.

use serde::Deserialize;

use serde_json::Value;

use super::{rest::Rest, uri, wire::from_text};
use crate::{
    artifact::ArtifactKind,
    bounty::{Bounty, BountyId, Parameters, commitment::MAX_ARTIFACTS},
    market::{Listed, MarketError},
    metadata,
    units::{Chain, Nct, Tick},
};

/// `GET /bounties/parameters`. Unlike in events, amounts are numbers here.
#[derive(Deserialize)]
struct ParametersAnswer {
    assertion_fee: u128,
    assertion_bid_minimum: u128,
    assertion_bid_maximum: u128,
    assertion_reveal_window: u64,
    arbiter_vote_window: u64,
}

/// What the market asks for now.
pub(super) async fn parameters(rest: &Rest, chain: Chain) -> Result<Parameters, MarketError> {
    let answer: ParametersAnswer = rest.get("/bounties/parameters").chain(chain).result().await?;
    Ok(Parameters {
        assertion_fee: Nct(answer.assertion_fee),
        bid_minimum: Nct(answer.assertion_bid_minimum),
        bid_maximum: Nct(answer.assertion_bid_maximum),
        reveal_window: answer.assertion_reveal_window,
        vote_window: answer.arbiter_vote_window,
    })
}

/// How many ticks a bounty can be open, at most.
pub(super) async fn max_duration(rest: &Rest, chain: Chain) -> Result<u64, MarketError> {
    #[derive(Deserialize)]
    struct Answer {
        max_duration: u64,
    }
    let answer: Answer = rest.get("/bounties/parameters").chain(chain).result().await?;
    Ok(answer.max_duration)
}

#[derive(Deserialize)]
struct ArtifactAnswer {
    name: Option<String>,
}

/// The artifacts of a bounty, each with what its poster said of it.
pub(super) async fn artifacts(rest: &Rest, bounty: &Bounty) -> Result<Vec<Listed>, MarketError> {
    let call = rest.get(artifacts_path(bounty)?).chain(bounty.id.chain);
    let name = call.name();
    let answers: Option<Vec<ArtifactAnswer>> = call.result().await?;
    let answers = answers.unwrap_or_default();
    if answers.len() > MAX_ARTIFACTS {
        let reason =
            format!("it lists {} artifacts, and a bounty has {MAX_ARTIFACTS} at most", answers.len());
        return Err(MarketError::Refused { request: name, reason });
    }
    let metadata = bounty.metadata.iter().cloned().chain(std::iter::repeat_with(Default::default));
    let listed =
        |(answer, metadata): (ArtifactAnswer, _)| Listed { name: answer.name.unwrap_or_default(), metadata };
    Ok(answers.into_iter().zip(metadata).map(listed).collect())
}

/// The path of a bounty's artifacts. Its URI comes from a stranger: one that cannot name artifacts is not asked for.
pub(super) fn artifacts_path(bounty: &Bounty) -> Result<String, MarketError> {
    if uri::names_artifacts(&bounty.uri) {
        return Ok(format!("/artifacts/{}/", bounty.uri));
    }
    let uri = super::wire::bounded(&bounty.uri, 80);
    Err(MarketError::Refused {
        request: format!("the artifacts of {}", bounty.id),
        reason: format!("`{uri}` is neither an IPFS hash nor a SHA-256"),
    })
}

/// How many artifacts the contract believes a bounty has.
pub(super) async fn artifact_count(rest: &Rest, id: BountyId) -> Result<u64, MarketError> {
    #[derive(Deserialize)]
    struct Answer {
        num_artifacts: u64,
    }
    let answer: Answer = rest.get(format!("/bounties/{}", id.guid)).chain(id.chain).result().await?;
    Ok(answer.num_artifacts)
}

/// How the arbiters voted: an artifact is malicious if at least as many say so as say that it is not.
pub(super) async fn truth(rest: &Rest, id: BountyId) -> Result<Option<Vec<bool>>, MarketError> {
    #[derive(Deserialize)]
    struct Vote {
        votes: Vec<bool>,
    }
    let path = format!("/bounties/{}/votes", id.guid);
    let votes: Vec<Vote> = rest.get(path).chain(id.chain).result().await?;
    let count = votes.iter().map(|vote| vote.votes.len()).max();
    Ok(count.map(|count| {
        (0..count).map(|artifact| is_malicious(votes.iter().map(|v| v.votes.get(artifact)))).collect()
    }))
}

fn is_malicious<'a>(votes: impl Iterator<Item = Option<&'a bool>>) -> bool {
    let (mut malicious, mut benign) = (0_usize, 0_usize);
    votes.for_each(|vote| if vote == Some(&true) { malicious += 1 } else { benign += 1 });
    malicious >= benign
}

/// A bounty whose announcement was missed. Its expiration is a number here, unlike in the event.
#[derive(Deserialize)]
struct BountyAnswer {
    #[serde(deserialize_with = "from_text")]
    artifact_type: ArtifactKind,
    amount: Nct,
    uri: String,
    expiration: u64,
    metadata: Value,
}

/// What was announced, from the node's own books.
pub(super) async fn bounty(rest: &Rest, id: BountyId) -> Result<Bounty, MarketError> {
    let answer: BountyAnswer = rest.get(format!("/bounties/{}", id.guid)).chain(id.chain).result().await?;
    Ok(Bounty {
        id,
        kind: answer.artifact_type,
        amount: answer.amount,
        uri: answer.uri,
        expiration: Tick(answer.expiration),
        metadata: metadata::per_artifact(&answer.metadata, 0),
    })
}

/// Our balance.
pub(super) async fn balance(rest: &Rest, chain: Chain) -> Result<Nct, MarketError> {
    rest.get(format!("/balances/{}/nct", rest.account())).chain(chain).result().await
}

/// What our account has for gas, in base units of ETH.
pub(super) async fn ether(rest: &Rest, chain: Chain) -> Result<u128, MarketError> {
    let ether: Nct = rest.get(format!("/balances/{}/eth", rest.account())).chain(chain).result().await?;
    Ok(ether.0)
}

/// The next account nonce that nothing uses, neither mined nor waiting in the node's pool.
///
/// The node counts pooled transactions as far as they follow without a gap. Should its count be behind its own pool, the
/// pool decides: a nonce taken twice would replace a transaction that waits. A node that does not tell its pool is
/// believed.
pub(super) async fn nonce(rest: &Rest, chain: Chain) -> Result<u64, MarketError> {
    let mut nonce: u64 = rest.get("/nonce").chain(chain).result().await?;
    let pooled: Vec<String> = match rest.get("/pending").chain(chain).result().await {
        Err(MarketError::Refused { reason, .. }) => {
            tracing::debug!(%chain, reason, "the node does not tell what is in its pool");
            Vec::new()
        }
        other => other?,
    };
    let mut pooled: Vec<u64> = pooled.iter().filter_map(|nonce| nonce.parse().ok()).collect();
    pooled.sort_unstable();
    for taken in pooled {
        if taken == nonce {
            nonce = nonce.saturating_add(1);
        }
    }
    Ok(nonce)
}
