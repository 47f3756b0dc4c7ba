//! What a result rests on, as a digest.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{artifact::Artifact, scanner::About, verdict::Ballot};

/// Changes when the files' content does.
const FORMAT: u32 = 2;

/// What a clamd says whose database has no version; see DESIGN, "signatures".
const UNVERSIONED: &str = "unversioned";

/// Everything that a result rests on beside the artifact.
#[derive(Clone, Debug, Serialize)]
pub(in crate::cli::scan) struct Basis {
    format: u32,
    program: &'static str,
    version: &'static str,
    /// A digest of the engine's own settings; how results are printed changes none.
    settings: String,
    backends: Vec<Backend>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Backend {
    name: String,
    version: String,
    signatures: String,
}

/// A backend that does not say which version or signatures it would use, so that nothing can be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("results are not kept: {0} does not say which version or signatures it would use")]
pub(in crate::cli::scan) struct Unknown(String);

impl Basis {
    pub(in crate::cli::scan) fn new(
        program: &'static str,
        version: &'static str,
        settings: String,
        about: &About,
    ) -> Result<Self, Unknown> {
        let mut backends = Vec::new();
        gather(about, &mut backends)?;
        Ok(Self { format: FORMAT, program, version, settings, backends })
    }

    /// Whether a backend's answer was made by what it said it would use.
    pub(super) fn is_of(&self, ballot: &Ballot) -> bool {
        ballot.outcome.as_ref().is_ok_and(|result| {
            self.backends.iter().any(|backend| {
                backend.name == ballot.backend
                    && backend.version == result.version
                    && backend.signatures == result.signatures
            })
        })
    }

    /// The name of the artifact's result: 64 hex digits.
    pub(super) fn key(&self, artifact: &Artifact) -> String {
        let mut digest = Sha256::new();
        // Plain values only, so there is nothing that JSON cannot say.
        digest.update(serde_json::to_vec(self).unwrap_or_default());
        // Fixed lengths or at the end, so no two say the same.
        digest.update(artifact.sha256());
        digest.update(artifact.name().unwrap_or_default());
        hex::encode(digest.finalize())
    }
}

fn gather(about: &About, into: &mut Vec<Backend>) -> Result<(), Unknown> {
    if !about.backends.is_empty() {
        return about.backends.iter().try_for_each(|backend| gather(backend, into));
    }
    let known = |text: &Option<String>| text.clone().filter(|text| !text.is_empty() && text != UNVERSIONED);
    match (known(&about.version), known(&about.signatures)) {
        (Some(version), Some(signatures)) => {
            into.push(Backend { name: about.name.clone(), version, signatures });
            Ok(())
        }
        _ => Err(Unknown(about.name.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basis(version: &'static str, settings: &str, about: &About) -> Basis {
        Basis::new("own", version, settings.to_owned(), about).unwrap()
    }

    #[test]
    fn the_key_changes_with_all_that_a_result_rests_on() {
        let about = About::new("yara").by("4.5", "sha256:00");
        let artifact = Artifact::file("x").with_name("a");
        let key = basis("1", "w", &about).key(&artifact);
        assert_eq!(key, basis("1", "w", &about).key(&artifact));
        assert!(key.len() == 64, "{key}");
        for (other, on) in [
            (basis("2", "w", &about), artifact.clone()),
            (basis("1", "v", &about), artifact.clone()),
            (basis("1", "w", &About::new("yara").by("4.6", "sha256:00")), artifact.clone()),
            (basis("1", "w", &About::new("yara").by("4.5", "sha256:01")), artifact.clone()),
            (basis("1", "w", &About::new("y").by("4.5", "sha256:00")), artifact.clone()),
            (basis("1", "w", &about), Artifact::file("y").with_name("a")),
            (basis("1", "w", &about), Artifact::file("x").with_name("b")),
        ] {
            assert_ne!(key, other.key(&on), "{other:?}");
        }
    }

    #[test]
    fn a_backend_that_does_not_say_what_it_uses_keeps_nothing() {
        let mut panel = About::new("panel").by("1", "1");
        panel.backends = vec![About::new("yara").by("4.5", "sha256:00"), About::new("clamav")];
        let told = Basis::new("multi", "1", String::new(), &panel).unwrap_err().to_string();
        assert!(told.contains("clamav"), "{told}");
        let unversioned = About::new("clamav").by("1.0", "unversioned");
        assert!(Basis::new("clamav", "1", String::new(), &unversioned).is_err());
    }
}
