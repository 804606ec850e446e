//! Command lines that start containers: `docker run` and its kin, found in a script as the shell and the engine would.
//!
//! [`invocations`] takes the text of a script, wherever it stands, and gives what it starts: options, image and command, with
//! the place of each. Variables are followed to every value that the file gives them; what may be there and what
//! cannot be read is marked as such. [`workload`] makes the shared model of it.

mod budget;
mod build;
mod calls;
mod command_line;
mod environment;
mod expand;
mod fields;
mod find;
mod given;
mod guess;
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
pub use command_line::{OptionUse, Unread};
pub use fields::{Field, Part, Spot};
pub use given::{Given, Givens};
pub use nested::unit_commands;
pub use write::CommandLines;

use std::collections::HashMap;
use std::rc::Rc;

use crate::container::workload::Engine;
use crate::syntax::shell::Options;
use crate::text::layer::Layer;
use crate::text::source::Span;

/// A command line that starts a container.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Which engine it tells to.
    pub engine: Engine,
    /// Whether the engine's word itself brings the GPUs in: `nvidia-docker`.
    pub nvidia: bool,
    /// The word that names the engine, where it is to be reported.
    pub word: Spot,
    /// The options that the engine reads, in order; those of all values that variables may have.
    pub options: Vec<OptionUse>,
    /// The ways in which it may run: for each whether the option at an index is there. What lies behind the end is not.
    pub ways: Vec<Vec<bool>>,
    /// Arguments before the image that cannot be read.
    pub unread: Vec<Unread>,
    /// The image, if one is named.
    pub image: Option<Field>,
    /// What goes to the program: everything behind the image.
    pub command: Vec<Field>,
    /// The volumes that the same script makes of memory, with the options that they are made with.
    pub volumes: Rc<HashMap<String, String>>,
    /// The size that the same file asks for when it builds the image.
    pub build_size: Option<BuildSize>,
    /// Where in the file the command stands that it is, or in whose words or input it is.
    pub own: Span,
}

/// The names of engines, as people write them: without one of these no container is started.
pub const ENGINES: &[&str] =
    &["docker", "Docker", "DOCKER", "podman", "Podman", "PODMAN", "nerdctl", "Nerdctl", "NERDCTL"];

/// `docker build --shm-size=…`.
#[derive(Clone, Debug)]
pub struct BuildSize {
    /// The size as it is written.
    pub value: String,
    /// Flag and value.
    pub spot: Spot,
}

/// The command lines that start containers in the script `layer`. `given` are variables from outside of it.
///
/// Scripts inside of it (`bash -c '…'`, a here-document fed to a shell) count too. The order is that of the text. The
/// scripts of one file share what `shared` holds.
pub fn invocations(
    layer: &Layer,
    options: Options,
    given: Option<&Givens>,
    shared: &Shared,
) -> Vec<Invocation> {
    search::search(layer, options, given, shared)
}

/// The comments of the script `layer` and of the scripts inside of it, as spans of the file.
pub fn comments(layer: &Layer, options: Options) -> Vec<Span> {
    search::comments(layer, options, &Shared::of(layer.text().len()))
}

/// Whether a text may start a container; a few literal scans. Without `every_container` it must also speak of a GPU or
/// of `/dev/shm`.
pub fn starts_containers(text: &str, every_container: bool) -> bool {
    search::names_engine(text)
        && (memchr::memmem::find(text.as_bytes(), b"run").is_some()
            || memchr::memmem::find(text.as_bytes(), b"create").is_some())
        && (every_container || search::speaks_of_interest(text))
}
