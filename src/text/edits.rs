//! Edits of a text, and the text that comes of them.

use std::sync::Arc;

use similar::{ChangeTag, TextDiff};

use crate::text::source::{Source, Span};

/// The replacement of a span of one file by a text. An empty span is an insertion.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The file as it was read.
    pub source: Arc<Source>,
    /// What is replaced.
    pub span: Span,
    /// What comes in its place.
    pub text: String,
}

impl Edit {
    /// Puts `text` at byte `at`.
    pub fn insertion(source: &Arc<Source>, at: usize, text: impl Into<String>) -> Self {
        Self { source: Arc::clone(source), span: Span::at(at), text: text.into() }
    }

    /// Puts `text` in place of `span`.
    pub fn replacement(source: &Arc<Source>, span: Span, text: impl Into<String>) -> Self {
        Self { source: Arc::clone(source), span, text: text.into() }
    }

    /// Takes `span` out.
    pub fn deletion(source: &Arc<Source>, span: Span) -> Self {
        Self { source: Arc::clone(source), span, text: String::new() }
    }

    /// Whether both write the same text over the same span of the same file.
    pub fn same_as(&self, other: &Self) -> bool {
        self.span == other.span && self.text == other.text && self.source.path() == other.source.path()
    }
}

/// Edits of one file, sorted by place, identical ones once; those that overlap an earlier one are left out.
pub fn sorted(edits: impl IntoIterator<Item = Edit>) -> Vec<Edit> {
    let mut edits: Vec<Edit> = edits.into_iter().collect();
    edits.sort_by(|a, b| (a.span, &a.text).cmp(&(b.span, &b.text)));
    let mut kept: Vec<Edit> = Vec::with_capacity(edits.len());
    for edit in edits {
        let clashes = kept.last().is_some_and(|last| last.same_as(&edit) || edit.span.start < last.span.end);
        if !clashes {
            kept.push(edit);
        }
    }
    kept
}

/// Where the texts of edits, which are sorted and do not overlap, stand once they are made.
pub fn after_spans(edits: &[Edit]) -> Vec<Span> {
    let (mut come, mut gone) = (0, 0);
    let place = |edit: &Edit| {
        let start = edit.span.start + come - gone;
        (come, gone) = (come + edit.text.len(), gone + edit.span.len());
        Span::new(start, start + edit.text.len())
    };
    edits.iter().map(place).collect()
}

/// What edits, which are sorted and do not overlap, take out of a text, each with where what they put in stands afterwards.
pub fn replaced(edits: &[Edit]) -> Vec<(Span, Span)> {
    edits.iter().map(|edit| edit.span).zip(after_spans(edits)).collect()
}

/// The edits, line by line, that make another text of one.
pub fn between(source: &Arc<Source>, new: &str) -> Vec<Edit> {
    let (mut at, mut edits) = (0, Vec::<Edit>::new());
    for change in TextDiff::from_lines(source.text(), new).iter_all_changes() {
        let (line, start) = (change.value(), at);
        match (change.tag(), edits.last_mut()) {
            (ChangeTag::Equal, _) => at += line.len(),
            (ChangeTag::Delete, _) => {
                at += line.len();
                edits.push(Edit::deletion(source, Span::new(start, at)));
            }
            (ChangeTag::Insert, Some(last)) if last.span == Span::at(at) => last.text.push_str(line),
            (ChangeTag::Insert, _) => edits.push(Edit::insertion(source, at, line)),
        }
    }
    edits
}

/// The bytes of a file with edits made, which are sorted and do not overlap.
pub fn apply(source: &Source, edits: &[Edit]) -> Vec<u8> {
    source.stored(apply_within(source, Span::new(0, source.counted().len()), edits))
}

/// The bytes that come in place of `window` when edits are made that lie inside of it.
pub fn apply_within(source: &Source, window: Span, edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(window.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = window.start;
    for edit in edits {
        out.extend_from_slice(source.slice_bytes(Span::new(at, edit.span.start)));
        out.extend_from_slice(edit.text.as_bytes());
        at = edit.span.end;
    }
    out.extend_from_slice(source.slice_bytes(Span::new(at, window.end)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_edits_that_overlap_the_first_is_made() {
        let source = Source::new("a", b"0123456789".to_vec());
        let edit = |start, end, text: &str| Edit::replacement(&source, Span::new(start, end), text);
        let edits = sorted([edit(3, 6, "y"), edit(2, 4, "x"), edit(6, 6, "z"), edit(2, 4, "x")]);
        assert_eq!(apply(&source, &edits), b"01x45z6789");
    }
}
