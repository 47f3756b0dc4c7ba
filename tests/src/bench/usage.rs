//! What a process and those that it started have used, from `/proc`.

use std::{collections::HashMap, fs, str::FromStr, time::Duration};

use anyhow::Context;

/// Ticks of a second in `/proc/PID/stat`: fixed on Linux, whatever its timer does.
const TICKS: u64 = 100;

/// Used so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Of the process alone.
    pub(crate) cpu: Duration,
    /// Of the process, of those under it, and of those that ended and were waited for.
    pub(crate) cpu_with_children: Duration,
    /// The highest resident size of the process alone, in KiB.
    pub(crate) peak: u64,
    /// The same and those under it, each at its highest, in KiB.
    pub(crate) peak_with_children: u64,
    /// Resident now, the process alone, in KiB.
    pub(crate) resident: u64,
}

impl Usage {
    /// Of a process that runs.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn of(process: u32) -> anyhow::Result<Self> {
        let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
        for entry in fs::read_dir("/proc")?.flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // One that ends meanwhile has no parent any more.
            if let Ok(stat) = Stat::of(pid) {
                children.entry(stat.parent).or_default().push(pid);
            }
        }
        let status = read(process, "status")?;
        let mut usage = Self {
            cpu: duration(Stat::of(process)?.own_ticks),
            peak: kib(&status, "VmHWM:")?,
            resident: kib(&status, "VmRSS:")?,
            ..Self::default()
        };
        let mut left = vec![process];
        while let Some(pid) = left.pop() {
            if let (Ok(stat), Ok(status)) = (Stat::of(pid), read(pid, "status")) {
                usage.cpu_with_children += duration(stat.own_ticks + stat.ended_ticks);
                usage.peak_with_children += kib(&status, "VmHWM:").unwrap_or_default();
            }
            left.extend(children.remove(&pid).unwrap_or_default());
        }
        Ok(usage)
    }
}

struct Stat {
    parent: u32,
    /// In user and kernel mode.
    own_ticks: u64,
    /// Of children that ended and were waited for.
    ended_ticks: u64,
}

impl Stat {
    fn of(process: u32) -> anyhow::Result<Self> {
        let stat = read(process, "stat")?;
        // The second field is the program's name in parentheses, which may hold anything.
        let (_, rest) = stat.rsplit_once(')').context("no name in /proc/PID/stat")?;
        let fields: Vec<_> = rest.split_whitespace().collect();
        let two = |i| Ok::<_, anyhow::Error>(field::<u64>(&fields, i)? + field::<u64>(&fields, i + 1)?);
        Ok(Self { parent: field(&fields, 1)?, own_ticks: two(11)?, ended_ticks: two(13)? })
    }
}

fn duration(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / TICKS)
}

fn field<T: FromStr>(fields: &[&str], i: usize) -> anyhow::Result<T> {
    fields.get(i).and_then(|text| text.parse().ok()).context("a field is missing in /proc/PID/stat")
}

fn read(process: u32, what: &str) -> anyhow::Result<String> {
    fs::read_to_string(format!("/proc/{process}/{what}"))
        .with_context(|| format!("process {process} is gone"))
}

fn kib(status: &str, key: &str) -> anyhow::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kib| kib.parse().ok());
    number.with_context(|| format!("no {key} in /proc/PID/status"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_used_something() -> anyhow::Result<()> {
        let mut child = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn()?;
        let usage = Usage::of(std::process::id())?;
        anyhow::ensure!(usage.peak >= usage.resident && usage.resident > 0, "{usage:?}");
        anyhow::ensure!(usage.peak_with_children > usage.peak, "{usage:?}");
        child.kill()?;
        child.wait()?;
        Ok(())
    }
}
