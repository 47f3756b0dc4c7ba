//! The command `check`.

use super::{folder, run};

#[test]
fn ready_is_0_and_names_the_backend_with_its_versions() {
    let folder = folder(&[]);
    let ran = run(folder.path(), &["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.out.contains("backend own: version 1.0, signatures EICAR-STANDARD"), "{ran:?}");
    assert!(ran.out.ends_with("\nready\n"), "{ran:?}");
}

#[test]
fn not_ready_is_2_and_says_what_to_do() {
    let folder = folder(&[]);
    let ran = run(folder.path(), &["check", "--word", ""]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.out.contains("--word takes at least one letter\nnot ready"), "{ran:?}");
    let ran = run(folder.path(), &["check", "--format", "json", "--word", ""]);
    let report = &ran.records()[0];
    assert_eq!((ran.code, &report["ready"]), (Some(2), &false.into()), "{ran:?}");
    assert_eq!(report["problems"][0]["what"], "cannot start");
}

#[test]
fn settings_are_shown_with_their_origin() {
    let folder = folder(&[("own.toml", b"[own]\nword = 'abc'\n[scan]\nmax_size = 4096\n")]);
    let args = ["check", "--show-settings", "--format", "json", "--settings", "own.toml", "--log", "info"];
    let ran = run(folder.path(), &args);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = ran.records().remove(0);
    let shown = |key: &str| {
        let settings = report["settings"].as_array().unwrap();
        let setting = settings.iter().find(|setting| setting["key"] == key).unwrap();
        (
            setting["value"].as_str().unwrap_or("(none)").to_owned(),
            setting["origin"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(shown("word"), ("abc".into(), "file own.toml".into()));
    assert_eq!(shown("max_size"), ("4096".into(), "file own.toml".into()));
    assert_eq!(shown("timeout"), ("30s".into(), "default".into()));
    assert_eq!(shown("log"), ("info".into(), "flag --log".into()));
    assert_eq!(shown("threads"), ("(none)".into(), "default".into()));
}
