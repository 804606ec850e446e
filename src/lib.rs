//! shmlint reads the files that start GPU containers and finds the ones that get the 64 MiB default `/dev/shm`.
//!
//! The shape of the crate is a pipeline: text → located syntax → workloads → findings with edits → reports or files.

pub mod size;
pub mod source;
pub mod syntax;
