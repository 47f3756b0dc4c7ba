//! The table `[clamav]`, and ClamAV as an engine.

use std::{num::NonZeroUsize, path::PathBuf};

use engine_core::{
    Confidence,
    settings::{Section, Size, Time},
};
use serde::Deserialize;

use crate::{
    clamd::Address,
    options::{Choice, Options},
    scanner::StartError,
};

/// The settings of ClamAV: flags, variables, and the table `[clamav]` of the settings file.
#[derive(Clone, Debug, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
#[command(next_help_heading = "ClamAV")]
#[group(skip)]
pub struct Settings {
    /// Scan with the clamd at this address: HOST:PORT, or unix:/path of its socket [example: 127.0.0.1:3310]
    #[arg(long, value_name = "ADDRESS")]
    pub clamd: Option<Address>,

    /// Scan with the clamd of this host, at --clamd-port; --clamd goes before it [port unless told otherwise: 3310]
    #[arg(long, value_name = "HOST", env = "CLAMD_HOST")]
    pub clamd_host: Option<String>,

    /// The port of --clamd-host, from 1 to 65535 [host unless told otherwise: 127.0.0.1]
    #[arg(long, value_name = "PORT", env = "CLAMD_PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub clamd_port: Option<u16>,

    /// Scan with libclamav over the signatures in this folder, without a daemon [example: /var/lib/clamav]
    #[arg(long, value_name = "DIR")]
    pub database: Option<PathBuf>,

    /// How sure "ClamAV found nothing" is, from 0 to 1
    #[arg(long, value_name = "CONFIDENCE", default_value = "0.5")]
    pub clamav_benign_confidence: Confidence,

    /// A file that ClamAV must find something in, for a database that does not know EICAR; at most 16M
    #[arg(long, value_name = "FILE")]
    pub self_test_file: Option<PathBuf>,

    /// The program that links libclamav [default: engine-clamav-host beside this program, else in PATH]
    #[arg(long, value_name = "PROGRAM")]
    pub clamav_host_program: Option<PathBuf>,

    /// How much memory (address space) each libclamav process may use; the official database needs more than 1G
    #[arg(long, value_name = "SIZE", default_value = "4G")]
    pub clamav_host_memory: Size,

    /// How many libclamav processes run at most, each with the whole database in memory [default: one per scan at a time, at most 4]
    #[arg(long, value_name = "N")]
    pub clamav_host_processes: Option<NonZeroUsize>,

    /// From which age on check warns of old signatures, such as 7d; 0s is never
    #[arg(long, value_name = "TIME", default_value = "7d")]
    pub database_max_age: Time,
}

impl Section for Settings {
    const TABLE: &'static str = "clamav";
}

impl Settings {
    /// Which ClamAV these settings mean, and how it is to be used.
    ///
    /// `--clamd` goes before `--database`'s absence only: both are refused. `CLAMD_HOST` and `CLAMD_PORT`, which may stand in an
    /// environment for other programs, give way to either.
    ///
    /// # Errors
    ///
    /// [`StartError::Both`].
    pub fn options(self) -> Result<Options, StartError> {
        let choice = match (self.clamd, self.database, self.clamd_host, self.clamd_port) {
            (Some(_), Some(_), _, _) => return Err(StartError::Both),
            (Some(address), None, _, _) => Choice::Clamd(address),
            (None, Some(folder), _, _) => Choice::Database(folder),
            (None, None, None, None) => Choice::Find,
            (None, None, host, port) => Choice::Clamd(Address::tcp(
                host.unwrap_or_else(|| "127.0.0.1".to_owned()),
                port.unwrap_or(Address::DEFAULT_PORT),
            )),
        };
        Ok(Options {
            choice,
            benign_confidence: self.clamav_benign_confidence,
            self_test_file: self.self_test_file,
            host_program: self.clamav_host_program,
            host_memory: Some(self.clamav_host_memory.0),
            host_processes: self.clamav_host_processes,
            max_age: self.database_max_age.0,
        })
    }
}
