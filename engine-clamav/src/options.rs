//! What a ClamAV scanner is made of.

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use engine_core::Confidence;

use crate::clamd::Address;

/// Which ClamAV scans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The clamd of this machine if it answers, else libclamav over the system's database folder.
    #[default]
    Find,
    /// The clamd at this address.
    Clamd(Address),
    /// libclamav over this database folder, without a daemon.
    Database(PathBuf),
}

/// How to make a [`ClamavScanner`](crate::ClamavScanner). The default looks for a ClamAV on this machine.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// Which ClamAV scans. Default: whatever this machine has.
    pub choice: Choice,
    /// How sure "no signature fired" is. Default: 0.5; absence of evidence is no evidence.
    pub benign_confidence: Confidence,
    /// A file that ClamAV has to find something in, for a database that does not know EICAR. At most 16 MiB. Default: the EICAR
    /// test file.
    pub self_test_file: Option<PathBuf>,
    /// The program `engine-clamav-host`. Default: the one beside this program, else the one in `PATH`.
    pub host_program: Option<PathBuf>,
    /// How much address space, in bytes, each `engine-clamav-host` may use; a scan that needs more fails. Default: 4 GiB. The
    /// official database alone takes more than 1 GiB; below what the database needs, the program does not start. `None`: no limit.
    pub host_memory: Option<u64>,
    /// How many `engine-clamav-host` processes run at most, each with the whole database in its memory. Default: as many as
    /// scans run at a time, and at most four; further scans wait for their turn.
    pub host_processes: Option<NonZeroUsize>,
    /// From which age on `check` warns of old signatures; it is no more than a warning. Zero is never. Default: seven days.
    pub max_age: Duration,
}

/// See [`Options::host_memory`].
pub(crate) const HOST_MEMORY: u64 = 4 << 30;
/// How many of them there are at most if nothing is said: with the official database, some 6 GiB.
pub(crate) const HOST_PROCESSES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(3);
/// See [`Options::max_age`].
const MAX_AGE: Duration = Duration::from_secs(7 * 86_400);

impl Default for Options {
    fn default() -> Self {
        Self {
            choice: Choice::Find,
            benign_confidence: Confidence::HALF,
            self_test_file: None,
            host_program: None,
            host_memory: Some(HOST_MEMORY),
            host_processes: None,
            max_age: MAX_AGE,
        }
    }
}

impl Options {
    /// Scans with the clamd at this address.
    pub fn clamd(address: Address) -> Self {
        Self { choice: Choice::Clamd(address), ..Self::default() }
    }

    /// Scans with libclamav over this database folder.
    pub fn database(folder: impl Into<PathBuf>) -> Self {
        Self { choice: Choice::Database(folder.into()), ..Self::default() }
    }
}
