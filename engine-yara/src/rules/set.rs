//! A compiled rule set as a file: what libyara made, and what its authors wrote of the rules.
//!
//! ```text
//! microengine-yara set 1 <SHA-256 of the rest>\n
//! {"made":"engine-yara 0.1.0 with libyara 4.5.5 on x86_64 linux","report":…,"rules":…}\n
//! what libyara wrote
//! ```

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{declared::Declarations, report::Report};
use crate::{VERSION, informational::Informational};

/// What a set's file begins with; the number is that of the format.
pub(super) const MAGIC: &[u8] = b"microengine-yara set 1 ";
/// The largest file that is read, in bytes.
const MAX_SIZE: u64 = 1 << 30;

/// A compiled rule set. Nothing in here hands it to libyara.
pub(crate) struct Set {
    pub(super) report: Report,
    pub(super) rules: Declarations,
    pub(super) compiled: Vec<u8>,
}

/// The second line.
#[derive(Serialize, Deserialize)]
struct Known<R, D> {
    made: String,
    report: R,
    rules: D,
}

/// Whose sets this program can load: its own, of its version. libyara's format follows its version and the machine.
pub(super) fn maker() -> String {
    let [ours, machine, system] = [env!("CARGO_PKG_VERSION"), std::env::consts::ARCH, std::env::consts::OS];
    format!("engine-yara {ours} with libyara {VERSION} on {machine} {system}")
}

impl Set {
    /// What became of the rule files, and how many of the rules are informational.
    pub(crate) fn report(&self, informational: &Informational) -> Report {
        let rules = self.rules.values().flatten();
        let covered = rules.filter(|(name, rule)| informational.covers(name, Path::new(&rule.file), rule));
        let names: BTreeSet<_> = covered.map(|(name, _)| name).collect();
        Report { informational: names.len(), ..self.report.clone() }
    }

    /// Whether a file is one by its first bytes. Only regular files are opened.
    pub(crate) fn is_at(path: &Path) -> bool {
        // Opening a FIFO would wait for ever.
        let Ok(true) = fs::metadata(path).map(|metadata| metadata.is_file()) else { return false };
        let mut start = [0; MAGIC.len()];
        File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == MAGIC
    }

    /// Writes it to a file that only this user can read, whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let known = Known { made: maker(), report: &self.report, rules: &self.rules };
        let mut known = serde_json::to_vec(&known)?;
        known.push(b'\n');
        let digest = Sha256::new().chain_update(&known).chain_update(&self.compiled).finalize();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new(".")))?;
        for part in [MAGIC, hex::encode(digest).as_bytes(), b"\n", &known, &self.compiled] {
            file.write_all(part)?;
        }
        file.persist(path)?;
        Ok(())
    }

    /// Reads one. Where it is from is the caller's question: see [`crate::trust`].
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| error.to_string())?;
        file.take(MAX_SIZE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if u64::try_from(bytes.len()).is_ok_and(|size| size > MAX_SIZE) {
            return Err(format!("is longer than {} MiB", MAX_SIZE >> 20));
        }
        let damaged = || "is damaged: make it anew from its rules".to_owned();
        let rest = bytes.strip_prefix(MAGIC).ok_or("is no compiled rule set of this program")?;
        let (digest, rest) = split_line(rest).ok_or_else(damaged)?;
        if digest != hex::encode(Sha256::digest(rest)).as_bytes() {
            return Err(damaged());
        }
        let (known, compiled) = split_line(rest).ok_or_else(damaged)?;
        // Before the rest, which another version may write otherwise.
        let made = serde_json::from_slice::<Known<Ignored, Ignored>>(known).map_err(|_| damaged())?.made;
        if made != maker() {
            return Err(format!("was made by {made}, and this is {}: make it anew from its rules", maker()));
        }
        let Known { report, rules, .. } =
            serde_json::from_slice::<Known<Report, Declarations>>(known).map_err(|_| damaged())?;
        Ok(Self { report, rules, compiled: compiled.to_vec() })
    }
}

type Ignored = serde::de::IgnoredAny;

/// The first line without its end, and what follows it.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_as_it_was_written_and_damage_is_seen() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("set");
        let report = Report { rules: 3, digest: "sha256:00".into(), ..Report::default() };
        let set = Set { report: report.clone(), rules: Declarations::new(), compiled: b"YARA\n\0".to_vec() };
        set.write(&path).unwrap();
        assert!(Set::is_at(&path) && !Set::is_at(folder.path()));
        let read = Set::read(&path).unwrap();
        assert_eq!((read.report, read.compiled), (report, b"YARA\n\0".to_vec()));

        let good = fs::read(&path).unwrap();
        for at in [MAGIC.len() + 3, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, bad).unwrap();
            assert!(Set::read(&path).is_err_and(|error| error.contains("damaged")));
        }
        fs::write(&path, &good[..good.len() - 1]).unwrap();
        assert!(Set::read(&path).is_err_and(|error| error.contains("damaged")));
        fs::write(&path, b"YARA").unwrap();
        assert!(Set::read(&path).is_err_and(|error| error.contains("no compiled rule set")));
    }

    #[test]
    fn a_set_of_another_version_says_so() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("set");
        let rest = b"{\"made\":\"libyara 3.0\",\"report\":null,\"rules\":[]}\n";
        let head = [MAGIC, hex::encode(Sha256::digest(rest)).as_bytes(), b"\n"].concat();
        fs::write(&path, [&head, rest.as_slice()].concat()).unwrap();
        assert!(
            Set::read(&path).is_err_and(|error| error.starts_with("was made by libyara 3.0, and this is"))
        );
    }
}
