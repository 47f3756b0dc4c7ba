//! One running backend program, owned by whoever scans with it.

use std::{io, pin::pin, process::Stdio, time::Duration};

use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    time,
};

use super::{
    Program, group,
    log::LastLine,
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
        group::limit_memory(&child, self.memory)?;
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
    exited: bool,
}

/// How long a program that has closed its output may take to end, and its output to close once it has.
const END_WITHIN: Duration = Duration::from_secs(1);

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
        let stdout = BufReader::new(stdout);
        let mut process = Self { child, stdin, stdout, log, hello, next_id: 1, exited: false };
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
        let Self { child, stdin, stdout, hello, .. } = self;
        let answer = {
            let mut write = pin!(async {
                stdin.write_all(&line).await?;
                stdin.write_all(artifact.bytes()).await?;
                stdin.flush().await
            });
            let mut read = pin!(read_bytes(stdout));
            let mut written: Option<io::Result<()>> = None;
            // Read while writing, so that a program which answers early cannot block both sides.
            let reply = loop {
                tokio::select! {
                    biased;
                    done = &mut write, if written.is_none() => written = Some(done),
                    reply = &mut read => break reply?,
                    () = group::ended(child) => {
                        // What it has started may hold its output open.
                        group::kill(child);
                        break time::timeout(END_WITHIN, &mut read).await.unwrap_or_else(|_| Ok(Vec::new()))?;
                    }
                }
            };
            if reply.is_empty() {
                None
            } else {
                let outcome = parse::<Reply>(&reply)?.outcome(id, hello)?;
                // An opinion is one of the whole artifact; a reason why there is none may come early.
                if outcome.is_ok() && written.is_none() {
                    written = Some(write.await);
                }
                Some((outcome, matches!(written, Some(Ok(())))))
            }
        };
        match answer {
            Some((outcome, true)) => Ok(outcome),
            // It gave up before it had read everything: only a reason why is an answer, and it can't go on after that.
            Some((Err(why), false)) => Err(why),
            Some((Ok(_), false)) | None => Err(self.death().await),
        }
    }

    /// Whether the next scan may use this process: it runs, and has said nothing that was not asked for.
    pub(super) fn is_reusable(&self) -> bool {
        let said = !self.stdout.buffer().is_empty();
        #[cfg(unix)]
        let said = said || rustix::io::ioctl_fionread(self.stdout.get_ref()).is_ok_and(|bytes| bytes > 0);
        !said && !group::has_ended(&self.child)
    }

    /// Whether it ended by itself, without a word and not by a signal, after it had served other scans: it may have wanted to end anyway.
    pub(super) fn has_quit(&self) -> bool {
        self.exited && self.next_id > 2
    }

    async fn read_line<T: DeserializeOwned>(&mut self) -> Result<T, ScanError> {
        let bytes = read_bytes(&mut self.stdout).await?;
        if bytes.is_empty() {
            return Err(self.death().await);
        }
        parse(&bytes)
    }

    /// What is to be said of a program that closed its output. Ends what is left of it.
    async fn death(&mut self) -> ScanError {
        let ended = time::timeout(END_WITHIN, group::ended(&self.child)).await.is_ok();
        // Before it is waited for: after that its number may be another's.
        group::kill(&self.child);
        let mut how = "closed its output".to_owned();
        if let (true, Ok(status)) = (ended, self.child.wait().await) {
            self.exited = status.code().is_some();
            how = format!("ended with {status}");
        }
        let last = self.log.last().await;
        ScanError::crashed(if last.is_empty() { how } else { format!("{how}: {last}") })
    }
}

impl Drop for Process {
    /// Ends the program and what it has started itself: all of its process group.
    fn drop(&mut self) {
        group::kill(&self.child);
    }
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
