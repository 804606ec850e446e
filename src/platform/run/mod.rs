//! Command lines that start containers: `docker run` and its kin, found in a script as the shell and the engine would.
//!
//! [`invocations`] takes the text of a script, wherever it stands, and gives what it starts: options, image and command, with
//! the place of each. Variables are followed to every value that the file gives them; what may be there and what
//! cannot be read is marked as such. [`workload`] makes the shared model of it.

mod budget;
mod build;
mod calls;
mod command_line;
mod edits;
mod engines;
mod environment;
mod expand;
mod fields;
mod find;
mod given;
mod guess;
mod invocation;
mod merge;
mod nested;
mod options;
mod reach;
mod readers;
mod row;
mod search;
mod settings;
#[cfg(test)]
mod tests;
pub mod workload;
mod write;
mod written;

pub use budget::Shared;
pub use engines::{ENGINES, client, may_include, may_source, starts_containers};
pub use given::{Givens, OuterVariable};
pub use nested::unit_commands;
pub use search::{comments, invocations};
pub use write::CommandLines;
