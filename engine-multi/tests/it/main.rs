//! The panel and its rules, from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

#[cfg(feature = "bin")]
mod cli; // the program: backends, settings, exit codes
#[cfg(feature = "bin")]
mod contract; // the suite that every scanner passes
mod distill; // what each rule makes of ballots: tables and properties
mod exec; // programs as backends, and how they die
#[cfg(feature = "bin")]
mod own; // the examples of own backends and own rules
mod panel; // waiting, on a pretend clock: slow, hanging, panicking, failing backends
mod scripted; // a scanner that does as it is told
