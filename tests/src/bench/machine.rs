//! Where it was measured.

use std::fs;

/// The processor with its number of cores, and the day in UTC.
pub(crate) fn line() -> String {
    let cores = std::thread::available_parallelism().map_or(1, Into::into);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model.trim());
    let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
    let day = now.split('T').next().unwrap_or_default();
    format!("{model}, {cores} cores, {day}")
}
