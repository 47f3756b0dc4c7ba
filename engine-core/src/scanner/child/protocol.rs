//! The backend protocol, version 1: JSON lines over standard input and output, artifacts as raw bytes behind their request.
//!
//! ```text
//! ← {"hello":{"protocol":1,"name":"yara","version":"4.5.5","signatures":"sha256:…"}}
//! → {"scan":{"id":7,"type":"file","size":68,"sha256":"…","deadline_ms":1500,"metadata":{}}}\n and exactly `size` bytes
//! ← {"id":7,"verdict":"malicious","confidence":1.0,"family":"Eicar","findings":["EICAR_Test_File"]}
//! ← {"id":8,"error":{"kind":"encrypted","message":"…"}}
//! ```
//!
//! A reply is one line of at most [`MAX_LINE`] bytes. Unknown fields pass, and `null` is as good as a field left out.
//!
//! **Requests.** An `id` is a number below 2⁵³ that nobody can guess: read it, and send it back. A program reads all `size` bytes before
//! it answers, or goes on reading after it; one that refuses reads or skips them as well, or ends. Until the pipe is empty only an error
//! or `malicious` is an answer, and a program that leaves bytes in it is replaced after it. Nobody but the program can know for what it
//! took the bytes that it read: one that takes the rest of an artifact for its next request is no backend. What it writes without being
//! asked is never an answer; it is replaced then, too.
//!
//! **The end.** End of input ends the program. Past its deadline, or when the engine ends by itself or by a signal that can be caught,
//! the program is killed, with all of its process group. If it ends by itself, what it has started is killed as well: what does the
//! scanning must not go on behind it. It may end whenever it is not asked anything, for instance after each answer: the next scan
//! starts it again. If it ends before it has read anything of a request, the request is given to a new one, once.
//!
//! An engine that is killed outright (SIGKILL, out of memory) can kill nobody. [`serve()`](super::serve()) asks the system to be killed
//! then (on Linux); any other program sees the end of its input, and one that ignores it, or is busy and never looks, stays.
//!
//! **Failures.** No process in time, or one that ends without a look at the request, is `unavailable`: it speaks of the program. An end
//! or silence over a request is `crashed` or `timed_out`, a wrong reply `bad_reply`: these may be the artifact's doing.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{
    artifact::{Artifact, ArtifactKind},
    scanner::{ScanContext, ScanError},
    units::Confidence,
    verdict::{Finding, ScanResult, Verdict},
};

/// The version of the protocol that this crate speaks.
pub const VERSION: u32 = 1;
/// The longest line that is read from a program, in bytes.
pub const MAX_LINE: u64 = 1 << 20;

/// The first line a program writes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HelloLine {
    /// Who is there.
    pub hello: Hello,
}

/// Who is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol: 1.
    pub protocol: u32,
    /// What the program calls itself.
    #[serde(default, deserialize_with = "or_null")]
    pub name: String,
    /// The scanner's version.
    #[serde(default, deserialize_with = "or_null")]
    pub version: String,
    /// Digest or version of its signatures.
    #[serde(default, deserialize_with = "or_null")]
    pub signatures: String,
}

impl Hello {
    /// Of a program that has said nothing yet.
    pub(super) fn unknown() -> Self {
        Self { protocol: VERSION, name: String::new(), version: String::new(), signatures: String::new() }
    }
}

/// A request line; the artifact's bytes follow it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RequestLine {
    /// What to scan.
    pub scan: Request,
}

/// What to scan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Comes back in the reply.
    pub id: u64,
    /// What the bytes mean.
    #[serde(rename = "type")]
    pub kind: ArtifactKind,
    /// How many bytes follow.
    pub size: u64,
    /// Their SHA-256 in lower-case hex.
    pub sha256: String,
    /// How long there is, in milliseconds; the program is killed after that.
    pub deadline_ms: u64,
    /// A path or the poster's name for it, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the poster said of it.
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

impl Request {
    pub(super) fn new(id: u64, artifact: &Artifact, cx: &ScanContext) -> Self {
        Self {
            id,
            kind: artifact.kind(),
            size: artifact.size(),
            sha256: artifact.sha256().to_owned(),
            deadline_ms: u64::try_from(cx.remaining().as_millis()).unwrap_or(u64::MAX),
            name: artifact.name().map(str::to_owned),
            metadata: artifact.metadata().clone(),
        }
    }
}

/// A reply line: an opinion or an error.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// The request's id.
    pub id: u64,
    /// The opinion; needed unless there is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// How sure; needed with a verdict other than unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// The malware family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// What fired.
    #[serde(default, deserialize_with = "or_null")]
    pub findings: Vec<Finding>,
    /// Whatever else is to be told.
    #[serde(default, deserialize_with = "or_null", skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Why there is no opinion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ScanError>,
}

impl Reply {
    pub(super) fn new(id: u64, outcome: Result<ScanResult, ScanError>) -> Self {
        let (result, error) = match outcome {
            Ok(result) => (Some(result), None),
            Err(error) => (None, Some(error)),
        };
        let verdict = result.as_ref().map(|r| r.verdict);
        let confidence = result.as_ref().map(|r| r.confidence);
        let (family, findings, metadata) =
            result.map_or_else(Default::default, |r| (r.family, r.findings, r.metadata));
        Self { id, verdict, confidence, family, findings, metadata, error }
    }

    /// The outcome of request `id` by the program that said `hello`; the outer error is a reply that is no answer.
    pub(super) fn outcome(self, id: u64, hello: &Hello) -> Result<Result<ScanResult, ScanError>, ScanError> {
        if self.id != id {
            return Err(ScanError::bad_reply(format!("reply to request {}, expected {id}", self.id)));
        }
        if let Some(error) = self.error {
            return Ok(Err(error));
        }
        let Some(verdict) = self.verdict else {
            return Err(ScanError::bad_reply("reply has neither a verdict nor an error"));
        };
        let confidence = match (self.confidence, verdict) {
            (Some(confidence), _) => confidence,
            (None, Verdict::Unknown) => Confidence::ZERO,
            (None, _) => return Err(ScanError::bad_reply("reply has a verdict without a confidence")),
        };
        let mut result = ScanResult::new(verdict, confidence).by(&hello.version, &hello.signatures);
        result.family = self.family.filter(|family| !family.is_empty());
        result.findings = self.findings;
        result.findings.sort();
        result.metadata = self.metadata;
        Ok(Ok(result))
    }
}

/// A value, or its default for `null`: what a program has not got it may leave out or call null.
fn or_null<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(input: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}
