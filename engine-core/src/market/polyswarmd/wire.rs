//! The node's websocket frames, mirrored: text in, events out. Nothing here is believed further in.
//!
//! Unknown members pass, a missing or mistyped one is an error that names it. Numbers can be larger than 64 bits (a
//! payout in base units). They are read as `u128` straight from the text, and the members of a frame are first kept as raw
//! text: serde_json's `arbitrary_precision` would change how `Value`, `flatten` and `untagged` behave in the whole program,
//! and this works the same with and without it. For that reason no type here is flattened, tagged or untagged.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

use crate::{
    artifact::ArtifactKind,
    bounty::{Bounty, BountyId, Parameters, event::Event},
    metadata,
    units::{Chain, Guid, Nct, Tick},
};

/// What a frame says.
#[derive(Debug, PartialEq)]
pub(super) enum Frame {
    /// Something that the engine wants to hear.
    Event(Event),
    /// Some of the market's parameters are new; the rest stay.
    Change(Change),
    /// An event that is of no use to us, or one that this version does not know.
    Ignored(String),
}

/// New values of some parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    assertion_fee: Option<Nct>,
    reveal_window: Option<u64>,
    vote_window: Option<u64>,
}

impl Change {
    /// The parameters after it.
    pub(super) fn apply(self, now: Parameters) -> Parameters {
        Parameters {
            assertion_fee: self.assertion_fee.unwrap_or(now.assertion_fee),
            reveal_window: self.reveal_window.unwrap_or(now.reveal_window),
            vote_window: self.vote_window.unwrap_or(now.vote_window),
            ..now
        }
    }
}

/// Reads a text frame that came over the socket of `chain`.
pub(super) fn read(text: &str, chain: Chain) -> Result<Frame, WireError> {
    let head: Head<'_> = object(text).map_err(|what| WireError::new("a frame", what, text))?;
    let data = head.data.map_or("null", RawValue::get);
    let frame = match &*head.event {
        "block" => object(data).map(|block: Block| Frame::Event(Event::Tick(Tick(block.number)))),
        "bounty" => object(data).map(|posted: Posted| posted.announce(chain)),
        "quorum" => object(data).map(|decided: Decided| Frame::Event(Event::Quorum(decided.bounty_guid))),
        "settled_bounty" => object(data).and_then(Settled::event),
        "fee_update" => object(data).map(|fees: Fees| Frame::Change(fees.into())),
        "window_update" => object(data).map(|windows: Windows| Frame::Change(windows.into())),
        "deprecated" => Ok(Frame::Event(Event::Deprecated)),
        other => Ok(Frame::Ignored(bounded(other, 40))),
    };
    frame.map_err(|what| WireError::new(&bounded(&head.event, 40), what, text))
}

/// Reads a JSON object; serde would take an array for a struct too.
fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    match text.trim_start().chars().next() {
        Some('{') => parse(text),
        _ => Err("it is no JSON object".to_owned()),
    }
}

/// Reads JSON; the error names the member.
fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| error.to_string())?;
    json.end().map_err(|error| error.to_string())?;
    Ok(value)
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Block {
    number: u64,
}

#[derive(Deserialize)]
struct Posted {
    guid: Guid,
    #[serde(deserialize_with = "from_text")]
    artifact_type: ArtifactKind,
    amount: Nct,
    uri: String,
    #[serde(deserialize_with = "from_text")]
    expiration: u64,
    metadata: Value,
}

impl Posted {
    fn announce(self, chain: Chain) -> Frame {
        Frame::Event(Event::Announced(Box::new(Bounty {
            id: BountyId { chain, guid: self.guid },
            kind: self.artifact_type,
            amount: self.amount,
            uri: self.uri,
            expiration: Tick(self.expiration),
            metadata: metadata::per_artifact(&self.metadata, 0),
        })))
    }
}

#[derive(Deserialize)]
struct Decided {
    bounty_guid: Guid,
}

#[derive(Deserialize)]
struct Settled<'a> {
    bounty_guid: Guid,
    settler: String,
    #[serde(borrow)]
    payout: &'a RawValue,
}

impl Settled<'_> {
    fn event(self) -> Result<Frame, String> {
        let digits = self.payout.get();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("payout: expected a whole number, got {digits}"));
        }
        let payout = digits.parse().ok().map(Nct);
        Ok(Frame::Event(Event::Settled { guid: self.bounty_guid, by: self.settler, payout }))
    }
}

#[derive(Deserialize)]
struct Fees {
    assertion_fee: Option<u128>,
}

impl From<Fees> for Change {
    fn from(fees: Fees) -> Self {
        Self { assertion_fee: fees.assertion_fee.map(Nct), ..Self::default() }
    }
}

#[derive(Deserialize)]
struct Windows {
    assertion_reveal_window: Option<u64>,
    arbiter_vote_window: Option<u64>,
}

impl From<Windows> for Change {
    fn from(windows: Windows) -> Self {
        Self {
            reveal_window: windows.assertion_reveal_window,
            vote_window: windows.arbiter_vote_window,
            ..Self::default()
        }
    }
}

/// A value that the wire writes as text.
pub(super) fn from_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err: fmt::Display>,
{
    let text = Cow::<str>::deserialize(deserializer)?;
    text.parse().map_err(|error| serde::de::Error::custom(format!("{error}, got `{}`", bounded(&text, 40))))
}

/// Why a frame was dropped: one line of bounded length.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{event} cannot be read: {what}, in {frame}")]
pub(super) struct WireError {
    event: String,
    what: String,
    frame: String,
}

impl WireError {
    fn new(event: &str, what: String, frame: &str) -> Self {
        Self { event: event.to_owned(), what: bounded(&what, 160), frame: bounded(frame, 200) }
    }
}

/// At most `length` characters, on one line.
pub(super) fn bounded(text: &str, length: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(length).map(plain).collect();
    if text.chars().nth(length).is_some() {
        line.push('…');
    }
    line
}

/// Reads a whole answer; the error names the member.
pub(super) fn answer<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    parse(text).map_err(|what| bounded(&what, 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        read(text, Chain::Side).unwrap_err().to_string()
    }

    #[test]
    fn what_is_missing_or_mistyped_is_named() {
        let guid = "554755d1-9a3a-4748-8ddd-da7d7992cafb";
        assert!(error(r#"{"event":"block","data":{}}"#).contains("`number`"));
        assert!(error(r#"{"event":"block","data":{"number":"12"}}"#).contains("number: invalid type"));
        assert!(error(r#"{"event":"block","data":{"number":-1}}"#).contains("number: invalid value"));
        assert!(error(r#"{"event":"block"}"#).starts_with("block cannot be read"));
        assert!(error(r#"{"data":{}}"#).contains("`event`"));
        assert!(error(r#"{"event":"quorum","data":{"bounty_guid":"x"}}"#).contains("bounty_guid:"));
        assert!(error(r#"{"event":"fee_update","data":{"assertion_fee":"9"}}"#).contains("assertion_fee:"));
        let settled = |payout: &str| {
            format!(
                r#"{{"event":"settled_bounty","data":{{"bounty_guid":"{guid}","settler":"0x","payout":{payout}}}}}"#
            )
        };
        assert!(error(&settled("-1")).contains("payout:"));
        assert!(error(&settled("\"7\"")).contains("payout:"));
    }

    #[test]
    fn f27_a_payout_may_have_more_than_64_bits() {
        for (payout, expected) in [
            ("18446744073709551616", Some(Nct(1 << 64))),
            ("115792089237316195423570985008687907853269984665640564039457584007913129639935", None),
        ] {
            let frame = read(
                &format!(
                    r#"{{"event":"settled_bounty","data":{{"bounty_guid":"554755d1-9a3a-4748-8ddd-da7d7992cafb","settler":"0x","payout":{payout}}}}}"#
                ),
                Chain::Side,
            );
            assert!(matches!(frame, Ok(Frame::Event(Event::Settled { payout, .. })) if payout == expected));
        }
    }

    #[test]
    fn an_error_is_one_short_line_whatever_came() {
        let long = format!("{{\"event\":\"block\",\"data\":{{\"number\":\"{}\n\"}}}}", "x".repeat(1_000_000));
        for text in
            [long.as_str(), r#"["block",{"number":1}]"#, "\0\0\n\n", "", "[1,2,3]", "{\"event\": \"block\", "]
        {
            let line = error(text);
            assert!(line.len() < 500 && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn a_change_leaves_the_rest() {
        let now = Parameters {
            assertion_fee: Nct(1),
            bid_minimum: Nct(2),
            bid_maximum: Nct(3),
            reveal_window: 4,
            vote_window: 5,
        };
        let windows = r#"{"event":"window_update","data":{"arbiter_vote_window":9}}"#;
        let Ok(Frame::Change(change)) = read(windows, Chain::Side) else { panic!("no change") };
        assert_eq!(change.apply(now), Parameters { vote_window: 9, ..now });
    }
}
