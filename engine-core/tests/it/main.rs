//! What engine-core promises, seen from outside.

/// Programs as scanners: they answer, misbehave, die, hang.
#[cfg(unix)]
mod child;
/// The wrappers: limit, timeout, blocking, only.
mod wrappers;
