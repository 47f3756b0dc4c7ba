//! The panel and its rules, from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

mod bad_programs; // backend programs that keep no rule
mod breaker; // a backend that fails again and again
#[cfg(feature = "bin")]
mod cli; // the program: backends, settings, exit codes
#[cfg(feature = "bin")]
mod contract; // the suite that every scanner passes
mod distill; // what each rule makes of ballots: tables and properties
#[cfg(feature = "bin")]
mod examples; // the example backends, through the program
mod exec; // programs as backends, and how they die
mod explain; // what a result says of itself
#[cfg(feature = "bin")]
mod own; // the examples of own backends and own rules
mod panel; // waiting, on a pretend clock: slow, hanging, panicking, failing backends
#[cfg(feature = "bin")]
mod program; // the program, run in a folder of its own
mod required; // backends without whose answer nothing is called benign
mod scripted; // a scanner that does as it is told
