//! One running backend program, owned by whoever scans with it.

use std::{
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    task::JoinHandle,
    time,
};

use super::{
    Program,
    protocol::{Hello, HelloLine, MAX_LINE, Reply, Request, RequestLine, VERSION},
};
use crate::{
    artifact::Artifact,
    scanner::{ScanContext, ScanError},
    verdict::ScanResult,
};

/// Variables that a backend has no business to see.
const SECRETS: [&str; 3] = ["PASSWORD", "API_KEY", "WEBHOOK_SECRET"];

impl Program {
    /// Starts the program with pipes for its input, output and log, within its memory limit, without the engine's secrets in
    /// its environment. It is killed when the value is dropped. [`Child`](super::Child) speaks the protocol with it; this is
    /// for a program that does something else.
    pub fn spawn(&self) -> Result<Child, ScanError> {
        let mut command = Command::new(&self.path);
        command.args(&self.args).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C at the terminal is for us; the children end when their input does.
        #[cfg(unix)]
        command.process_group(0);
        for secret in SECRETS {
            command.env_remove(secret);
        }
        let cannot = |error| ScanError::unavailable(format!("cannot start {}: {error}", self.path.display()));
        let child = command.spawn().map_err(cannot)?;
        limit_memory(&child, self.memory)?;
        Ok(child)
    }
}

/// A started program that has said hello. Dropped, it is killed.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    log: LastLine,
    hello: Hello,
    next_id: u64,
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
        let log = LastLine::follow(name, stderr);
        let hello = Hello {
            protocol: VERSION,
            name: String::new(),
            version: String::new(),
            signatures: String::new(),
        };
        let mut process = Self { child, stdin, stdout: BufReader::new(stdout), log, hello, next_id: 1 };
        let hello = time::timeout(program.start_within, process.read_line::<HelloLine>()).await;
        process.hello = hello
            .map_err(|_| {
                ScanError::unavailable(format!("{name} did not say hello within {:?}", program.start_within))
            })?
            .map_err(|error| ScanError::unavailable(format!("{name} did not start: {error}")))?
            .hello;
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
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        let request = RequestLine { scan: Request::new(id, artifact, cx) };
        let mut line =
            serde_json::to_vec(&request).map_err(|error| ScanError::bad_reply(error.to_string()))?;
        line.push(b'\n');
        let Self { stdin, stdout, .. } = self;
        // Read while writing, so that a program which answers early cannot block both sides.
        let write = async {
            let written = async {
                stdin.write_all(&line).await?;
                stdin.write_all(artifact.bytes()).await?;
                stdin.flush().await
            };
            Ok::<_, ScanError>(written.await)
        };
        let (written, bytes) = tokio::try_join!(write, read_bytes(stdout))?;
        if bytes.is_empty() {
            return Err(self.death().await);
        }
        let outcome = parse::<Reply>(&bytes)?.outcome(id, &self.hello)?;
        match written {
            Ok(()) => Ok(outcome),
            // It gave up before it had read everything: only a reason why is an answer, and it can't go on after that.
            Err(_) => match outcome {
                Err(why) => Err(why),
                Ok(_) => Err(self.death().await),
            },
        }
    }

    /// Whether the next scan may use this process: it runs, and has said nothing that was not asked for.
    pub(super) fn is_reusable(&mut self) -> bool {
        self.stdout.buffer().is_empty() && matches!(self.child.try_wait(), Ok(None))
    }

    async fn read_line<T: DeserializeOwned>(&mut self) -> Result<T, ScanError> {
        let bytes = read_bytes(&mut self.stdout).await?;
        if bytes.is_empty() {
            return Err(self.death().await);
        }
        parse(&bytes)
    }

    /// What is to be said of a program that closed its output.
    async fn death(&mut self) -> ScanError {
        let status = time::timeout(Duration::from_secs(1), self.child.wait()).await;
        let how = match status {
            Ok(Ok(status)) => format!("ended with {status}"),
            _ => "closed its output".to_owned(),
        };
        let last = self.log.last().await;
        ScanError::crashed(if last.is_empty() { how } else { format!("{how}: {last}") })
    }
}

impl Drop for Process {
    /// Ends the program and what it has started itself: all of its process group.
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = pid(&self.child) {
            // It may be gone already; nothing else can have its number before it is waited for.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

/// The process number, unless the process has ended and been waited for.
#[cfg(unix)]
fn pid(child: &Child) -> Option<rustix::process::Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
}

/// One line with its end, at most [`MAX_LINE`] bytes; empty at end of file.
async fn read_bytes(stdout: &mut BufReader<ChildStdout>) -> Result<Vec<u8>, ScanError> {
    let mut line = Vec::new();
    let read = stdout.take(MAX_LINE).read_until(b'\n', &mut line).await;
    read.map_err(|error| ScanError::crashed(format!("its output cannot be read: {error}")))?;
    if !line.is_empty() && line.last() != Some(&b'\n') {
        return Err(ScanError::bad_reply("a line without an end, or longer than a mebibyte"));
    }
    Ok(line)
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, ScanError> {
    serde_json::from_slice(line).map_err(|error| {
        let start: String = String::from_utf8_lossy(line).chars().take(80).collect();
        ScanError::bad_reply(format!("not an answer ({error}): {}", start.trim_end()))
    })
}

#[cfg(target_os = "linux")]
fn limit_memory(child: &Child, bytes: Option<u64>) -> Result<(), ScanError> {
    use rustix::process::{Resource, Rlimit, prlimit};
    if let (Some(bytes), Some(pid)) = (bytes, pid(child)) {
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        prlimit(Some(pid), Resource::As, limit)
            .map_err(|error| ScanError::unavailable(format!("cannot limit a child's memory: {error}")))?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn limit_memory(_child: &Child, _bytes: Option<u64>) -> Result<(), ScanError> {
    Ok(())
}

/// The last line that a program logged: what it says when it dies.
#[derive(Debug)]
struct LastLine {
    line: Arc<Mutex<String>>,
    follower: JoinHandle<()>,
}

impl LastLine {
    /// Logs each line of a program's standard error under its name, until the program ends.
    fn follow(name: &str, stderr: ChildStderr) -> Self {
        let line = Arc::default();
        let (kept, name) = (Arc::<Mutex<String>>::clone(&line), name.to_owned());
        let follower = tokio::spawn(async move {
            let mut stderr = BufReader::new(stderr);
            let mut line = Vec::new();
            while matches!((&mut stderr).take(4096).read_until(b'\n', &mut line).await, Ok(1..)) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                if !text.is_empty() {
                    tracing::info!(backend = name, "{text}");
                    *kept.lock().unwrap_or_else(PoisonError::into_inner) = text;
                }
                line.clear();
            }
        });
        Self { line, follower }
    }

    /// The last line of a program that has ended. Another process may keep its standard error open, so this waits a moment only.
    async fn last(&mut self) -> String {
        if !self.follower.is_finished() {
            let _ = time::timeout(Duration::from_secs(1), &mut self.follower).await;
        }
        self.line.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
