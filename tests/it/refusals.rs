//! What `run` refuses to start with: a clear word on what to do next, exit code 2, no panic, and nothing secret on the screen.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use engine_tests::running::{ACCOUNT, Engine, KEYFILE, PASSWORD, program, workspace};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A folder with a good keyfile.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keyfile"), KEYFILE).unwrap();
    folder
}

/// `engine-yara run` in a folder, with good rules, the good keyfile and password, and what a test changes about it.
fn run(folder: &Path, change: impl FnOnce(&mut Command) -> &mut Command) -> Output {
    let mut command = Command::new(program("engine-yara").unwrap());
    command.arg("run").arg("--rules").arg(workspace("deploy/rules/demo")).current_dir(folder);
    command.env("PASSWORD", PASSWORD).env("POLYSWARMD_ADDR", "http://127.0.0.1:9");
    change(&mut command).output().unwrap()
}

/// Refused with exit code 2, with all of these words on standard error and nothing on standard output.
#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    for word in words {
        assert!(told.contains(word), "`{word}` is missing in: {told}");
    }
    assert!(!told.contains("panicked") && !told.contains(&"46".repeat(32)), "{told}");
    assert!(output.stdout.is_empty());
}

#[test]
fn no_node_is_named() {
    refused(
        &run(folder().path(), |c| c.env_remove("POLYSWARMD_ADDR")),
        &["--polyswarmd-addr", "POLYSWARMD_ADDR"],
    );
}

#[test]
fn f24_nobody_listens_at_the_node() {
    refused(&run(folder().path(), |c| c), &["127.0.0.1:9", "check the address"]);
}

#[test]
fn the_password_is_missing_or_wrong() {
    refused(&run(folder().path(), |c| c.env_remove("PASSWORD")), &["PASSWORD", "--password-file"]);
    refused(
        &run(folder().path(), |c| c.env("PASSWORD", "nope")),
        &["keyfile", "wrong password", "--password-file"],
    );
}

#[test]
fn the_keyfile_is_missing_or_hostile() {
    let folder = folder();
    refused(&run(folder.path(), |c| c.args(["--keyfile", "nowhere"])), &["nowhere"]);
    for (what, into) in
        [(r#""dklen":32"#, r#""dklen":8"#), ("aes-128-ctr", "none"), (r#""version":3"#, r#""version":4"#)]
    {
        fs::write(folder.path().join("hostile"), KEYFILE.replace(what, into)).unwrap();
        refused(&run(folder.path(), |c| c.args(["--keyfile", "hostile"])), &["hostile"]);
    }
    fs::write(folder.path().join("hostile"), "{").unwrap();
    refused(&run(folder.path(), |c| c.args(["--keyfile", "hostile"])), &["hostile"]);
}

#[test]
fn a_key_would_go_over_plain_http() {
    let key = "0123456789abcdef0123456789abcdef";
    let output = run(folder().path(), |c| c.env("API_KEY", key));
    refused(&output, &["plain http", "--allow-key-over-http"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains(key));
}

#[test]
fn a_setting_is_unknown() {
    let folder = folder();
    refused(&run(folder.path(), |c| c.arg("--jurnal=x")), &["--jurnal", "--journal"]);
    refused(
        &run(folder.path(), |c| c.env("MICROENGINE_JURNAL", "x")),
        &["MICROENGINE_JURNAL", "MICROENGINE_JOURNAL"],
    );
    fs::write(folder.path().join("engine.toml"), "[run]\nkeyfil = 'x'\n").unwrap();
    refused(
        &run(folder.path(), |c| c.args(["--settings", "engine.toml"])),
        &["keyfil", "keyfile", "engine.toml"],
    );
}

#[test]
fn the_journal_cannot_be_used() {
    let folder = folder();
    fs::create_dir(folder.path().join("folder")).unwrap();
    refused(&run(folder.path(), |c| c.args(["--journal", "folder"])), &["folder", "--journal"]);
    fs::write(folder.path().join("text"), "this is no journal, and long enough to be a header\n".repeat(90))
        .unwrap();
    refused(&run(folder.path(), |c| c.args(["--journal", "text"])), &["text"]);
}

/// A node that answers every request with a web page.
#[tokio::test(flavor = "multi_thread")]
async fn the_node_is_a_web_page() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let page = "<html><body>Welcome</body></html>";
            let head = format!(
                "HTTP/1.1 404 Not Found\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                page.len()
            );
            let _ = socket.write_all((head + page).as_bytes()).await;
        }
    });
    let output =
        tokio::task::spawn_blocking(move || run(folder().path(), |c| c.env("POLYSWARMD_ADDR", address)));
    refused(&output.await.unwrap(), &["no polyswarmd node", "check the address"]);
    server.abort();
}

/// Two engines on one journal, or one account, would spend each other's account nonces; the second one names the first.
#[tokio::test(flavor = "multi_thread")]
async fn f22_the_journal_or_the_account_is_in_use() {
    let net = engine_tests::testnet::Testnet::start(Default::default()).await.unwrap();
    let first =
        Engine::new("engine-yara", ["--rules".into(), workspace("deploy/rules/demo").into_os_string()])
            .unwrap();
    let mut running = first.run(&net.url()).unwrap();
    running.while_it_runs(net.first_client()).await.unwrap_or_else(|e| panic!("{e}\n{}", first.log()));
    let pid = running.id().unwrap().to_string();
    for (journal, what) in [(first.journal(), "journal"), ("another.journal".into(), ACCOUNT)] {
        let url = net.url();
        let second =
            move || run(folder().path(), |c| c.env("POLYSWARMD_ADDR", url).arg("--journal").arg(journal));
        let output = tokio::task::spawn_blocking(second).await.unwrap();
        refused(&output, &[what, "in use", &format!("by process {pid}")]);
    }
    assert!(running.stop().await.unwrap().success());
    assert!(first.log().contains(ACCOUNT), "{}", first.log());
}
