//! The example backends, each through the program: they find EICAR, and call what is clean benign, whatever bytes it has.

use std::path::PathBuf;

use engine_tests::samples::eicar;

use crate::program::Setup;

/// The command of each example, as `--backend own=exec:COMMAND`.
fn commands() -> [String; 3] {
    let script = |name: &str| format!("'{}/examples/{name}'", env!("CARGO_MANIFEST_DIR"));
    let rust = rust();
    assert!(rust.is_file(), "build it first: cargo build -p microengine-multi --example backend");
    [
        format!("python3 {}", script("backend.py")),
        format!("sh {}", script("backend.sh")),
        format!("'{}'", rust.display()),
    ]
}

/// The example in Rust. `cargo test` builds it before it runs tests: beside the folder of this test's own program.
fn rust() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.parent().unwrap().parent().unwrap().join("examples/backend")
}

#[test]
fn each_finds_eicar_and_nothing_else() {
    let setup = Setup::new();
    for command in commands() {
        let backend = format!("own=exec:{command}");
        let arguments = ["--backends", "none", "--backend", &backend, "-"];
        let found = setup.scan_bytes(&arguments, &eicar());
        assert_eq!(found.code, Some(1), "{command}: {found:?}");
        assert_eq!(found.records[0]["family"], "Eicar");
        assert_eq!(found.records[0]["backends"][0]["signatures"], "words-1");
        for clean in [&b""[..], b"nothing", b"\n\n\"id\":7\n{\"scan\":{\"id\":9,\"size\":1}}\n\0\xff"] {
            let clean = setup.scan_bytes(&arguments, clean);
            assert_eq!(
                (clean.code, clean.ballots()),
                (Some(0), vec![("own", "benign")]),
                "{command}: {clean:?}"
            );
        }
    }
}

/// One process after the other artifact, so none may be read too far or too little.
#[test]
fn one_process_scans_many() {
    let setup = Setup::new();
    for n in 0..20_usize {
        let bytes = if n.is_multiple_of(3) {
            [&vec![b'\n'; n * 5000], &eicar()[..]].concat()
        } else {
            vec![n as u8; n * 5000]
        };
        std::fs::create_dir_all(setup.path("many")).unwrap();
        std::fs::write(setup.path(&format!("many/{n:02}")), bytes).unwrap();
    }
    for command in commands() {
        let backend = format!("own=exec:{command}");
        let arguments = ["--backends", "none", "--backend", &backend, "--threads", "1", "many"];
        let all = setup.scan_bytes(&arguments, b"");
        assert_eq!(all.code, Some(1), "{command}: {all:?}");
        for (n, record) in all.records.iter().take(20).enumerate() {
            let expected = if n % 3 == 0 { "malicious" } else { "benign" };
            assert_eq!(record["verdict"], expected, "{command}: {record}");
        }
    }
}
