//! Faults on purpose: what goes wrong on the running net, when, and how often.
//!
//! A file has a list of faults. Each says *on* what it waits, which occurrence it means (`nth`, from 1, by
//! default the
//! first; `times`, by default 1, how many in a row from there), and *what* happens then. Occurrences are
//! counted from
//! the start, each fault for itself, so the same traffic meets the same faults. Of several that apply to one
//! occurrence the first in the file is inflicted, but for lies, which are all told.
//!
//! ```toml
//! # The third assertion is taken, but its answer never comes.
//! [[fault]]
//! on = "request"
//! method = "POST"                   # any when absent
//! path = "/bounties/*/assertions"   # a star is one segment; any path when absent
//! nth = 3
//! what = "lose_answer"              # applied, then the connection is closed
//!
//! [[fault]]
//! on = "request"
//! path = "/transactions"
//! chain = "home"                    # both when absent, for every kind of fault
//! account = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F" # anybody when absent
//! what = "lose_request"             # not applied, and the connection is closed
//!
//! [[fault]]
//! on = "request"
//! what = "delay"                    # the request is applied after so many milliseconds
//! ms = 500
//!
//! [[fault]]
//! on = "request"
//! what = "429"                      # not applied; so are "500" and "html" (with `status`, by default 502)
//! retry_after = 2                   # seconds; without it there is no such header
//! times = 5
//!
//! # What the node builds to be signed is not what was asked for.
//! [[fault]]
//! on = "request"
//! path = "/bounties/*/assertions"
//! lie = "spender"                   # the other fields that can be lied about are those of `Lie`
//!
//! [[fault]]
//! on = "event"
//! event = "bounty"                  # any but `connected` when absent
//! nth = 2
//! what = "drop_socket"              # instead of the event; also "lose", "duplicate",
//!                                   # "reorder" (it comes after the next event)
//!
//! [[fault]]
//! on = "event"
//! event = "quorum"
//! what = "delay"
//! blocks = 3
//!
//! [[fault]]
//! on = "block"
//! nth = 40
//! what = "regression"               # numbers are told lower by `by` for `blocks` blocks
//! by = 10
//! blocks = 5
//!
//! [[fault]]
//! on = "block"
//! nth = 60
//! what = "gas_price"                # times `factor`, or `wei`; for `blocks` blocks, for ever when absent
//! factor = 20
//! blocks = 8
//!
//! [[fault]]
//! on = "block"
//! nth = 80
//! what = "window_update"            # also "deprecate", and "drop_sockets"
//! reveal = 12
//! vote = 8
//! ```

mod armed;
mod file;
mod lie;
mod model;

use std::{
    io,
    path::{Path, PathBuf},
    str::FromStr,
};

use self::model::Fault;
pub(crate) use self::{
    armed::{Armed, Sent},
    lie::{distort_calls, distort_transactions},
    model::{BlockFault, Fate},
};
pub use self::{file::FaultsError, lie::Lie};

/// A list of faults, read from TOML as the module says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Reads a file.
    ///
    /// # Errors
    /// [`FaultsError`] when it cannot be read, is no TOML, or asks for what there is not.
    pub fn load(path: &Path) -> Result<Self, FaultsError> {
        let unreadable = |source: io::Error| FaultsError::Unreadable { path: PathBuf::from(path), source };
        std::fs::read_to_string(path).map_err(unreadable)?.parse()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(text: &str) -> Result<Self, FaultsError> {
        file::parse(text).map(Self)
    }
}

#[cfg(test)]
mod tests;
