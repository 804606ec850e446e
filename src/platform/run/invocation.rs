//! What a command line that starts a container says.

use std::collections::HashMap;
use std::rc::Rc;

use super::command_line::{OptionUse, Unread};
use super::fields::{Field, Spot};
use crate::container::workload::Engine;
use crate::text::source::Span;

/// A command line that starts a container.
#[derive(Clone, Debug, Default)]
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

/// `docker build --shm-size=…`.
#[derive(Clone, Debug)]
pub struct BuildSize {
    /// The size as it is written.
    pub value: String,
    /// Flag and value.
    pub spot: Spot,
}
