//! Which bytes go when a key is taken out of its mapping.

use super::edit::Editor;
use super::style::{Seam, end_of_lines};
use super::{Chomping, Entry, Layout, Node, NodeId, scan};
use crate::source::Span;

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
                    Layout::Block if before.is_some_and(keeps_blank_lines) => None,
                    Layout::Block => self.lines_of(mapping, entry, behind),
                    Layout::Flow => self.member_of(before, entry, behind),
                    Layout::Pair => None,
                };
            }
            before = Some(entry);
        }
        None
    }

    fn lines_of(&self, mapping: Node<'a>, entry: Entry<'a>, behind: Option<Entry<'a>>) -> Option<Span> {
        let text = self.text();
        let column = mapping.column();
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
        let unbroken = end == text.len() && !text.ends_with(['\n', '\r']);
        let start = if unbroken { line.saturating_sub(scan::break_before(text, line)) } else { line };
        Some(Span::new(start, end))
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

/// Whether blank lines that come to stand behind the entry would become part of its value.
fn keeps_blank_lines(entry: Entry<'_>) -> bool {
    let block = entry.value.last_leaf().block_scalar();
    block.is_some_and(|block| block.chomping == Chomping::Keep)
}

/// From one entry to the next, if no comment stands in between.
fn blank_between(text: &str, entry: Entry<'_>, behind: Entry<'_>) -> Option<Span> {
    let (end, next) = (entry.value.span().end, behind.key.start_with_properties());
    let between = text.get(end..next)?;
    (!between.contains('#')).then(|| Span::new(entry.key.start_with_properties(), next))
}
