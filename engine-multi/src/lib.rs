#![doc = include_str!("../README.md")]

mod backend;
pub mod distill;
mod exec;
mod panel;

pub use self::{
    backend::Backend,
    distill::{Any, Distill, Quorum, Rule},
    exec::Exec,
    panel::{Panel, PanelError},
};
