//! The command `check`.

use super::{folder, run};

#[test]
fn ready_is_0_and_names_the_backend_with_its_versions() {
    let folder = folder(&[]);
    let ran = run(folder.path(), &["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.out.contains("backend own: version 1.0, signatures EICAR-STANDARD"), "{ran:?}");
    assert!(ran.out.contains("\n  contained: no: "), "{ran:?}");
    assert!(ran.out.ends_with("\nready\n"), "{ran:?}");
}

#[test]
fn as_json_it_is_one_object_with_what_each_backend_says_of_itself() {
    let folder = folder(&[]);
    let ran = run(folder.path(), &["check", "--format", "json"]);
    let report = &ran.records()[0];
    assert_eq!((ran.code, ran.records().len()), (Some(0), 1), "{ran:?}");
    assert_eq!((&report["name"], &report["ready"]), (&"own-engine".into(), &true.into()));
    let backend = &report["backends"][0];
    assert_eq!((&backend["name"], &backend["ready"]), (&"own".into(), &true.into()));
    assert!(backend["facts"]["contained"].as_str().unwrap().starts_with("no: "), "{backend}");
    assert_eq!(report.get("settings"), None, "only when asked for");
}

#[test]
fn the_example_of_a_settings_file_needs_no_working_engine_and_is_all_comments() {
    let folder = folder(&[]);
    let ran = run(folder.path(), &["check", "--example-settings", "--word", ""]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    let own = "\n[own]\n\n# The word that gives malware away\n# Flag --word WORD, variable MICROENGINE_WORD.\n\
               #word = \"EICAR-STANDARD-ANTIVIRUS-TEST-FILE\"\n";
    assert!(ran.out.contains(own), "{}", ran.out);
    assert!(ran.out.contains("\n# threads = N\n") && ran.out.contains("\n#quiet = false\n"), "{}", ran.out);
    let with_itself = super::folder(&[("own.toml", ran.out.as_bytes())]);
    let ran = run(with_itself.path(), &["check", "--settings", "own.toml"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
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
