//! A place in a file.

use std::sync::Arc;

use crate::text::source::{Position, Source, Span};

/// A span of one file.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// Bytes in it.
    pub span: Span,
}

impl Place {
    /// `span` of `source`.
    pub fn new(source: &Arc<Source>, span: Span) -> Self {
        Self { source: Arc::clone(source), span }
    }

    /// The path as reports show it.
    pub fn path(&self) -> &str {
        self.source.path()
    }

    /// Where it begins.
    pub fn start(&self) -> Position {
        self.source.position(self.span.start)
    }

    /// Where it ends: the place behind its last character.
    pub fn end(&self) -> Position {
        self.source.position(self.span.end)
    }

    /// The text there.
    pub fn text(&self) -> &str {
        self.source.slice(self.span)
    }
}
