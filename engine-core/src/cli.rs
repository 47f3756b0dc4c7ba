//! The commands that every engine has.

use crate::Engine;

/// The whole `main` of an engine's program.
pub fn main<E: Engine>() -> std::process::ExitCode {
    let _ = E::NAME;
    std::process::ExitCode::from(2)
}
