use std::num::NonZeroUsize;

use engine_core::{Artifact, Scanner};
use engine_yara::{Options, YaraScanner};

use crate::{
    children::program,
    folder::{Folder, names, plenty, rule},
};

#[test]
fn fifos_are_not_opened_and_link_loops_end() {
    let folder = Folder::with(&[
        ("a.yar", &rule("a", "word")),
        ("index.yar", "include \"a.yar\" include \"fifo.yar\""),
    ]);
    let made = std::process::Command::new("mkfifo").arg(folder.path("fifo.yar")).status().unwrap();
    assert!(made.success());
    std::os::unix::fs::symlink(folder.path(""), folder.path("loop")).unwrap();
    std::os::unix::fs::symlink(folder.path("nowhere"), folder.path("dangling.yar")).unwrap();
    let rules = folder.load().unwrap();
    let bad = folder.bad(rules.report());
    // The include of a file that is told bad is not told again.
    assert_eq!(bad.len(), 2, "{bad:?}");
    assert!(bad[0].starts_with("dangling.yar: No such file"), "{}", bad[0]);
    assert_eq!(bad[1], "fifo.yar: is no regular file");
    assert_eq!(rules.report().rules, 1);
}

/// libyara cuts its message inside of a letter, on which the crate `yara` ends the process.
#[tokio::test]
async fn a_file_that_crashes_the_compiler_is_left_out() {
    let crash = format!("import \"{}\"", "é".repeat(300));
    let folder = Folder::with(&[
        ("a.yar", &rule("a", "word")),
        ("crash.yar", &crash),
        ("index.yar", "include \"a.yar\" include \"crash.yar\""),
    ]);
    let one = NonZeroUsize::MIN;
    let scanner = YaraScanner::start_with(program(), Options::new([folder.path("")]), one).await.unwrap();
    let bad = folder.bad(scanner.report());
    assert_eq!(bad.len(), 1, "{bad:?}");
    assert!(bad[0].starts_with("crash.yar: libyara ended with signal: 6"), "{}", bad[0]);
    let result = scanner.scan(&Artifact::file("word"), &plenty()).await.unwrap();
    assert_eq!(names(&result), ["a"]);
}

#[tokio::test]
async fn a_compiler_without_time_or_memory_is_an_error() {
    let folder = Folder::with(&[("a.yar", &rule("a", "word"))]);
    let options = Options::new([folder.path("")]);
    let no_time = options.clone().file_within(std::time::Duration::ZERO);
    let error = YaraScanner::start_with(program(), no_time, NonZeroUsize::MIN).await.unwrap_err();
    assert!(error.to_string().contains("took longer than 0ns"), "{error}");
    let error =
        YaraScanner::start_with(program(), options.memory(1 << 20), NonZeroUsize::MIN).await.unwrap_err();
    assert!(error.to_string().starts_with("the rules cannot be compiled: "), "{error}");
}
