//! The parent of a compiling child: follows it, and goes on without the files that libyara crashes or hangs on.

use std::{fs, path::Path, time::Duration};

use engine_core::scanner::child::Program;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    process::Child,
    time,
};

use crate::{
    child::{Event, Job},
    options::Options,
    rules::{Report, RulesError},
};

/// How many files may crash or hang libyara before the set as a whole is refused.
const MAX_CRASHES: usize = 10;
/// The longest line that is read from a child, in bytes: a report with every file of a large set bad.
const MAX_LINE: u64 = 64 << 20;

/// Compiles the rules of `options` into a folder, in child processes. `program` is ours with the arguments that make it a child.
pub(crate) async fn compile(
    program: &Program,
    options: &Options,
    folder: &Path,
) -> Result<Report, RulesError> {
    if options.rules.is_empty() {
        return Err(RulesError::NotGiven);
    }
    for path in &options.rules {
        let unreadable = |source| RulesError::Unreadable { path: path.display().to_string(), source };
        fs::metadata(path).map_err(unreadable)?;
    }
    let program = program
        .clone()
        .args(["compile".as_ref(), folder.as_os_str()])
        .args(&options.rules)
        .memory(options.memory);
    let mut job = Job {
        informational: options.informational.clone(),
        making: options.making(),
        memory: options.memory,
        benign_confidence: options.benign_confidence,
    };
    loop {
        job.write(folder).map_err(failed)?;
        match run(&program, options.file_within).await? {
            Ended::Told(Event::Done(report)) => return Ok(report),
            Ended::Told(Event::Empty(private, bad)) => {
                return Err(RulesError::empty(&options.rules, private, bad));
            }
            Ended::Told(Event::Failed(cause)) => return Err(failed(cause)),
            Ended::Told(Event::Refused(place, path, cause)) => return Err(place.error(path, cause)),
            Ended::Told(Event::Trying(_)) => return Err(failed("it ended in the middle")),
            // Named twice: without it the crash is still there.
            Ended::Died { trying: Some(file), how }
                if job.making.left_out.len() < MAX_CRASHES && !job.making.left_out.contains_key(&file) =>
            {
                tracing::warn!("compiling again without {file}: libyara {how}");
                job.making.left_out.insert(file, format!("libyara {how} on this file"));
            }
            Ended::Died { how, trying: Some(file) } => {
                return Err(failed(format!("it {how}, at last on {file}")));
            }
            Ended::Died { how, trying: None } => return Err(failed(format!("it {how}"))),
        }
    }
}

fn failed(cause: impl ToString) -> RulesError {
    RulesError::Compiler { cause: cause.to_string() }
}

/// How a child ended.
enum Ended {
    /// It said so.
    Told(Event),
    /// It did not come to an end by itself.
    Died { trying: Option<String>, how: String },
}

async fn run(program: &Program, file_within: Duration) -> Result<Ended, RulesError> {
    let mut child = program.spawn().map_err(failed)?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(failed("it has no pipes"));
    };
    let log = tokio::spawn(last_words(stderr));
    let mut stdout = BufReader::new(stdout);
    let mut trying = None;
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut stdout).take(MAX_LINE);
        let Ok(read) = time::timeout(file_within, limited.read_until(b'\n', &mut line)).await else {
            let how = format!("took longer than {file_within:?}");
            return Ok(Ended::Died { trying, how });
        };
        match read {
            Ok(0) | Err(_) => {
                let how = death(&mut child).await;
                let said = log.await.unwrap_or_default();
                return Ok(Ended::Died { trying, how: how + &said });
            }
            Ok(_) => {}
        }
        match serde_json::from_slice(&line).map_err(|error| failed(format!("it talks nonsense: {error}")))? {
            Event::Trying(file) => trying = Some(file),
            event => return Ok(Ended::Told(event)),
        }
    }
}

/// How a child ended that closed its output.
async fn death(child: &mut Child) -> String {
    match time::timeout(Duration::from_secs(5), child.wait()).await {
        Ok(Ok(status)) => format!("ended with {status}"),
        _ => "closed its output".to_owned(),
    }
}

/// The last line that a program logged, behind a colon; nothing if it logged nothing.
async fn last_words(stderr: impl AsyncRead + Unpin) -> String {
    const SHOWN: usize = 200;
    let mut stderr = BufReader::new(stderr);
    let (mut last, mut line) = (String::new(), Vec::new());
    while matches!((&mut stderr).take(4096).read_until(b'\n', &mut line).await, Ok(1..)) {
        let text = String::from_utf8_lossy(&line);
        if !text.trim().is_empty() {
            last = format!(": {}", text.trim().chars().take(SHOWN).collect::<String>());
        }
        line.clear();
    }
    last
}
