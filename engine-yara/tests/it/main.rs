//! engine-yara, from outside.

// Clippy lets `#[test]` functions unwrap and index, and not what they call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

/// A folder of rule files made by a test.
mod folder;

/// Rule files that are none, or not quite, each beside a good one.
mod bad_files;
/// The children: killed, slow, without memory, and what they may load.
mod children;
/// The program.
mod cli;
/// Compiled sets: out, in, kept, and from where they may come.
mod compiled;
/// The suite that every scanner passes.
mod contract;
/// The demo rules and their samples, in this process and in children.
mod demo;
/// Rule sets that somebody made to hurt.
mod hostile;
/// Indexes and includes.
mod includes;
/// Good files that are met only through bad ones.
mod lost_files;
/// The public rule set, if there is a copy beside the workspace.
mod public_set;
/// Rule files to a rule set: what is loaded, what is bad and why.
mod rule_sets;
/// What the Python reference client's YARA backend says, and where we differ on purpose.
mod vectors;
