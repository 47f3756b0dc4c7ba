//! The metadata of a reveal: stored on the node if it can be, in the reveal itself if it is short, else less of it.

use std::time::Duration;

use serde_json::Value;

use super::rest::Rest;
use crate::{
    metadata::{AssertionMetadata, Form},
    units::Chain,
};

/// The longest text that a reveal may carry, in characters.
const LONGEST: usize = 1024;

/// How long the node may take to store metadata: the reveal's window does not wait.
const STORING: Duration = Duration::from_secs(5);

/// What the reveal may carry, the best first; the last is always the empty text.
pub(super) async fn metadata(rest: &Rest, chain: Chain, whole: &str) -> Vec<String> {
    let mut texts = Vec::new();
    match serde_json::from_str::<Value>(whole) {
        Ok(value) => texts.extend(store(rest, chain, value).await),
        Err(error) => tracing::warn!(%error, "the metadata is no JSON and is not stored"),
    }
    texts.push(whole.to_owned());
    if let Ok(metadata) = AssertionMetadata::parse(whole) {
        texts.extend([Form::Plain, Form::Families].map(|form| metadata.text(form)));
    }
    texts.push(String::new());
    texts.retain(|text| fits(text));
    texts.dedup();
    texts
}

/// The name under which the node keeps it, if it does.
async fn store(rest: &Rest, chain: Chain, value: Value) -> Option<String> {
    let call = rest.post("/bounties/metadata").chain(chain).body(value);
    match call.timeout(STORING.min(rest.timeouts.request)).result::<String>().await {
        Ok(uri) if !uri.is_empty() && fits(&uri) => Some(uri),
        Ok(uri) => {
            tracing::warn!(length = uri.len(), "the node stored the metadata under no usable name");
            None
        }
        Err(error) => {
            tracing::warn!(%error, "the metadata is not stored; the reveal carries what fits");
            None
        }
    }
}

fn fits(text: &str) -> bool {
    text.chars().count() <= LONGEST
}
