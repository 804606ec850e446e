//! Which bytes go when a key is taken out of its mapping.

use super::edit::Editor;
use super::node::{BlockScalar, Chomping, Entry, Node};
use super::record::{CollectionLayout, NodeId};
use super::scan;
use super::style::{Seam, end_of_lines};
use crate::text::source::Span;

impl<'a> Editor<'a> {
    /// What to delete to take a key and its value out of a mapping: whole lines in a block mapping, the member with
    /// one comma in a flow mapping. Nothing where the mapping would be left empty, or a comment would be lost that is
    /// not on the entry's own lines. [`super::equal_but_for`] proves it with the two texts exchanged.
    pub fn remove(&self, mapping: Node<'a>, key: NodeId) -> Option<Span> {
        let mut entries = mapping.entries().peekable();
        let mut before = None;
        while let Some(entry) = entries.next() {
            if entry.key.id() == key {
                let behind = entries.next();
                return match mapping.layout()? {
                    _ if before.is_none() && behind.is_none() => None,
                    CollectionLayout::Block => self.lines_of(mapping.column(), before, entry, behind),
                    CollectionLayout::Flow => self.member_of(before, entry, behind),
                    CollectionLayout::Pair => None,
                };
            }
            before = Some(entry);
        }
        None
    }

    fn lines_of(
        &self,
        column: usize,
        before: Option<Entry<'a>>,
        entry: Entry<'a>,
        behind: Option<Entry<'a>>,
    ) -> Option<Span> {
        let text = self.text();
        let start = entry.key.start_with_properties();
        let line = scan::line_start(text, start);
        if scan::skip_blanks(text, line) != start {
            // Behind a dash: the next key takes the place.
            return blank_between(text, entry, behind?);
        }
        let end = match end_of_lines(entry.value, column)? {
            Seam::After(end) => end,
            Seam::Before(end) => scan::skip_break(text, end),
        };
        let block = before.and_then(|before| before.value.last_leaf().block_scalar());
        let blank = Span::new(end, scan::skip_blank_lines(text, end)).of(text);
        if block.is_some_and(|block| takes_in(block, blank)) {
            return None;
        }
        // The line before then ends the file without a line end; but one of a block scalar is part of its value.
        let unbroken = end == text.len() && !text.ends_with(['\n', '\r']);
        let over = if unbroken && block.is_none() { scan::break_before(text, line) } else { 0 };
        Some(Span::new(line - over, end))
    }

    fn member_of(
        &self,
        before: Option<Entry<'a>>,
        entry: Entry<'a>,
        behind: Option<Entry<'a>>,
    ) -> Option<Span> {
        if let Some(behind) = behind {
            return blank_between(self.text(), entry, behind);
        }
        let before = before?;
        blank_between(self.text(), before, entry)?;
        Some(Span::new(before.value.span().end, entry.value.span().end))
    }
}

/// Whether blank lines that come to stand behind a block scalar would become part of its value.
fn takes_in(block: BlockScalar, blank: &str) -> bool {
    match block.chomping {
        Chomping::Keep => !blank.is_empty(),
        // Blanks may reach beyond the indentation.
        Chomping::Clip | Chomping::Strip => blank.contains([' ', '\t']),
    }
}

/// From one entry to the next, if no comment stands in between.
fn blank_between(text: &str, entry: Entry<'_>, behind: Entry<'_>) -> Option<Span> {
    let (end, next) = (entry.value.span().end, behind.key.start_with_properties());
    let between = text.get(end..next)?;
    (!between.contains('#')).then(|| Span::new(entry.key.start_with_properties(), next))
}
