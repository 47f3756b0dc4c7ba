use std::process::Command;

/// Without features the crate is the contract only: whoever writes a scanner gets no marketplace and no network with it.
#[test]
fn the_contract_alone_brings_no_network_crate() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "-p", "microengine-core", "--no-default-features"])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{lib}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(tree.lines().any(|name| name == "serde_json"), "{tree}");
    let network =
        ["reqwest", "hyper", "axum", "rustls", "tokio_tungstenite", "socket2", "alloy_primitives", "url"];
    for name in network {
        assert!(!tree.lines().any(|line| line == name), "{name}");
    }
}
