//! Tests of the whole workspace: what a user, a peer or a marketplace sees. This file is the table of contents.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

/// A backend that goes blind while the engine runs.
mod brakes;
/// What is in the folder `deploy`.
mod deployed;
/// The disk of the journal is full.
mod disk_full;
/// What the public rules call malicious among the files of ordinary packages.
mod false_alarms;
/// The table of the reference's faults, and those of its command line.
mod faults;
/// What `--help`, completions and the example of a settings file teach.
mod help;
/// The engine is killed at each named place between two writes of its journal, one after the other.
#[cfg(feature = "failpoints")]
mod killed;
/// What the journal tells of a day: `ledger`, `journal backup`.
mod ledger;
/// Manual pages.
mod man;
/// `engine-multi` scans with both of its backends, and a clamd that comes and goes.
mod multi;
/// The main job: each engine earns on the marketplace, with a real clamd.
mod path;
/// The reference client takes bounties from our marketplace: if it fails, the marketplace is wrong.
mod reference;
/// What an engine refuses to start with.
mod refusals;
/// The engine is killed between two steps, and started again.
mod restart;
/// `scan --format sarif` against the published schema.
mod sarif;
/// `scan --cache` of a real engine.
mod scan_cache;
/// What a service manager is told.
mod service;
/// A real engine is told to stop while its rules compile.
mod stopped;
/// The marketplace itself, played by hand.
mod testnet;
/// So many bounties and then the end, on both kinds of nodes.
mod trial;
/// The marketplace at its worst, and a real engine in it.
mod under_fire;
/// Golden distillations of the reference, against the rule `any`.
mod vectors_multi;
/// The same matches as yara-python, rule for rule, with tags and meta.
mod yara_reference;
