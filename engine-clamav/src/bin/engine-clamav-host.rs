// SPDX-License-Identifier: GPL-2.0-only
//
// Unlike the rest of this package, this file is under the GNU General Public License, version 2 (see LICENSE-GPL-2.0), because
// the program made of it links libclamav and clamav-rs, which are.

//! The program `engine-clamav-host`: libclamav behind the backend protocol, on standard input and output.
//!
//! It scans one artifact at a time and has no limits of its own but libclamav's defaults (400 MiB unpacked, 100 MiB a file, 120
//! seconds, and so on), because clamav-rs offers no way to set them; whoever starts it limits its time and memory and kills it.

use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clamav_rs::{
    engine::{Engine, ScanResult as Answer},
    fmap::Fmap,
    scan_settings::{GeneralFlags, HeuristicFlags, ScanSettings},
};
use clap::Parser;
use engine_clamav::{Signature, database, failure, scratch};
use engine_core::{
    Artifact, Confidence, ErrorKind, ScanContext, ScanError, ScanResult, SyncScanner, Verdict,
    scanner::child::serve,
};

/// What this program calls itself, also in the names of its temporary folders.
const NAME: &str = "engine-clamav-host";
/// libclamav's default for the largest file it looks into, in bytes; clamav-rs cannot set another.
const MAX_FILE_SIZE: u64 = 100 << 20;
/// How often a database is loaded that changes meanwhile.
const TRIES: usize = 3;

/// Scans with libclamav what comes in by the backend protocol on standard input. Programs start it; people use engine-clamav.
#[derive(Debug, Parser)]
#[command(name = NAME, version)]
struct Arguments {
    /// The folder with the signatures
    #[arg(long, value_name = "DIR")]
    database: PathBuf,
    /// How sure "no signature fired" is, from 0 to 1
    #[arg(long, value_name = "CONFIDENCE", default_value = "0.5")]
    benign_confidence: Confidence,
    /// Make the folder for temporary files in this one [default: TMPDIR, or else /tmp]
    #[arg(long, value_name = "DIR")]
    temporary: Option<PathBuf>,
    /// The folder for temporary files, which this program made before it started itself again
    #[arg(long, value_name = "DIR", hide = true)]
    scratch: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.scratch.clone() {
        None => start_again(arguments.temporary.unwrap_or_else(std::env::temp_dir)),
        Some(scratch) => {
            let served = run(&arguments);
            // The next process sweeps what stays.
            let _ = std::fs::remove_dir_all(scratch);
            served
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{NAME}: {error}");
            ExitCode::from(2)
        }
    }
}

/// Replaces this process by itself with a temporary folder of its own. libclamav takes that folder from the environment, which a
/// process cannot change safely once it runs.
fn start_again(parent: PathBuf) -> Result<(), Box<dyn Error>> {
    scratch::sweep(&parent, NAME);
    let scratch = scratch::make(&parent, NAME)
        .map_err(|error| format!("cannot make a temporary folder in {}: {error}", parent.display()))?
        .keep();
    let mut again = std::process::Command::new(std::env::current_exe()?);
    again.args(std::env::args_os().skip(1)).arg("--scratch").arg(&scratch).env("TMPDIR", &scratch);
    Err(std::os::unix::process::CommandExt::exec(&mut again).into())
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    clamav_rs::initialize()?;
    let (engine, signatures) = load(&arguments.database)?;
    let scanner = Libclamav { engine, benign: arguments.benign_confidence };
    let version = format!("ClamAV {}", clamav_rs::version());
    Ok(serve(&scanner, &version, &signatures, io::stdin().lock(), io::stdout().lock())?)
}

/// The signatures of a folder, compiled, and their version. Nothing loaded is an error: it would call everything clean.
fn load(folder: &Path) -> Result<(Engine, String), Box<dyn Error>> {
    let shown = folder.display();
    let path = folder.to_str().ok_or_else(|| format!("the folder's path is not UTF-8: {shown}"))?;
    let digest = || {
        database::digest(folder).map_err(|error| format!("cannot use the database folder {shown}: {error}"))
    };
    let mut before = digest()?;
    for _ in 0..TRIES {
        let engine = Engine::new();
        let loaded = engine.load_databases(path);
        let count = loaded.map_err(|error| match culprits(folder) {
            files if files.is_empty() => format!("{shown} does not load: {}", error.string_error()),
            files => format!(
                "{shown} does not load because of {}; renew or remove what is broken",
                files.join(", ")
            ),
        })?;
        if count.signature_count == 0 {
            return Err(format!("no signature in {shown}; run freshclam, or name another folder").into());
        }
        engine.compile().map_err(|error| format!("cannot compile {shown}: {}", error.string_error()))?;
        let after = digest()?;
        if before == after {
            return Ok((engine, after));
        }
        before = after;
    }
    Err(format!("{shown} changed whenever it was loaded; try again when its update is over").into())
}

/// The files of a folder that libclamav does not load, each with its reason. It tells of the folder as a whole only.
fn culprits(folder: &Path) -> Vec<String> {
    let broken = |file: &PathBuf| {
        let error = Engine::new().load_databases(file.to_str()?).err()?;
        Some(format!("{} ({})", file.file_name()?.display(), error.string_error()))
    };
    database::files(folder)
        .unwrap_or_default()
        .iter()
        .filter(|file| database::is_loaded(file))
        .filter_map(broken)
        .collect()
}

/// libclamav with its signatures.
struct Libclamav {
    engine: Engine,
    benign: Confidence,
}

impl SyncScanner for Libclamav {
    fn name(&self) -> &str {
        "clamav"
    }

    /// The deadline is kept by whoever kills this process; libclamav cannot be given one.
    fn scan(&self, artifact: &Artifact, _cx: &ScanContext) -> Result<ScanResult, ScanError> {
        let bytes = artifact.bytes();
        let benign = || ScanResult::new(Verdict::Benign, self.benign);
        if bytes.is_empty() {
            // There is no map of nothing. clamd calls it clean too.
            return Ok(benign());
        }
        if artifact.size() > MAX_FILE_SIZE {
            // libclamav would report a detection without a name, and clamav-rs follow the null pointer.
            let message = format!(
                "{} bytes, libclamav takes at most {MAX_FILE_SIZE}; clamd's MaxFileSize can be raised",
                artifact.size()
            );
            return Err(ScanError::new(ErrorKind::TooLarge, message));
        }
        // The map borrows the bytes without saying so in its type: it is dropped at the end of this function, the artifact later.
        let map = Fmap::new_from_memory(bytes.as_ptr(), artifact.size())
            .map_err(|_| failure("Can't map file into memory"))?;
        // Never with a file name: clamav-rs hands libclamav a name that it has freed.
        match self.engine.scan_map(&map, None, &mut settings()) {
            Ok(Answer::Clean | Answer::Whitelisted) => Ok(benign()),
            Ok(Answer::Virus(name)) if name.is_empty() => {
                Err(ScanError::bad_reply("libclamav found something without a name"))
            }
            Ok(Answer::Virus(name)) => Signature::new(&name).verdict(),
            Err(error) => Err(failure(&error.string_error())),
        }
    }
}

/// Looks into everything that libclamav can look into, and reports what it could not look into.
fn settings() -> ScanSettings {
    let mut settings = ScanSettings::default();
    // All parsers, also those that clamav-rs has no names for (images, OneNote, and what comes after them).
    settings.settings.parse = u32::MAX;
    settings.set_general(GeneralFlags::CL_SCAN_GENERAL_HEURISTICS);
    settings.set_heuristic(
        HeuristicFlags::CL_SCAN_HEURISTIC_EXCEEDS_MAX
            | HeuristicFlags::CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE
            | HeuristicFlags::CL_SCAN_HEURISTIC_ENCRYPTED_DOC,
    );
    settings
}
