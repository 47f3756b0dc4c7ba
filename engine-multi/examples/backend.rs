//! A backend in Rust: malicious is what has EICAR's words in it. `--backend own=exec:target/debug/examples/backend`
//!
//! ```text
//! cargo build --package microengine-multi --example backend
//! engine-multi scan --backends none --backend own=exec:target/debug/examples/backend FILE
//! ```

use std::io::{self, stdin, stdout};

use engine_core::{
    Artifact, Confidence, Finding, ScanContext, ScanError, ScanResult, SyncScanner, Verdict,
    scanner::child::serve,
};

struct Words;

impl SyncScanner for Words {
    fn name(&self) -> &str {
        "words"
    }

    fn scan(&self, artifact: &Artifact, _: &ScanContext) -> Result<ScanResult, ScanError> {
        let words = b"STANDARD-ANTIVIRUS-TEST";
        if !artifact.bytes().windows(words.len()).any(|window| window == words) {
            return Ok(ScanResult::new(Verdict::Benign, Confidence::HALF));
        }
        let mut result = ScanResult::new(Verdict::Malicious, Confidence::ONE);
        result.family = Some("Eicar".to_owned());
        result.findings = vec![Finding::new("words")];
        Ok(result)
    }
}

fn main() -> io::Result<()> {
    serve(&Words, "1", "words-1", stdin().lock(), stdout().lock())
}
