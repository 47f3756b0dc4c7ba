//! What the program does as its own child: compile rules, or scan with a compiled set. Here is all that hands strangers' bytes to
//! libyara when there is a sandbox.
//!
//! ```text
//! child compile FOLDER PATH…   compiles the rules at PATH… into FOLDER, told what to leave out by a job in FOLDER
//! child scan FOLDER            speaks the backend protocol over the set in FOLDER
//! ```

mod job;
mod requests;

use std::{
    ffi::{OsStr, OsString},
    io::{self, Write},
    path::{Path, PathBuf},
    rc::Rc,
};

use engine_core::{
    BoxError, ErrorKind, ScanError,
    scanner::child::{protocol::Reply, serve},
};
use serde::Serialize;
use serde_json::Map;

pub(crate) use self::job::{Event, Job};
use self::requests::{Asked, Requests};
use crate::{
    VERSION,
    rules::{Rules, make},
    sync::{SyncYara, WithCanary},
};

/// The command `child` of a program that has a [`YaraScanner`](crate::YaraScanner): call it with the arguments that follow
/// `child`. Nothing that a person would type.
///
/// It fails on arguments that it does not know, on a set that is not in a folder of this user alone, and when its input or output
/// is not that of a [`YaraScanner`](crate::YaraScanner).
pub fn child(args: Vec<OsString>) -> Result<(), BoxError> {
    let mut args = args.into_iter();
    match (args.next().as_deref().and_then(OsStr::to_str), args.next()) {
        (Some("compile"), Some(folder)) => {
            compile(Path::new(&folder), &args.map(PathBuf::from).collect::<Vec<_>>())
        }
        (Some("scan"), Some(folder)) => scan(Path::new(&folder)),
        _ => Err("usage: child compile FOLDER PATH… | child scan FOLDER".into()),
    }
}

/// Compiles, telling the parent each step on standard output.
fn compile(folder: &Path, paths: &[PathBuf]) -> Result<(), BoxError> {
    let job = Job::read(folder)?;
    // Called by libyara: must not panic, as `println!` would when the parent is gone.
    let watch: Rc<dyn Fn(&str)> = Rc::new(|file: &str| _ = tell(&Event::Trying(file.to_owned())));
    let set = make(paths, &job.making, watch).and_then(|set| Rules::save(&set, folder).map(|()| set));
    let event = set.map_or_else(Event::of, |set| Event::Done(set.report(&job.informational)));
    Ok(tell(&event)?)
}

fn tell(event: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(event)?;
    line.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&line)?;
    output.flush()
}

fn scan(folder: &Path) -> Result<(), BoxError> {
    let job = Job::read(folder)?;
    let rules = Rules::open(folder, &job.informational)?;
    let signatures = rules.report().digest.clone();
    let scanner = WithCanary(SyncYara::new(rules).benign_confidence(job.benign_confidence));
    let mut requests = Requests::new(io::stdin().lock());
    let served = serve(&scanner, VERSION, &signatures, &mut requests, io::stdout().lock());
    match (served, requests.latest()) {
        // Nothing of the artifact is left in memory by now.
        (Err(error), Some(asked)) if error.kind() == io::ErrorKind::OutOfMemory => {
            Ok(tell(&too_little_memory(asked, job.memory))?)
        }
        (served, _) => Ok(served?),
    }
}

/// The answer to a request whose artifact does not fit into memory. It is the last one: the rest of the artifact is not read.
fn too_little_memory(asked: Asked, memory: u64) -> Reply {
    let message = format!(
        "{} MiB do not fit into the {} MiB of memory of a scanning process, which takes up to twice the size and the rules: give it \
         more with --yara-memory",
        asked.size >> 20,
        memory >> 20
    );
    let error = Some(ScanError::new(ErrorKind::LimitExceeded, message));
    Reply {
        id: asked.id,
        verdict: None,
        confidence: None,
        family: None,
        findings: Vec::new(),
        metadata: Map::new(),
        error,
    }
}
