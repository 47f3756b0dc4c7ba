use std::{
    fs,
    num::NonZeroUsize,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use engine_core::{Artifact, Scanner};
use engine_yara::{Informational, Options, StartError, YaraScanner};

use crate::{
    children::program,
    folder::{Folder, load, names, plenty, rule},
};

async fn start(options: Options) -> Result<YaraScanner, StartError> {
    YaraScanner::start_with(program(), options, NonZeroUsize::MIN).await
}

async fn found(scanner: &YaraScanner) -> Vec<String> {
    names(&scanner.scan(&Artifact::file("a word"), &plenty()).await.unwrap())
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The sets that a cache has.
fn kept(cache: &Path) -> Vec<PathBuf> {
    let mut kept: Vec<_> = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path()).collect();
    kept.sort();
    kept
}

#[tokio::test]
async fn a_set_goes_out_and_comes_in_with_all_that_is_known_of_it() {
    let folder =
        Folder::with(&[("rules/a.yar", &rule("a", "word")), ("rules/packers/b.yar", &rule("b", "word"))]);
    folder.write("rules/bad.yar", "rule {");
    let set = folder.path("out.yarset");
    for sandbox in [true, false] {
        let options = Options::new([folder.path("rules")]).save_rules(&set).sandbox(sandbox);
        let first = start(options).await.unwrap();
        fs::rename(folder.path("rules"), folder.path("gone")).unwrap();
        let second = start(Options::new([&set]).sandbox(sandbox)).await.unwrap();
        assert_eq!(second.report(), first.report());
        assert_eq!(
            (second.report().rules, second.report().informational, second.report().bad.len()),
            (2, 1, 1)
        );
        let result = second.scan(&Artifact::file("a word"), &plenty()).await.unwrap();
        assert_eq!(
            (names(&result), &result.signatures),
            (vec!["a".into(), "b".into()], &first.report().digest)
        );
        second.ready().await.unwrap();
        fs::rename(folder.path("gone"), folder.path("rules")).unwrap();
    }
    // What is informational is a question of settings, not of the set.
    let table = Informational::default().without("packers/").with("a");
    let third = start(Options::new([&set]).informational(table).strict(false)).await.unwrap();
    let result = third.scan(&Artifact::file("a word"), &plenty()).await.unwrap();
    assert_eq!(
        result.findings.iter().map(|finding| finding.informational).collect::<Vec<_>>(),
        [true, false]
    );
    // A bad file is one still.
    assert!(
        start(Options::new([&set]).strict(true)).await.unwrap_err().to_string().contains("--strict-rules")
    );
}

#[tokio::test]
async fn a_set_that_others_can_write_is_refused() {
    let folder = Folder::with(&[("rules/a.yar", &rule("a", "word")), ("sets/x", "")]);
    let set = folder.path("sets/out.yarset");
    start(Options::new([folder.path("rules")]).save_rules(&set)).await.unwrap();
    let refused = async |options| {
        let error = start(options).await.unwrap_err().to_string();
        assert!(error.contains("trusts compiled rules like code"), "{error}");
    };
    for (path, open) in [(&set, 0o666), (&folder.path("sets"), 0o777), (&folder.path(""), 0o775)] {
        mode(path, open);
        refused(Options::new([&set])).await;
        refused(Options::new([&set]).sandbox(false)).await;
        assert!(load(std::slice::from_ref(&set)).is_err());
        mode(path, 0o700);
        assert_eq!(found(&start(Options::new([&set])).await.unwrap()).await, ["a"]);
    }
    // It would not be loaded from there, so it is not written there.
    mode(&folder.path("sets"), 0o777);
    refused(Options::new([folder.path("rules")]).save_rules(&set)).await;
}

#[tokio::test]
async fn a_damaged_set_and_a_set_among_rules_are_errors_that_say_what_to_do() {
    let folder = Folder::with(&[("rules/a.yar", &rule("a", "word"))]);
    let set = folder.path("out.yarset");
    start(Options::new([folder.path("rules")]).save_rules(&set)).await.unwrap();
    fs::copy(&set, folder.path("rules/set.yar")).unwrap();
    let scanner = start(Options::new([folder.path("rules"), set.clone()])).await.unwrap();
    let told: Vec<_> = scanner.report().bad.iter().map(|bad| folder.strip(&bad.to_string())).collect();
    let why = "is a compiled rule set: give --rules nothing but this file";
    assert_eq!(told, [format!("out.yarset: {why}"), format!("rules/set.yar: {why}")]);

    let mut bytes = fs::read(&set).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&set, bytes).unwrap();
    let error = start(Options::new([&set])).await.unwrap_err().to_string();
    assert!(error.contains("out.yarset cannot be used: is damaged: make it anew from its rules"), "{error}");
}

#[tokio::test]
async fn a_cache_keeps_a_set_until_its_rules_change() {
    let folder = Folder::with(&[("rules/a.yar", &rule("a", "word"))]);
    let cache = folder.path("made/here");
    let options = || Options::new([folder.path("rules")]).rules_cache(&cache);
    let first = start(options()).await.unwrap();
    let [set] = kept(&cache).try_into().unwrap();
    assert_eq!(fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);

    // That it comes from there is seen by a set that says something else.
    let other = Folder::with(&[("rules/b.yar", &rule("b", "word"))]);
    start(Options::new([other.path("rules")]).save_rules(&set)).await.unwrap();
    assert_eq!(found(&start(options()).await.unwrap()).await, ["b"]);

    // A set that is damaged is made anew.
    let mut bytes = fs::read(&set).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&set, bytes).unwrap();
    assert_eq!(found(&start(options()).await.unwrap()).await, ["a"]);
    let again = start(options().sandbox(false)).await.unwrap();
    assert_eq!((again.report(), found(&again).await), (first.report(), vec!["a".to_owned()]));
    assert_eq!(kept(&cache), [set]);

    folder.write("rules/a.yar", rule("c", "word"));
    assert_eq!(found(&start(options()).await.unwrap()).await, ["c"]);
    assert_eq!(kept(&cache).len(), 2);
}

#[tokio::test]
async fn a_cache_that_others_can_write_is_an_error_and_a_full_one_forgets() {
    let folder =
        Folder::with(&[("rules/a.yar", &rule("a", "word")), ("cache/old.yarset", ""), ("cache/note", "")]);
    let cache = folder.path("cache");
    let options = || Options::new([folder.path("rules")]).rules_cache(&cache);
    mode(&cache, 0o777);
    let error = start(options()).await.unwrap_err().to_string();
    assert!(error.contains("--rules-cache") && error.contains("chmod go-w"), "{error}");
    mode(&cache, 0o755);
    for number in 0..20 {
        folder.write("rules/a.yar", rule(&format!("r{number}"), "word"));
        start(options().sandbox(false)).await.unwrap();
    }
    let kept = kept(&cache);
    assert_eq!(kept.len(), 16 + 1, "{kept:?}");
    assert!(kept.contains(&cache.join("note")) && !kept.contains(&cache.join("old.yarset")), "{kept:?}");
}

#[tokio::test]
async fn no_file_but_a_set_is_written_over() {
    let text = rule("a", "word");
    let folder = Folder::with(&[("rules/a.yar", &text)]);
    let source = folder.path("rules/a.yar");
    std::os::unix::fs::symlink("nowhere", folder.path("link")).unwrap();
    for sandbox in [true, false] {
        for taken in [&source, &folder.path("link"), &folder.path("rules")] {
            let options = Options::new([folder.path("rules")]).save_rules(taken).sandbox(sandbox);
            let error = start(options).await.unwrap_err().to_string();
            assert!(error.contains("--save-rules") && error.contains("is no compiled rule set"), "{error}");
        }
        assert_eq!(fs::read_to_string(&source).unwrap(), text);
        // A set is: that is how it is brought up to date.
        for _ in 0..2 {
            let set = folder.path("out.yarset");
            start(Options::new([&source]).save_rules(set).sandbox(sandbox)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_strictness_refuses_is_not_written() {
    let folder = Folder::with(&[("rules/a.yar", &rule("a", "word")), ("rules/bad.yar", "rule {")]);
    let set = folder.path("out.yarset");
    for sandbox in [true, false] {
        let options = Options::new([folder.path("rules")]).save_rules(&set).strict(true).sandbox(sandbox);
        let error = start(options).await.unwrap_err().to_string();
        assert!(error.contains("--strict-rules") && !set.exists(), "{error}");
    }
}

#[tokio::test]
async fn a_cache_knows_where_includes_lead() {
    let folder = Folder::with(&[
        ("rules/index.yar", "include \".now/base.yar\"\nrule r { condition: is_it }"),
        ("rules/one/base.yar", "private rule is_it { condition: true }"),
        ("rules/two/base.yar", "private rule is_it { condition: false }"),
    ]);
    let link = folder.path("rules/.now");
    for (target, wanted) in [("one", vec!["r".to_owned()]), ("two", vec![])] {
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(target, &link).unwrap();
        let options = Options::new([folder.path("rules")]).rules_cache(folder.path("cache"));
        let scanner = start(options).await.unwrap();
        assert_eq!((scanner.report().bad.len(), found(&scanner).await), (0, wanted), "{target}");
    }
}
