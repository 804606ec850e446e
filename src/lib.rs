//! shmlint reads the files that start GPU containers and finds the ones that get the 64 MiB default `/dev/shm`.
//!
//! The shape of the crate is a pipeline: text → located syntax → workloads → findings with edits → reports or files.
//! [`discover`] says which files are looked at, [`project`] which of them belong together, [`platform`] turns them into
//! [`workload`]s, [`rules`] judge these, [`fix`] proves and writes what the rules want changed, [`report`] says it.

pub mod accelerator;
pub mod baseline;
pub mod check;
pub mod cli;
pub mod config;
pub mod discover;
pub mod dockerfile;
pub mod engine;
pub mod filename;
pub mod files;
pub mod finding;
pub mod fix;
pub mod globs;
pub mod knowledge;
pub mod layer;
pub mod lint;
pub mod near;
pub mod need;
pub mod options;
pub mod parallel;
pub mod platform;
pub mod project;
pub mod report;
pub mod rules;
pub mod scan;
pub mod size;
pub mod sizing;
pub mod source;
pub mod suppress;
pub mod syntax;
pub mod workload;
