//! shmlint reads the files that start GPU containers and finds the ones that get the 64 MiB default `/dev/shm`.
//!
//! The shape of the crate is a pipeline: text → located syntax → workloads → findings with edits → reports or files.
//! Each part stands on those below it, and none uses what is above it (`tests/floors.rs`): [`text`] and [`size`];
//! [`syntax`]; [`container`], what all platforms share; [`knowledge`] and [`need`]; [`platform`], from files to containers;
//! [`rules`]; [`fix`], which proves and writes; [`lint`], the run; [`report`], [`config`] and [`cli`].

pub mod cli;
pub mod config;
pub mod container;
#[cfg(target_os = "linux")]
pub mod doctor;
mod fix;
mod knowledge;
pub mod lint;
pub mod need;
mod platform;
mod report;
pub mod rules;
#[cfg(feature = "server")]
pub mod server;
pub mod size;
pub mod syntax;
pub mod text;
