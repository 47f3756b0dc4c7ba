#![doc = include_str!("../README.md")]

pub mod clamd;
mod daemon;
pub mod database;
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
pub use self::settings::{ClamavEngine, ClamavSettings};
pub use self::{
    failure::failure,
    options::{Choice, Options},
    scanner::{ClamavError, ClamavScanner},
    self_test::{SelfTest, SelfTestError},
    signature::Signature,
};
