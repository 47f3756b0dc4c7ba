//! The format SARIF; that it is valid is tested in the workspace's tests, against the published schema.

use std::{fs, os::unix::ffi::OsStringExt, path::Path};

use serde_json::{Value, json};

use super::{eicar, folder, run};

fn sarif(folder: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let ran = run(folder, &[&["scan", "--format", "sarif"], args].concat());
    let document: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!((&document["version"], document["runs"].as_array().unwrap().len()), (&json!("2.1.0"), 1));
    (ran.code, document["runs"][0].clone())
}

fn results(run: &Value) -> &[Value] {
    run["results"].as_array().unwrap()
}

fn place(result: &Value) -> &Value {
    &result["locations"][0]["physicalLocation"]["artifactLocation"]
}

#[test]
fn a_hit_is_a_result_with_its_rule_its_place_and_a_fingerprint() {
    let folder = folder(&[("a b/bad", &eicar()), ("clean", b"hello")]);
    let (code, document) = sarif(folder.path(), &["."]);
    assert_eq!(code, Some(1));
    let [result] = results(&document) else { panic!("{document}") };
    assert_eq!((&result["ruleId"], &result["level"]), (&json!("own/word"), &json!("error")), "{result}");
    assert_eq!(place(result), &json!({"uri": "a%20b/bad", "uriBaseId": "%SRCROOT%"}));
    let region = &result["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region, &json!({"byteOffset": 0, "byteLength": 68}));
    assert_eq!(result.get("suppressions"), None);
    let driver = &document["tool"]["driver"];
    assert_eq!(driver["name"], "own-engine");
    assert_eq!(driver["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(driver["rules"][0]["id"], "own/word");
    let base = document["originalUriBaseIds"]["%SRCROOT%"]["uri"].as_str().unwrap();
    assert!(base.starts_with("file:///") && base.ends_with('/'), "{base}");
    assert_eq!(document["invocations"], json!([{"executionSuccessful": true, "exitCode": 1}]));

    // The same bytes elsewhere, at another time, by an absolute path.
    let other = super::folder(&[("elsewhere", &eicar())]);
    let absolute = other.path().join("elsewhere");
    let (_, again) = sarif(folder.path(), &[absolute.to_str().unwrap()]);
    assert_eq!(results(&again)[0]["partialFingerprints"], result["partialFingerprints"]);
    assert!(result["partialFingerprints"]["artifactAndRule/v1"].as_str().unwrap().len() == 64);
    assert_eq!(place(&results(&again)[0]), &json!({"uri": format!("file://{}", absolute.display())}));
    // Another rule is another fingerprint.
    let (_, other_rule) = sarif(folder.path(), &["--word", "STANDARD", "."]);
    assert_eq!(
        results(&other_rule)[0]["partialFingerprints"],
        result["partialFingerprints"],
        "same rule name"
    );
}

#[test]
fn failures_are_notifications_and_nothing_found_is_a_document_too() {
    let folder = folder(&[("clean", b"hello"), ("big", &[b'x'; 100])]);
    let (code, document) = sarif(folder.path(), &["clean"]);
    assert_eq!((code, results(&document).len()), (Some(0), 0), "{document}");
    assert_eq!(document["tool"]["driver"]["rules"], json!([]));

    let (code, document) = sarif(folder.path(), &["--max-size", "50", "clean", "mis\nsing", "big"]);
    assert_eq!(code, Some(2));
    let invocation = &document["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(false), &json!(2)));
    let told = invocation["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    for (notification, kind, uri) in [(&told[0], "unreadable", "mis%0Asing"), (&told[1], "too_large", "big")]
    {
        assert_eq!(notification["level"], "error");
        assert_eq!(notification["descriptor"]["id"], kind);
        assert_eq!(place(notification)["uri"], uri);
        assert!(!notification["message"]["text"].as_str().unwrap().is_empty());
    }
    let (code, document) = sarif(folder.path(), &["--fail-on", "never", "missing"]);
    assert_eq!((code, &document["invocations"][0]["exitCode"]), (Some(0), &json!(0)));
    assert_eq!(document["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn an_allowed_hit_is_a_suppressed_result() {
    let allow = "[[allow]]\nrule = 'word'\npath = '**'\nreason = 'a {known} one'\n";
    let folder = folder(&[("bad", &eicar()), ("allow", allow.as_bytes())]);
    let (code, document) = sarif(folder.path(), &["--allow", "allow", "bad"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        results(&document)[0]["suppressions"],
        json!([{"kind": "external", "status": "accepted", "justification": "a {known} one"}])
    );
}

#[test]
fn hostile_names_stay_out_of_messages_and_whole_in_uris() {
    let folder = folder(&[]);
    let name = std::ffi::OsString::from_vec(b"[x](http:evil) \xff\"{0}\n".to_vec());
    fs::write(folder.path().join(&name), eicar()).unwrap();
    let (_, document) = sarif(folder.path(), &["."]);
    let result = &results(&document)[0];
    assert_eq!(place(result)["uri"], "%5Bx%5D%28http%3Aevil%29%20%FF%22%7B0%7D%0A");
    assert_eq!(result["message"]["text"], "Malicious: word (own)");
}

#[test]
fn the_same_tree_gives_the_same_bytes_whatever_the_threads_do() {
    let folder = folder(&[]);
    for i in 0..60 {
        fs::write(folder.path().join(format!("{i:02}")), eicar()).unwrap();
    }
    let scan =
        |threads| run(folder.path(), &["scan", "--format", "sarif", "--threads", threads, ".", "missing"]);
    let (one, many) = (scan("1"), scan("8"));
    assert_eq!((one.out.len() > 1000, &one.out), (true, &many.out));
}
