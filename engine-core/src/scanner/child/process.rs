//! One running backend program, owned by whoever scans with it.

use std::{
    hash::{BuildHasher, RandomState},
    pin::pin,
    time::Duration,
};

use serde::de::DeserializeOwned;
use tokio::time;

use super::{
    Program,
    group::Group,
    log::LastLine,
    pipes::{Input, Output},
    protocol::{Hello, HelloLine, Reply, Request, RequestLine, VERSION},
};
use crate::{
    artifact::Artifact,
    scanner::{ErrorKind, ScanContext, ScanError},
    verdict::{ScanResult, Verdict},
};

/// How long to wait for the last of a program that has ended or closed its output.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long a program that has answered early may take to read the rest of the artifact, and be used again.
const REST: Duration = Duration::from_millis(100);
/// How often is looked whether it has.
const LOOK: Duration = Duration::from_millis(1);

/// A started program that has said hello. Dropped, it is killed with all that it has started.
#[derive(Debug)]
pub(super) struct Process {
    group: Group,
    input: Input,
    output: Output,
    log: LastLine,
    hello: Hello,
    ids: Ids,
    /// It has not read all that it was given, so what it reads next is not a request.
    is_out_of_step: bool,
}

impl Process {
    /// Starts the program and reads its hello.
    pub(super) async fn start(name: &str, program: &Program) -> Result<Self, ScanError> {
        let mut child = program.spawn()?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(ScanError::unavailable(format!("{} has no pipes", program.path.display())));
        };
        let mut process = Self {
            group: Group::new(child),
            input: Input::new(stdin),
            output: Output::new(stdout),
            log: LastLine::follow(name, stderr),
            hello: Hello::unknown(),
            ids: Ids::default(),
            is_out_of_step: false,
        };
        let hello = time::timeout(program.start_within, process.read_hello()).await;
        process.hello = hello
            .map_err(|_| {
                ScanError::unavailable(format!("{name} did not say hello within {:?}", program.start_within))
            })?
            .map_err(|error| ScanError::unavailable(format!("{name} did not start: {error}")))?;
        if process.hello.protocol != VERSION {
            let version = process.hello.protocol;
            return Err(ScanError::unavailable(format!(
                "{name} speaks protocol {version}, expected {VERSION}"
            )));
        }
        Ok(process)
    }

    /// What the program said of itself at the start.
    pub(super) fn hello(&self) -> &Hello {
        &self.hello
    }

    /// One scan. The outer error means that the process is of no more use; the inner one is the program's own answer.
    pub(super) async fn scan(
        &mut self,
        artifact: &Artifact,
        cx: &ScanContext,
    ) -> Result<Result<ScanResult, ScanError>, ScanError> {
        let id = self.ids.next();
        let request = RequestLine { scan: Request::new(id, artifact, cx) };
        let mut line =
            serde_json::to_vec(&request).map_err(|error| ScanError::bad_reply(error.to_string()))?;
        line.push(b'\n');
        match self.answer(id, &line, artifact.bytes(), cx).await? {
            Some(outcome) => Ok(outcome),
            None => Err(self.death().await),
        }
    }

    /// Gives it a request and takes the answer; `None` if it went away before there was one that counts.
    async fn answer(
        &mut self,
        id: u64,
        request: &[u8],
        artifact: &[u8],
        cx: &ScanContext,
    ) -> Result<Option<Result<ScanResult, ScanError>>, ScanError> {
        let mut given = None;
        let mut give = pin!(self.input.give(request, artifact));
        let line = {
            // Read while writing, so that a program which answers early cannot block both sides.
            let mut line = pin!(next_line(&mut self.output, &mut self.group));
            loop {
                tokio::select! {
                    biased;
                    done = &mut give, if given.is_none() => given = Some(done),
                    line = &mut line => break line?,
                }
            }
        };
        if line.is_empty() {
            return Ok(None);
        }
        let outcome = parse::<Reply>(&line)?.outcome(id, &self.hello)?;
        let rest = async {
            let given = match given {
                Some(given) => given,
                None => give.await,
            };
            match given {
                Ok(input) => has_read_all(input, &mut self.group).await,
                Err(_) => false,
            }
        };
        let needs_all = needs_all(&outcome);
        let has_read_all = if needs_all {
            rest.await
        } else {
            // The answer is in hand: its deadline must not pass over the rest.
            time::timeout(REST.min(cx.remaining() / 2), rest).await.unwrap_or(false)
        };
        self.is_out_of_step = !has_read_all;
        Ok(Some(outcome).filter(|_| has_read_all || !needs_all))
    }

    /// Whether the next scan may use this process: it runs, and has said nothing that was not asked for.
    pub(super) fn is_reusable(&mut self) -> bool {
        !self.is_out_of_step && self.output.is_silent() && !self.group.has_ended()
    }

    /// Whether it failed like this before it read anything of its last request, which is then not to blame.
    pub(super) fn was_gone_before(&self, failure: &ScanError) -> bool {
        failure.kind == ErrorKind::Crashed && self.input.is_untouched()
    }

    async fn read_hello(&mut self) -> Result<Hello, ScanError> {
        let line = next_line(&mut self.output, &mut self.group).await?;
        if line.is_empty() {
            return Err(self.death().await);
        }
        parse(&line).map(|HelloLine { hello }| hello)
    }

    /// What is to be said of a program that ended or closed its output. What it has started ends with it.
    async fn death(&mut self) -> ScanError {
        let status = time::timeout(LAST_WORDS, self.group.bury()).await;
        let how = match status {
            Ok(Some(status)) => format!("ended with {status}"),
            _ => "closed its output".to_owned(),
        };
        let last = self.log.last().await;
        ScanError::crashed(if last.is_empty() { how } else { format!("{how}: {last}") })
    }
}

/// Whether an answer counts only when the program has read all of the artifact: nobody can call it harmless before. A reason why it
/// can't be judged, or malice in its first part, is an answer at once.
fn needs_all(outcome: &Result<ScanResult, ScanError>) -> bool {
    outcome.as_ref().is_ok_and(|result| result.verdict != Verdict::Malicious)
}

/// Waits until the program has read all that it was given. False if it ends before.
async fn has_read_all(input: &Input, group: &mut Group) -> bool {
    loop {
        // Asked first, so that the last that it reads before its end counts.
        let has_ended = group.has_ended();
        if input.is_read() {
            return true;
        }
        if has_ended {
            return false;
        }
        time::sleep(LOOK).await;
    }
}

/// The program's next line; empty when there is none, since it has ended or closed its output.
async fn next_line(output: &mut Output, group: &mut Group) -> Result<Vec<u8>, ScanError> {
    let mut line = pin!(output.line());
    tokio::select! {
        biased;
        line = &mut line => return line,
        () = group.ended() => {}
    }
    // What it has started itself may hold its output open, and ends with it. What it said before counts.
    group.kill();
    time::timeout(LAST_WORDS, line).await.unwrap_or_else(|_| Ok(Vec::new()))
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, ScanError> {
    serde_json::from_slice(line).map_err(|error| {
        let start: String = String::from_utf8_lossy(line).chars().take(80).collect();
        ScanError::bad_reply(format!("not an answer ({error}): {}", start.trim_end()))
    })
}

/// Numbers for requests that cannot be known before the request is read, so that what was said before is never its answer.
#[derive(Debug, Default)]
struct Ids {
    secret: RandomState,
    last: u64,
}

impl Ids {
    /// Below 2⁵³, which every JSON reader takes exactly.
    fn next(&mut self) -> u64 {
        self.last = self.last.wrapping_add(1);
        self.secret.hash_one(self.last) >> 11
    }
}
