//! A place in a file.

use std::collections::HashMap;
use std::sync::Arc;

use crate::text::source::{Position, Source, Span};

/// A span of one file.
#[derive(Clone, Debug, Default)]
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

    /// What it is of, for [`shed`].
    pub fn parts(&mut self) -> (&mut Arc<Source>, Span) {
        (&mut self.source, self.span)
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

    /// The first place within this one where a text stands.
    pub fn find(&self, text: &str) -> Option<Self> {
        let at = self.span.start + memchr::memmem::find(self.text().as_bytes(), text.as_bytes())?;
        Some(Self { source: Arc::clone(&self.source), span: Span { start: at, end: at + text.len() } })
    }
}

/// Lets go of the texts of files but for the lines around these places, which stay where they are.
pub fn shed<'p>(places: impl IntoIterator<Item = (&'p mut Arc<Source>, Span)>) {
    // What was let go already is as small as it gets.
    let places = places.into_iter().filter(|(source, _)| !source.is_excerpt());
    let places: Vec<(&mut Arc<Source>, Span)> = places.collect();
    let mut spans: HashMap<*const Source, Vec<Span>> = HashMap::new();
    for (source, span) in &places {
        spans.entry(Arc::as_ptr(source)).or_default().push(*span);
    }
    let mut excerpts: HashMap<*const Source, Arc<Source>> = HashMap::new();
    for (source, _) in places {
        let file = Arc::as_ptr(source);
        let spans = spans.remove(&file).unwrap_or_default();
        *source = Arc::clone(excerpts.entry(file).or_insert_with(|| source.excerpt(spans)));
    }
}

/// How long a text in a report may be.
const MAX_TEXT: usize = 80;

/// Words on one line and not too long for a report.
pub fn shortened<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut line = String::new();
    for word in words {
        line.extend(Some(' ').filter(|_| !line.is_empty()));
        line.extend(word.chars().take(MAX_TEXT + 1));
        if line.len() > MAX_TEXT {
            line.truncate((0..=MAX_TEXT).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0));
            line.push('…');
            break;
        }
    }
    line
}
