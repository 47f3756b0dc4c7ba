//! What tests of the whole workspace share.

pub mod peers;
pub mod samples;
