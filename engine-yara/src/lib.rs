#![doc = include_str!("../README.md")]

mod about;
mod canary;
mod child;
mod compiler;
#[cfg(feature = "cli")]
mod engine;
mod folder;
mod informational;
mod opinion;
mod options;
mod rules;
mod scanner;
#[cfg(feature = "cli")]
mod settings;
mod sync;
mod trust;

pub use self::{
    child::child,
    informational::Informational,
    options::Options,
    rules::{Complaint, Report, Rules, RulesError},
    scanner::{StartError, YaraScanner},
    sync::SyncYara,
};
#[cfg(feature = "cli")]
pub use self::{engine::Yara, settings::Settings};

/// The scanner's name.
const NAME: &str = "yara";
/// The version of libyara whose source the crate `yara-sys` brings (`bundled-4_5_5`).
const VERSION: &str = "4.5.5";
