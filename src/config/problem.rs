//! Why a configuration cannot be had: mistakes in it, each at the place where it stands, or a sentence.

use std::fmt;

use crate::text::place::Place;

/// What is wrong, and where.
#[derive(Clone, Debug)]
pub struct ConfigProblem {
    /// Where.
    pub place: Place,
    /// What, in one sentence.
    pub message: String,
}

impl ConfigProblem {
    /// A mistake at a place.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into() }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.place.start();
        write!(f, "{}:{}:{}: {}", self.place.path(), start.line, start.column, self.message)
    }
}

/// Why a run cannot be done.
#[derive(Clone, Debug)]
pub enum Failure {
    /// A sentence about an option or a file.
    Said(String),
    /// Mistakes in the configuration, in the order of the files.
    Wrong(Vec<ConfigProblem>),
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Said(text)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(text) => f.write_str(text),
            Self::Wrong(problems) => problems.iter().try_for_each(|problem| writeln!(f, "{problem}")),
        }
    }
}
