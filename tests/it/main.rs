//! Tests of the whole workspace.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail")]

mod multi; // engine-multi scans with both backends, and a clamd that comes and goes
mod path; // each engine earns on the marketplace, with a real clamd
mod restart; // the engine killed between two steps, and started again
mod vectors_multi; // golden distillations of the reference, against the rule `any`
