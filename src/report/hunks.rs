//! The lines in which two texts differ, as runs with some lines around them.
//!
//! A line ends at `\n` and nowhere else, as `git` and `patch` see it; texts are bytes, for a file need not be UTF-8.

use std::ops::Range;

use similar::{Algorithm, ChangeTag, capture_diff_slices, group_diff_ops};

/// One line of a hunk, with its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Whether it stays, goes or comes.
    pub tag: Tag,
    /// Its number, from 0, in the new text, or in the old one where it goes.
    pub index: usize,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// It stays.
    Same,
    /// It goes.
    Removed,
    /// It comes.
    Added,
}

/// Neighbouring changes with the lines around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk<'a> {
    /// Lines of the old text, from 0.
    pub old: Range<usize>,
    /// Lines of the new text, from 0.
    pub new: Range<usize>,
    /// What happens, in order.
    pub lines: Vec<Line<'a>>,
}

/// The hunks between two texts with `context` lines around each change.
pub fn hunks<'a>(old: &'a [u8], new: &'a [u8], context: usize) -> Vec<Hunk<'a>> {
    let (old, new) = (lines(old), lines(new));
    // Lines that stand once in both texts hold it in place, so that the time grows with the text and not with the text
    // times its changes.
    let ops = capture_diff_slices(Algorithm::Patience, &old, &new);
    let groups = group_diff_ops(ops, context);
    let hunk = |group: Vec<similar::DiffOp>| -> Option<Hunk<'a>> {
        let (first, last) = (group.first()?, group.last()?);
        let changes = group.iter().flat_map(|op| op.iter_changes(&old, &new));
        Some(Hunk {
            old: first.old_range().start..last.old_range().end,
            new: first.new_range().start..last.new_range().end,
            lines: changes.filter_map(|change| line(&change)).collect(),
        })
    };
    groups.into_iter().filter_map(hunk).collect()
}

fn line<'a>(change: &similar::Change<&'a [u8]>) -> Option<Line<'a>> {
    let (tag, index) = match change.tag() {
        ChangeTag::Equal => (Tag::Same, change.new_index()),
        ChangeTag::Delete => (Tag::Removed, change.old_index()),
        ChangeTag::Insert => (Tag::Added, change.new_index()),
    };
    Some(Line { tag, index: index?, bytes: change.value() })
}

/// Lines with their ends.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').collect()
}
