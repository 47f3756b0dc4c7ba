#![doc = include_str!("../README.md")]

mod backend;
pub mod distill;
#[cfg(feature = "bin")]
mod engine;
mod exec;
mod nearest;
mod panel;
#[cfg(feature = "bin")]
pub mod settings;

pub use self::{
    backend::Backend,
    distill::{Any, Distill, Majority, Quorum, Rule},
    exec::Exec,
    nearest::Nearest,
    panel::{Panel, PanelError},
};
#[cfg(feature = "bin")]
pub use self::{engine::Multi, settings::Settings};
