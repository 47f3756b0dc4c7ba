#![doc = include_str!("../README.md")]

pub mod clamd;
mod daemon;
pub mod database;
#[cfg(feature = "cli")]
mod engine;
mod failure;
mod host;
mod local;
mod options;
mod scanner;
pub mod scratch;
mod self_test;
#[cfg(feature = "cli")]
mod settings;
mod signature;

#[cfg(feature = "cli")]
pub use self::{engine::Clamav, settings::Settings};
pub use self::{
    failure::failure,
    options::{Choice, Options},
    scanner::{ClamavScanner, StartError},
    self_test::{SelfTest, SelfTestError},
    signature::Signature,
};
