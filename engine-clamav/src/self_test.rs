//! The file that a working ClamAV finds something in.

use std::{
    hint::black_box,
    io,
    path::{Path, PathBuf},
};

use engine_core::{Artifact, ErrorKind, ScanError, ScanResult};

/// The EICAR test file backwards. Forwards it would make virus scanners delete this program.
const EICAR_BACKWARDS: &[u8; 68] = b"*H+H$!ELIF-TSET-SURIVITNA-DRADNATS-RACIE$}7)CC7)^P(45XZP\\4[PA@%P!O5X";

/// More is no self-test but a burden.
const MAX_SIZE: u64 = 16 << 20;

/// A file that ClamAV has to call malicious; otherwise what it calls clean means nothing.
#[derive(Clone, Debug)]
pub struct SelfTest {
    artifact: Artifact,
    what: String,
}

impl SelfTest {
    /// The EICAR test file, made at run time: every real database knows it.
    pub fn eicar() -> Self {
        let artifact = Artifact::file(black_box(EICAR_BACKWARDS).iter().rev().copied().collect::<Vec<_>>());
        Self { artifact, what: "the EICAR test file".to_owned() }
    }

    /// A file of the user's, for a database that does not know EICAR. At most 16 MiB.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is too large.
    pub fn file(path: &Path) -> Result<Self, SelfTestError> {
        let read = Artifact::read(path, MAX_SIZE);
        let artifact =
            read.map_err(|error| SelfTestError { path: path.to_owned(), source: io::Error::other(error) })?;
        Ok(Self { artifact, what: path.display().to_string() })
    }

    /// The file's bytes.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// What the scan of it says of the scanner.
    ///
    /// # Errors
    ///
    /// `bad_reply` for every answer but "malicious", `unavailable` without an answer; with what is wrong and what to do.
    pub fn judge(&self, outcome: Result<ScanResult, ScanError>) -> Result<(), ScanError> {
        match outcome {
            Ok(result) if result.verdict.is_malicious() => Ok(()),
            Ok(_) => Err(ScanError::bad_reply(format!(
                "ClamAV does not find {}, so its database is empty or does not hold it; check the database folder, run \
                 freshclam, or name a file that it must find with --self-test-file",
                self.what
            ))),
            Err(error) if error.kind == ErrorKind::Unavailable => Err(error),
            Err(error) => Err(ScanError::unavailable(format!("ClamAV cannot scan {}: {error}", self.what))),
        }
    }
}

/// A self-test file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the self-test file {path} cannot be used", path = path.display())]
pub struct SelfTestError {
    path: PathBuf,
    source: io::Error,
}

#[cfg(test)]
mod tests {
    use engine_core::{Confidence, Verdict};

    use super::*;

    #[test]
    fn eicar_is_eicar() {
        let sha256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";
        assert_eq!(SelfTest::eicar().artifact().sha256(), sha256);
    }

    #[test]
    fn only_a_detection_passes() {
        let test = SelfTest::eicar();
        assert_eq!(test.judge(Ok(ScanResult::new(Verdict::Malicious, Confidence::ONE))), Ok(()));
        let judged = |outcome| test.judge(outcome).map_err(|error| error.kind);
        for blind in [ScanResult::unknown(), ScanResult::new(Verdict::Benign, Confidence::ONE)] {
            assert_eq!(judged(Ok(blind)), Err(ErrorKind::BadReply));
        }
        assert_eq!(judged(Err(ScanError::timed_out(""))), Err(ErrorKind::Unavailable));
    }
}
