//! The author's afternoon: crates of somebody else's, outside the workspace.
//!
//! A test program of its own, since building takes both cores for a while, and other tests have clocks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

/// The book in `docs/`: its files and commands.
mod book;
/// A crate with the forty-line engine of engine-core's examples.
mod own_engine;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A command that builds crates outside the workspace, without a network. Their dependencies are built once for all tests and runs.
fn outside(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("CARGO_TARGET_DIR", target()).env("CARGO_NET_OFFLINE", "true").stdin(Stdio::null());
    // The smallest and quickest to build.
    command.env("CARGO_PROFILE_DEV_DEBUG", "false");
    // The compiler of the same toolchain, whatever a dependency's folder asks for.
    let rustc = Path::new(env!("CARGO")).with_file_name("rustc");
    if rustc.is_file() {
        command.env("RUSTC", rustc);
    }
    // What the outer cargo says of its own crate is not about these.
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("CARGO_PKG") || variable == "CARGO_MANIFEST_DIR" {
            command.env_remove(variable);
        }
    }
    command
}

/// Where they are built: in the workspace's target folder.
fn target() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("author")
}
