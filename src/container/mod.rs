//! What all platforms share: the container that some file starts, what its engine makes of it, and what rules say of it.

pub mod accelerator;
pub mod engine;
pub mod finding;
pub mod flags;
pub mod look;
pub mod mount;
pub mod workload;
