use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use engine_core::{
    Artifact, Confidence, ErrorKind, ScanContext, Scanner, SyncScanner, scanner::child::Program,
};
use engine_yara::{Options, SyncYara, YaraScanner};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::time::sleep;

use crate::{
    demo::eicar,
    folder::{Folder, names, plenty, rule},
};

/// The program as its own child.
pub(crate) fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_engine-yara")).args(["child"])
}

/// Rules of which one takes for ever on an artifact of more than a hundred bytes.
fn slow_rules(own: &str) -> Folder {
    let slow = "rule slow { condition: filesize > 100 and for all i in (0..9000000000) : ( i >= 0 ) }";
    Folder::with(&[("slow.yar", slow), ("own.yar", &rule(own, "word"))])
}

fn small() -> Artifact {
    Artifact::file("a word")
}

fn large() -> Artifact {
    Artifact::file(vec![b'x'; 1000])
}

async fn start(folder: &Folder) -> YaraScanner {
    YaraScanner::start_with(program(), Options::new([folder.path("")]), NonZeroUsize::MIN).await.unwrap()
}

/// The scanner's scanning children, with the folder that they were given.
fn children_of(scanner: &YaraScanner) -> Vec<(Pid, PathBuf)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw)
        else {
            continue;
        };
        let command = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        let [_, "child", "scan", folder, ..] = command.split('\0').collect::<Vec<_>>()[..] else { continue };
        let set = fs::read(Path::new(folder).join("rules.yarset")).unwrap_or_default();
        if String::from_utf8_lossy(&set).contains(&scanner.report().digest) {
            found.push((pid, folder.into()));
        }
    }
    found
}

/// Waits until a process has computed for a tenth of a second: it is in the middle of a scan.
async fn wait_until_busy(pid: Pid) {
    loop {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
        // The fields after the name in parentheses start with the third; user time is the fourteenth.
        let user_time =
            stat.rsplit_once(')').unwrap().1.split_whitespace().nth(11).unwrap().parse::<u64>().unwrap();
        if user_time >= 10 {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
}

async fn wait_until_gone(pid: Pid) {
    while test_kill_process(pid).is_ok() {
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_child_killed_in_the_middle_of_a_scan_costs_that_scan() {
    let scanner = Arc::new(start(&slow_rules("killed")).await);
    let [(pid, _)] = children_of(&scanner)[..] else { panic!("one child") };
    let scan = tokio::spawn({
        let scanner = Arc::clone(&scanner);
        async move { scanner.scan(&large(), &plenty()).await }
    });
    wait_until_busy(pid).await;
    kill_process(pid, Signal::KILL).unwrap();
    assert_eq!(scan.await.unwrap().unwrap_err().kind, ErrorKind::Crashed);
    assert_eq!(names(&scanner.scan(&small(), &plenty()).await.unwrap()), ["killed"]);
}

#[tokio::test]
async fn a_child_that_does_not_come_to_an_end_is_killed_at_the_deadline() {
    let scanner = start(&slow_rules("deadline")).await;
    let [(pid, _)] = children_of(&scanner)[..] else { panic!("one child") };
    let error = scanner.scan(&large(), &ScanContext::within(Duration::from_millis(300))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    wait_until_gone(pid).await;
    assert_eq!(names(&scanner.scan(&small(), &plenty()).await.unwrap()), ["deadline"]);
}

#[tokio::test]
async fn the_engines_own_timeout_counts_too() {
    let folder = slow_rules("own_timeout");
    let options = Options::new([folder.path("")]).timeout(Duration::from_millis(300));
    let scanner = YaraScanner::start_with(program(), options, NonZeroUsize::MIN).await.unwrap();
    assert_eq!(scanner.scan(&large(), &plenty()).await.unwrap_err().kind, ErrorKind::TimedOut);
}

#[test]
fn in_this_process_a_slow_rule_times_out_as_well() {
    let scanner = SyncYara::new(slow_rules("sync").load().unwrap());
    let error = scanner.scan(&large(), &ScanContext::within(Duration::from_millis(300))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert_eq!(names(&scanner.scan(&small(), &plenty()).unwrap()), ["sync"]);
}

#[tokio::test]
async fn the_self_test_finds_its_canary_which_is_never_reported() {
    let folder = Folder::with(&[("a.yar", &rule("canary_test", "nothing of EICAR"))]);
    let eicar = eicar();
    for sandbox in [true, false] {
        let options =
            Options::new([folder.path("")]).sandbox(sandbox).benign_confidence(Confidence::percent(30));
        let scanner = YaraScanner::start_with(program(), options, NonZeroUsize::MIN).await.unwrap();
        scanner.ready().await.unwrap();
        assert_eq!(scanner.report().rules, 1);
        let result = scanner.scan(&eicar, &plenty()).await.unwrap();
        assert_eq!((names(&result), result.metadata.len()), (Vec::new(), 0));
        assert_eq!((result.verdict.is_malicious(), result.confidence), (false, Confidence::percent(30)));
    }
    let scanner = SyncYara::new(folder.load().unwrap());
    SyncScanner::ready(&scanner).unwrap();
    assert!(SyncScanner::scan(&scanner, &eicar, &plenty()).unwrap().metadata.is_empty());
}

#[tokio::test]
async fn an_artifact_over_the_childs_memory_names_the_limit_and_costs_that_scan() {
    let folder = Folder::with(&[("a.yar", &rule("memory", "word"))]);
    // The second is not even enough to read a part of it: that is no error which the child can tell, it is aborted.
    for (memory, told) in [(200, "200 MiB do not fit"), (70, "its 70 MiB of memory")] {
        let options = Options::new([folder.path("")]).memory(memory << 20);
        let scanner = YaraScanner::start_with(program(), options, NonZeroUsize::MIN).await.unwrap();
        let error = scanner.scan(&Artifact::file(vec![0; 200 << 20]), &plenty()).await.unwrap_err();
        assert!(error.kind == ErrorKind::LimitExceeded || memory == 70, "{error}");
        assert!(error.message.contains(told) && error.message.contains("--yara-memory"), "{error}");
        assert_eq!(names(&scanner.scan(&small(), &plenty()).await.unwrap()), ["memory"]);
    }
}

#[tokio::test]
async fn many_scans_at_once_share_the_children() {
    let folder = Folder::with(&[("a.yar", &rule("many", "word"))]);
    let two = NonZeroUsize::new(2).unwrap();
    let options = Options::new([folder.path("")]);
    let scanner = Arc::new(YaraScanner::start_with(program(), options, two).await.unwrap());
    let mut scans = tokio::task::JoinSet::new();
    for number in 0..200 {
        let scanner = Arc::clone(&scanner);
        scans.spawn(async move {
            let text = if number % 2 == 0 { "a word" } else { "nothing" };
            let found = names(&scanner.scan(&Artifact::file(text), &plenty()).await.unwrap());
            assert_eq!(found.len(), 1 - number % 2);
        });
    }
    while let Some(scan) = scans.join_next().await {
        scan.unwrap();
    }
    assert!(children_of(&scanner).len() <= 2);
}

#[tokio::test]
async fn the_set_is_in_a_folder_of_ours_alone_and_goes_with_the_scanner() {
    use std::os::unix::fs::PermissionsExt;
    let scanner = start(&Folder::with(&[("a.yar", &rule("private_folder", "word"))])).await;
    let (pid, folder) = children_of(&scanner).pop().unwrap();
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);

    // A set that others could have written is refused.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_engine-yara"))
        .args(["child", "scan"])
        .arg(&folder)
        .output();
    let said = String::from_utf8(child.unwrap().stderr).unwrap();
    // These are its last words, which the engine tells: no advice on its command line comes behind them.
    assert!(said.trim_end().ends_with("closed to others (mode 0700)"), "{said}");

    drop(scanner);
    assert!(!folder.exists());
    wait_until_gone(pid).await;
}

#[tokio::test]
async fn a_scanner_says_what_it_works_with() {
    let files: Vec<_> = (0..25).map(|number| (format!("bad{number:02}.yar"), "rule {".to_owned())).collect();
    let mut files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (a, packer) = (rule("a", "word"), rule("packer", "word"));
    files.extend([("a.yar", a.as_str()), ("packers/b.yar", &packer), ("empty.yar", "")]);
    let folder = Folder::with(&files);
    let options = Options::new([folder.path("")]);
    let scanner = YaraScanner::start_with(program(), options.clone(), NonZeroUsize::MIN).await.unwrap();
    let about = scanner.about().await;
    assert_eq!((about.name.as_str(), about.version.as_deref()), ("yara", Some("4.5.5")));
    assert_eq!(about.signatures.as_ref(), Some(&scanner.report().digest));
    let fact = |name: &str| about.facts.iter().find(|(fact, _)| *fact == name).unwrap().1.as_str();
    assert_eq!(fact("rules"), "2 in 2 files");
    assert!(fact("informational").starts_with("1 rule"), "{}", fact("informational"));
    assert_eq!(fact("contained"), "child processes, 2048 MiB of memory each");
    assert!(fact("confidence").contains("no measured weights"));
    // All of them, and the odd file.
    assert_eq!(about.warnings.len(), 26, "{:#?}", about.warnings);
    assert!(about.warnings[24].contains("bad24.yar:1: syntax error"), "{}", about.warnings[24]);
    assert!(about.warnings[25].contains("empty.yar: there is no rule"), "{}", about.warnings[25]);

    let open = YaraScanner::start_with(program(), options.sandbox(false), NonZeroUsize::MIN).await.unwrap();
    assert!(open.about().await.facts.iter().any(|(_, value)| value.contains("--no-sandbox")));
}
