//! The panel and its rules, from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

mod breaker; // a backend that fails again and again
#[cfg(feature = "bin")]
mod cli; // the program: backends, settings, exit codes
mod distill; // what each rule makes of ballots: tables and properties
mod exec; // programs as backends, and how they die
mod explain; // what a result says of itself
mod panel; // waiting, on a pretend clock: slow, hanging, panicking, failing backends
mod required; // backends without whose answer nothing is called benign
mod scripted; // a scanner that does as it is told
