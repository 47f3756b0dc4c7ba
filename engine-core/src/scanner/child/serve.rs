//! The other end of the backend protocol: a [`SyncScanner`] on standard input and output.

use std::{
    io::{self, BufRead, Read, Write},
    time::Duration,
};

use super::protocol::{Hello, HelloLine, MAX_LINE, Reply, RequestLine, VERSION};
use crate::{
    artifact::Artifact,
    scanner::{ErrorKind, ScanContext, ScanError, SyncScanner},
};

/// Says hello and answers scans from `input` on `output` until the input ends: the whole `main` of a backend program.
///
/// `version` and `signatures` are those of the scanner. A request that is no request ends the program with an error, since
/// nobody knows where the next one would start.
pub fn serve(
    scanner: &impl SyncScanner,
    version: &str,
    signatures: &str,
    mut input: impl BufRead,
    mut output: impl Write,
) -> io::Result<()> {
    end_with_parent();
    let hello = Hello {
        protocol: VERSION,
        name: scanner.name().to_owned(),
        version: version.to_owned(),
        signatures: signatures.to_owned(),
    };
    write_line(&mut output, &HelloLine { hello })?;
    let mut line = Vec::new();
    loop {
        line.clear();
        (&mut input).take(MAX_LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(());
        }
        let RequestLine { scan } = serde_json::from_slice(&line)?;
        let cx = ScanContext::within(Duration::from_millis(scan.deadline_ms));
        let mut bytes = Vec::with_capacity(usize::try_from(scan.size).unwrap_or(0).min(64 << 20));
        let read = (&mut input).take(scan.size).read_to_end(&mut bytes)?;
        if u64::try_from(read).ok() != Some(scan.size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut artifact = Artifact::new(scan.kind, bytes).with_metadata(scan.metadata);
        if let Some(name) = scan.name {
            artifact = artifact.with_name(name);
        }
        let outcome = if artifact.sha256() == scan.sha256 {
            scanner.scan(&artifact, &cx)
        } else {
            Err(ScanError::new(ErrorKind::Corrupt, "the bytes are not those that were announced"))
        };
        write_line(&mut output, &Reply::new(scan.id, outcome))?;
    }
}

fn write_line(output: &mut impl Write, value: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, value)?;
    output.write_all(b"\n")?;
    output.flush()
}

/// A scan that hangs must not outlive the engine that asked for it.
#[cfg(target_os = "linux")]
fn end_with_parent() {
    let asked = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    if let Err(error) = asked {
        tracing::warn!(%error, "this process may outlive its parent");
    }
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent() {}
