//! What engine-core promises, seen from outside.
