use std::path::PathBuf;

use engine_core::SyncScanner;
use engine_yara::SyncYara;

use crate::{
    demo::eicar,
    folder::{load, names, plenty},
};

/// The public rule set of Yara-Rules (commit 0f93570), or a word why there is no test.
fn public_rules() -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/rules/yara-rules");
    let there = path.join("index.yar").is_file();
    if !there {
        eprintln!("SKIPPED: no copy of the public rule set at {}", path.display());
    }
    there.then_some(path)
}

#[test]
fn exactly_48_files_of_the_public_set_are_bad() {
    let Some(path) = public_rules() else { return };
    let rules = load(std::slice::from_ref(&path)).unwrap();
    let report = rules.report();
    let bad: Vec<_> = report
        .bad
        .iter()
        .map(|bad| bad.path.strip_prefix(&format!("{}/", path.display())).unwrap())
        .filter(|path| !path.starts_with("deprecated/"))
        .collect();
    assert_eq!(report.bad.len(), 48, "{:#?}", report.bad);
    assert_eq!(bad, ["malware/MALW_AZORULT.yar"]);
    assert!(report.bad.iter().all(|bad| bad.line.is_some() && bad.cause.starts_with("unknown module")));
    // 12,911 are declared, 90 of them in bad files; none is there twice.
    assert_eq!(report.rules, 12_821);
    let odd: Vec<_> = report.warnings.iter().map(|odd| odd.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(odd, ["mobile_malware_index.yar", "virustotal.yar"]);

    // What libyara remarks of the rules that it takes.
    assert!(report.remarks.len() > 100 && report.remarks.iter().all(|remark| remark.line.is_some()));

    let result = SyncYara::new(rules).scan(&eicar(), &plenty()).unwrap();
    assert!(names(&result).contains(&"eicar".to_owned()), "{result:?}");
}
