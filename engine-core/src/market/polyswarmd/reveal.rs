//! The metadata of a reveal: stored on the node if it can be, in the reveal itself if it is short, else less of it.

use serde_json::Value;

use super::rest::Rest;
use crate::units::Chain;

/// The longest text that a reveal may carry, in characters.
const LONGEST: usize = 1024;

/// What the reveal may carry, the best first; the last is always the empty text.
pub(super) async fn metadata(rest: &Rest, chain: Chain, whole: &str) -> Vec<String> {
    let mut texts = Vec::new();
    match serde_json::from_str::<Value>(whole) {
        Ok(value) => {
            match rest.post("/bounties/metadata").chain(chain).body(value).result::<String>().await {
                Ok(uri) if !uri.is_empty() && fits(&uri) => texts.push(uri),
                Ok(uri) => {
                    tracing::warn!(length = uri.len(), "the node stored metadata under no usable name")
                }
                Err(error) => {
                    tracing::warn!(%error, "the metadata is not stored; the reveal carries less of it")
                }
            }
        }
        Err(error) => tracing::warn!(%error, "the metadata is no JSON and is not stored"),
    }
    texts.extend([whole.to_owned(), "[]".to_owned(), String::new()].into_iter().filter(|text| fits(text)));
    texts.dedup();
    texts
}

fn fits(text: &str) -> bool {
    text.chars().count() <= LONGEST
}
