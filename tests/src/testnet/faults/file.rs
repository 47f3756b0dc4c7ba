//! The TOML form of faults, and what is wrong with one.

use std::{io, path::PathBuf, time::Duration};

use alloy_primitives::Address;
use serde::Deserialize;

use super::{
    Lie,
    model::{Asked, BlockFault, EventFault, Fate, Fault, What},
};
use crate::testnet::chain::ChainName;

/// Why faults cannot be inflicted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaultsError {
    /// The file cannot be read.
    #[error("cannot read the faults in {path}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No TOML, or a key or word that there is not.
    #[error("the faults are malformed: {0}")]
    Malformed(String),
    /// A member is missing or out of range.
    #[error("fault {number}: {why}")]
    Wrong {
        /// Its place in the file, from 1.
        number: usize,
        /// What to change.
        why: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    fault: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(tag = "on", rename_all = "lowercase", deny_unknown_fields)]
enum Entry {
    Request {
        chain: Option<ChainName>,
        #[serde(default = "one")]
        nth: u64,
        #[serde(default = "one")]
        times: u64,
        method: Option<String>,
        path: Option<String>,
        account: Option<Address>,
        what: Option<RequestWord>,
        lie: Option<Lie>,
        ms: Option<u64>,
        retry_after: Option<u64>,
        status: Option<u16>,
    },
    Event {
        chain: Option<ChainName>,
        #[serde(default = "one")]
        nth: u64,
        #[serde(default = "one")]
        times: u64,
        event: Option<String>,
        what: EventWord,
        blocks: Option<u64>,
    },
    Block {
        chain: Option<ChainName>,
        #[serde(default = "one")]
        nth: u64,
        #[serde(default = "one")]
        times: u64,
        what: BlockWord,
        by: Option<u64>,
        blocks: Option<u64>,
        factor: Option<u64>,
        wei: Option<u64>,
        reveal: Option<u64>,
        vote: Option<u64>,
    },
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RequestWord {
    LoseRequest,
    LoseAnswer,
    Delay,
    #[serde(rename = "429")]
    TooMany,
    #[serde(rename = "500")]
    Broken,
    Html,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EventWord {
    DropSocket,
    Lose,
    Duplicate,
    Reorder,
    Delay,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BlockWord {
    Regression,
    GasPrice,
    WindowUpdate,
    Deprecate,
    DropSockets,
}

fn one() -> u64 {
    1
}

pub(super) fn parse(text: &str) -> Result<Vec<Fault>, FaultsError> {
    let file: File =
        toml::from_str(text).map_err(|e| FaultsError::Malformed(e.to_string().trim().to_owned()))?;
    let faults = file.fault.into_iter().enumerate();
    faults.map(|(i, entry)| fault(entry).map_err(|why| FaultsError::Wrong { number: i + 1, why })).collect()
}

fn fault(entry: Entry) -> Result<Fault, &'static str> {
    let (chain, nth, times, what) = match entry {
        Entry::Request { chain, nth, times, method, path, account, what, lie, ms, retry_after, status } => {
            let segments = |path: String| path.trim_matches('/').split('/').map(ToOwned::to_owned).collect();
            let method = method.map(|method| method.to_uppercase());
            let asked = Asked { method, path: path.map(segments), account };
            (chain, nth, times, What::Request(asked, fate(what, lie, ms, retry_after, status)?))
        }
        Entry::Event { chain, nth, times, event, what, blocks } => {
            (chain, nth, times, What::Event(event, event_fault(what, blocks)?))
        }
        Entry::Block { chain, nth, times, what, by, blocks, factor, wei, reveal, vote } => {
            let wanted = "a regression says by how many numbers and for how many blocks: by and blocks";
            let fault = match (what, by, blocks, factor, wei, reveal, vote) {
                (BlockWord::Regression, Some(by), Some(blocks), None, None, None, None) => {
                    BlockFault::Regression { by, blocks }
                }
                (BlockWord::Regression, ..) => return Err(wanted),
                (BlockWord::GasPrice, None, blocks, Some(factor), None, None, None) => {
                    BlockFault::GasFactor { factor: factor.into(), blocks }
                }
                (BlockWord::GasPrice, None, blocks, None, Some(wei), None, None) => {
                    BlockFault::GasPrice { wei: wei.into(), blocks }
                }
                (BlockWord::GasPrice, ..) => {
                    return Err("a gas_price has factor or wei, and may have blocks");
                }
                (BlockWord::WindowUpdate, None, None, None, None, Some(reveal), Some(vote))
                    if reveal > 0 && vote > 0 =>
                {
                    BlockFault::Windows { reveal, vote }
                }
                (BlockWord::WindowUpdate, ..) => {
                    return Err("a window_update has reveal and vote, 1 block or more each");
                }
                (BlockWord::Deprecate, None, None, None, None, None, None) => BlockFault::Deprecate,
                (BlockWord::DropSockets, None, None, None, None, None, None) => BlockFault::DropSockets,
                (BlockWord::Deprecate | BlockWord::DropSockets, ..) => {
                    return Err("deprecate and drop_sockets have nothing beside when they happen");
                }
            };
            (chain, nth, times, What::Block(fault))
        }
    };
    if nth < 1 || times < 1 {
        return Err("nth and times are 1 or more");
    }
    Ok(Fault { chain, nth, times, what })
}

fn fate(
    what: Option<RequestWord>,
    lie: Option<Lie>,
    ms: Option<u64>,
    retry_after: Option<u64>,
    status: Option<u16>,
) -> Result<Fate, &'static str> {
    Ok(match (what, lie, ms, retry_after, status) {
        (None, Some(lie), None, None, None) => Fate::Lie(lie),
        (Some(RequestWord::LoseRequest), None, None, None, None) => Fate::LoseRequest,
        (Some(RequestWord::LoseAnswer), None, None, None, None) => Fate::LoseAnswer,
        (Some(RequestWord::Delay), None, Some(ms), None, None) => Fate::Delay(Duration::from_millis(ms)),
        (Some(RequestWord::Delay), ..) => return Err("a delay of a request has ms"),
        (Some(RequestWord::TooMany), None, None, retry_after, None) => Fate::TooMany(retry_after),
        (Some(RequestWord::Broken), None, None, None, None) => Fate::Broken,
        (Some(RequestWord::Html), None, None, None, status) => match status.unwrap_or(502) {
            status @ 200..=599 => Fate::Html(status),
            _ => return Err("status is 200 to 599"),
        },
        (None, None, ..) => return Err("what or lie is missing"),
        _ => return Err("a request has what or lie; ms is for delay, retry_after for 429, status for html"),
    })
}

fn event_fault(what: EventWord, blocks: Option<u64>) -> Result<EventFault, &'static str> {
    Ok(match (what, blocks) {
        (EventWord::Delay, Some(blocks)) if blocks > 0 => EventFault::Delay(blocks),
        (EventWord::Delay, _) => return Err("a delay of an event has blocks, 1 or more"),
        (_, Some(_)) => return Err("blocks is for delay"),
        (EventWord::DropSocket, None) => EventFault::DropSocket,
        (EventWord::Lose, None) => EventFault::Lose,
        (EventWord::Duplicate, None) => EventFault::Duplicate,
        (EventWord::Reorder, None) => EventFault::Reorder,
    })
}
