//! Tests of engine-clamav from outside.

mod clamd;
#[cfg(feature = "libclamav")]
mod host;
mod recordings;
mod support;
mod vectors;
