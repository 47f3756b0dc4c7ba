//! The program `engine-multi`: its backends, its settings and its exit codes. Needs no daemon.

use serde_json::json;

use crate::program::Setup;

const MALICIOUS: &str = r#""verdict":"malicious","confidence":0.9,"family":"Shortbread""#;
const BENIGN: &str = r#""verdict":"benign","confidence":0.5"#;

#[test]
fn programs_are_backends_and_the_rule_decides() {
    let setup = Setup::new();
    let (one, other) = (setup.says("one", MALICIOUS), setup.says("other", BENIGN));
    let programs = ["--backends", "none", "--backend", &one, "--backend", &other];
    let any = setup.scan(&programs, "x");
    assert_eq!(any.code, Some(1), "{any:?}");
    assert_eq!(any.ballots(), [("one", "malicious"), ("other", "benign")]);
    assert_eq!((any.verdict(), &any.records[0]["family"]), (&json!("malicious"), &json!("Shortbread")));
    let quorum = setup.scan(&[&programs[..], &["--distill", "quorum=2"]].concat(), "x");
    assert_eq!((quorum.code, quorum.verdict()), (Some(0), &json!("benign")), "{quorum:?}");
    assert_eq!(quorum.records[0].get("complete"), None);
}

#[test]
fn a_majority_decides() {
    let setup = Setup::new();
    let (one, other, third) =
        (setup.says("one", MALICIOUS), setup.says("other", BENIGN), setup.says("third", BENIGN));
    let two = ["--distill", "majority", "--backends", "none", "--backend", &one, "--backend", &other];
    let tie = setup.scan(&two, "x");
    assert_eq!((tie.code, tie.verdict()), (Some(0), &json!("unknown")), "{tie:?}");
    let three = setup.scan(&[&two[..], &["--backend", &third]].concat(), "x");
    assert_eq!((three.code, three.verdict()), (Some(0), &json!("benign")), "{three:?}");
}

#[test]
fn without_a_required_backend_nothing_is_benign() {
    let setup = Setup::new();
    let (fine, bad) = (setup.says("fine", BENIGN), setup.says("bad", MALICIOUS));
    let backends =
        ["--backends", "none", "--backend", "dead=exec:false", "--backend", &fine, "--require", "fine, dead"];
    let clean = setup.scan(&backends, "x");
    assert_eq!((clean.code, clean.verdict()), (Some(2), &json!("unknown")), "{clean:?}");
    assert_eq!(clean.ballots(), [("dead", "unavailable"), ("fine", "benign")]);
    let found = setup.scan(&[&backends[..], &["--backend", &bad]].concat(), "x");
    assert_eq!((found.code, found.verdict()), (Some(1), &json!("malicious")), "{found:?}");
    let file = setup.write("engine.toml", "[multi]\nbackends = 'none'\nrequire = ['fine', 'fnie']\n");
    let typo = setup.scan(&["--settings", file.to_str().unwrap(), "--backend", &fine], "x");
    assert_eq!(typo.code, Some(2));
    assert!(typo.stderr.contains("did you mean `fine`?"), "{}", typo.stderr);
}

#[test]
fn one_silent_backend_does_not_keep_check_from_telling_of_the_others() {
    let setup = Setup::new();
    let fine = setup.says("fine", BENIGN);
    let backends = ["--backends", "none", "--backend", "silent=exec:sleep 99", "--backend", &fine];
    let (code, report) = setup.check(&[&backends[..], &["--within", "7s"]].concat());
    assert_eq!(
        (code, &report["ready"], &report["facts"]["rule"]),
        (Some(0), &json!(true), &json!("any")),
        "{report}"
    );
    let ready: Vec<_> = report["backends"].as_array().unwrap().iter().map(|b| &b["ready"]).collect();
    assert_eq!(ready, [false, true], "{report}");
}

#[test]
fn a_result_is_explained() {
    let setup = Setup::new();
    let (one, other) = (setup.says("one", MALICIOUS), setup.says("other", BENIGN));
    let backends = ["--explain", "--backends", "none", "--backend", &one, "--backend", &other];
    let told = "malicious by any (1 say malicious, one is enough): one malicious 0.90, other benign 0.50; \
                family Shortbread (single source: one)";
    assert_eq!(setup.scan(&backends, "x").records[0]["explanation"], told);
    let text = setup.text(&backends, "x");
    assert_eq!(text, format!("-: malicious Shortbread (0.90)\n    {told}\n"));
    assert_eq!(setup.scan(&backends[1..], "x").records[0].get("explanation"), None);
}

#[test]
fn the_same_by_a_settings_file() {
    let setup = Setup::new();
    let table = toml(&[setup.says("one", MALICIOUS), setup.says("other", BENIGN)]);
    let file =
        setup.write("engine.toml", &format!("[multi]\nbackends = 'none'\ndistill = 'quorum=2'\n{table}"));
    let outcome = setup.scan(&["--settings", file.to_str().unwrap()], "x");
    assert_eq!((outcome.code, outcome.verdict()), (Some(0), &json!("benign")), "{outcome:?}");
    assert_eq!(outcome.ballots(), [("one", "malicious"), ("other", "benign")]);
}

/// A list of strings that have single quotes in them.
fn toml(programs: &[String]) -> String {
    let quoted: Vec<_> = programs.iter().map(|program| format!("\"{program}\"")).collect();
    format!("backend = [{}]\n", quoted.join(", "))
}

#[test]
fn a_program_that_dies_is_a_failed_backend() {
    let setup = Setup::new();
    let fine = setup.says("fine", BENIGN);
    for dead in ["dead=exec:false", "dead=exec:/no/such/program"] {
        let outcome = setup.scan(&["--backends", "none", "--backend", dead, "--backend", &fine], "x");
        assert_eq!((outcome.code, outcome.verdict()), (Some(2), &json!("benign")), "{outcome:?}");
        assert_eq!(outcome.ballots(), [("dead", "unavailable"), ("fine", "benign")]);
        assert_eq!(outcome.records[0]["complete"], json!(false));
        assert!(outcome.stderr.contains("dead"), "it is told at the start: {}", outcome.stderr);
    }
    let alone = setup.scan(&["--backends", "none", "--backend", "dead=exec:false"], "x");
    assert_eq!((alone.code, alone.verdict()), (Some(2), &json!("unknown")), "{alone:?}");
}

#[test]
fn a_backend_that_is_too_slow_is_not_waited_for() {
    let setup = Setup::new();
    let hello = r#"echo '{"hello":{"protocol":1}}'; read -r line; exec sleep 600"#;
    let slow = format!("slow=exec:sh {}", setup.write("slow.sh", hello).display());
    let fine = setup.says("fine", MALICIOUS);
    let programs = ["--backends", "none", "--backend", &slow, "--backend", &fine];
    let limits = ["--timeout", "1h", "--backend-timeout", "300ms"];
    let outcome = setup.scan(&[&programs[..], &limits].concat(), "x");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(outcome.ballots(), [("slow", "timed_out"), ("fine", "malicious")]);
}

#[test]
fn yara_decides_while_clamd_is_down() {
    let setup = Setup::new();
    let built_in = ["--rules", "rules", "--clamd", "127.0.0.1:1"];
    let found = setup.scan(&built_in, "MARZIPAN");
    assert_eq!(found.code, Some(1), "{found:?}");
    assert_eq!(found.ballots(), [("yara", "malicious"), ("clamav", "unavailable")]);
    let clean = setup.scan(&built_in, "nothing");
    assert_eq!((clean.code, clean.verdict()), (Some(2), &json!("benign")), "{clean:?}");
    assert_eq!(clean.records[0]["complete"], json!(false));
    let quorum = setup.scan(&[&built_in[..], &["--distill", "quorum=2"]].concat(), "MARZIPAN");
    assert_eq!((quorum.code, quorum.verdict()), (Some(2), &json!("unknown")), "{quorum:?}");
    let yara = setup.scan(&["--backends", "yara", "--rules", "rules"], "nothing");
    assert_eq!((yara.code, yara.ballots()), (Some(0), vec![("yara", "benign")]), "{yara:?}");
}

#[test]
fn what_cannot_start_says_what_to_do() {
    let setup = Setup::new();
    setup.write("empty/readme.txt", "no rules here");
    let table: &[(&[&str], &str)] = &[
        (&["--backends", "none"], "no backend to ask"),
        (&["--backends", "clamd"], "expected built-in backends"),
        (&["--backends", "clamd"], "did you mean `clamav`?"),
        (&["--distill", "quorum=0"], "1 or more"),
        (&["--distill", "most"], "quorum=K"),
        (&["--backends", "none", "--backend", "a=exec:false", "--distill", "quorum=2"], "at most quorum=1"),
        (
            &["--backends", "none", "--backend", "a=exec:false", "--backend", "a=exec:true"],
            "two backends are named `a`",
        ),
        (&["--backend", "a=python3 a.py"], "NAME=exec:COMMAND"),
        (&["--rules", "empty", "--backends", "yara"], "there is no other"),
        (&["--rules", "rules", "--database", "no/such/folder"], "--backends yara"),
    ];
    for (arguments, hint) in table {
        let outcome = setup.scan(arguments, "x");
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {outcome:?}");
        assert!(outcome.records.is_empty(), "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.contains(hint), "{arguments:?}: {}", outcome.stderr);
    }
}
