//! Tests of the whole workspace.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

mod path; // each engine earns on the marketplace, with a real clamd
mod restart;
mod vectors_multi; // golden distillations of the reference, against the rule `any` // the engine killed between two steps, and started again
