//! What a scanner says of itself, for `check`.

use engine_core::scanner::About;

use crate::{
    NAME, VERSION,
    options::Options,
    rules::{Complaint, Report},
};

/// A scanner with these rules and options.
pub(crate) fn about(report: &Report, options: &Options) -> About {
    let Report { rules, files, informational, .. } = report;
    let contained = if options.sandbox {
        format!("child processes, {} MiB of memory each", options.memory >> 20)
    } else {
        "not contained: a crash of libyara is one of this program (--no-sandbox)".to_owned()
    };
    let timeout = options.timeout.map_or_else(|| "the caller's".to_owned(), |time| format!("{time:?}"));
    let cache = options.cache.as_ref().map_or_else(
        || "none: each start compiles (--rules-cache)".to_owned(),
        |path| path.display().to_string(),
    );
    let mut about = About::new(NAME)
        .by(VERSION, &report.digest)
        .fact("engine", format!("libyara {VERSION}"))
        .fact("rules", format!("{rules} in {files} files"))
        .fact("informational", format!("{informational} rules whose matches are no evidence"))
        .fact("bad_files", report.bad.len())
        .fact("remarks", format!("{} by libyara (--log debug tells them)", report.remarks.len()))
        .fact("confidence", "by each rule's meta, else 0.8: no measured weights")
        .fact("contained", contained)
        .fact("timeout", timeout)
        .fact("rules_cache", cache);
    for (what, complaints) in [("bad rules left out", &report.bad), ("odd rule file", &report.warnings)] {
        let warning = |about: About, complaint: &Complaint| about.warning(format!("{what}: {complaint}"));
        about = complaints.iter().fold(about, warning);
    }
    about
}
