//! The lines in which two texts differ, as runs with some lines around them.
//!
//! A line ends at `\n` and nowhere else, as `git` and `patch` see it; texts are bytes, for a file need not be UTF-8.

use std::ops::Range;

use similar::{Algorithm, ChangeTag, DiffOp, capture_diff, group_diff_ops};

/// Bytes that are compared at once.
const BLOCK: usize = 64;

/// One line of a hunk, with its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffLine<'a> {
    /// Whether it stays, goes or comes.
    pub tag: DiffTag,
    /// Its number, from 0, in the new text, or in the old one where it goes.
    pub index: usize,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffTag {
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
    pub lines: Vec<DiffLine<'a>>,
}

/// The hunks between two texts with `context` lines around each change.
pub fn hunks<'a>(old: &'a [u8], new: &'a [u8], context: usize) -> Vec<Hunk<'a>> {
    // Most of an edited text is as it was: only what lies between the first change and the last is compared line by line.
    let (front, old) = old.split_at(same_front(old, new));
    let new = new.split_at(front.len()).1;
    let (old, back) = old.split_at(old.len() - same_back(old, new));
    let new = new.split_at(new.len() - back.len()).0;
    let lead = lines(front.split_at(last_lines(front, context)).1);
    let tail = lines(back.split_at(first_lines(back, context)).0);
    let above = memchr::memchr_iter(b'\n', front).count().saturating_sub(lead.len());
    if old.is_empty() && !new.is_empty() {
        return vec![insertion(&lead, &lines(new), &tail, above)];
    }
    let (old, new) = ([&lead, &*lines(old), &tail].concat(), [&lead, &*lines(new), &tail].concat());
    let ops = changes(&old, &new, lead.len(), tail.len());
    let shifted = |range: Range<usize>| range.start + above..range.end + above;
    let hunk = |group: Vec<DiffOp>| -> Option<Hunk<'a>> {
        let (first, last) = (group.first()?, group.last()?);
        let changes = group.iter().flat_map(|op| op.iter_changes(&old, &new));
        Some(Hunk {
            old: shifted(first.old_range().start..last.old_range().end),
            new: shifted(first.new_range().start..last.new_range().end),
            lines: changes.filter_map(|change| line(&change, above)).collect(),
        })
    };
    group_diff_ops(ops, context).into_iter().filter_map(hunk).collect()
}

/// The hunk of lines that come between others, as most fixes have one; `above` lines stand before `lead`.
fn insertion<'a>(lead: &[&'a [u8]], added: &[&'a [u8]], tail: &[&'a [u8]], above: usize) -> Hunk<'a> {
    let parts = [(DiffTag::Same, lead), (DiffTag::Added, added), (DiffTag::Same, tail)];
    let (old, new) = (lead.len() + tail.len(), lead.len() + added.len() + tail.len());
    let mut lines = Vec::with_capacity(new);
    for (tag, part) in parts {
        lines.extend(part.iter().zip(above + lines.len()..).map(|(bytes, index)| DiffLine {
            tag,
            index,
            bytes,
        }));
    }
    Hunk { old: above..above + old, new: above..above + new, lines }
}

/// What happens between two runs of lines that share their first `lead` and their last `tail` lines.
fn changes(old: &[&[u8]], new: &[&[u8]], lead: usize, tail: usize) -> Vec<DiffOp> {
    let (old_end, new_end) = (old.len() - tail, new.len() - tail);
    let equal = |old_index, new_index, len| DiffOp::Equal { old_index, new_index, len };
    let mut ops = vec![equal(0, 0, lead)];
    // Lines that stand once in both texts hold it in place, so that the time grows with the text and not with the text
    // times its changes.
    let compared = || capture_diff(Algorithm::Patience, old, lead..old_end, new, lead..new_end);
    ops.extend(insertions(old, lead..old_end, new, lead..new_end).unwrap_or_else(compared));
    ops.push(equal(old_end, new_end, tail));
    ops.retain(|op| !op.old_range().is_empty() || !op.new_range().is_empty());
    ops
}

/// What happens where lines only come, as most fixes make them: each old line stays at the first place that it has among
/// the new ones. Nothing where a line goes.
fn insertions(
    old: &[&[u8]],
    old_range: Range<usize>,
    new: &[&[u8]],
    new_range: Range<usize>,
) -> Option<Vec<DiffOp>> {
    let mut ops = Vec::new();
    let (mut old_index, mut new_index) = (old_range.start, new_range.start);
    while new_index < new_range.end {
        let (left, come) = (old.get(old_index..old_range.end)?, new.get(new_index..new_range.end)?);
        let len = left.iter().zip(come).take_while(|(old, new)| old == new).count();
        if len > 0 {
            ops.push(DiffOp::Equal { old_index, new_index, len });
        }
        let (next, come) = (left.get(len), come.get(len..)?);
        (old_index, new_index) = (old_index + len, new_index + len);
        let new_len = come.iter().take_while(|line| Some(*line) != next).count();
        if new_len > 0 {
            ops.push(DiffOp::Insert { old_index, new_index, new_len });
        }
        new_index += new_len;
    }
    (old_index == old_range.end).then_some(ops)
}

/// The length of the lines that both texts begin with.
fn same_front(old: &[u8], new: &[u8]) -> usize {
    let blocks = old.chunks_exact(BLOCK).zip(new.chunks_exact(BLOCK));
    let start = blocks.take_while(|(old, new)| old == new).count() * BLOCK;
    let rest = old.iter().zip(new).skip(start);
    let same = start + rest.take_while(|(old, new)| old == new).count();
    match same {
        _ if same == old.len() && same == new.len() => same,
        _ => memchr::memrchr(b'\n', old.split_at(same).0).map_or(0, |end| end + 1),
    }
}

/// The length of the lines that both texts end with.
fn same_back(old: &[u8], new: &[u8]) -> usize {
    let blocks = old.rchunks_exact(BLOCK).zip(new.rchunks_exact(BLOCK));
    let end = blocks.take_while(|(old, new)| old == new).count() * BLOCK;
    let rest = old.iter().rev().zip(new.iter().rev()).skip(end);
    let same = end + rest.take_while(|(old, new)| old == new).count();
    let (old_front, back) = old.split_at(old.len() - same);
    let whole = |front: &[u8]| front.last().is_none_or(|last| *last == b'\n');
    if whole(old_front) && whole(new.split_at(new.len() - same).0) {
        return same;
    }
    memchr::memchr(b'\n', back).map_or(0, |end| same - end - 1)
}

/// Where the last `count` lines of a text begin that ends with a line end, or is empty.
fn last_lines(text: &[u8], count: usize) -> usize {
    memchr::memrchr_iter(b'\n', text).nth(count).map_or(0, |end| end + 1)
}

/// The length of the first `count` lines of a text.
fn first_lines(text: &[u8], count: usize) -> usize {
    let Some(more) = count.checked_sub(1) else { return 0 };
    memchr::memchr_iter(b'\n', text).nth(more).map_or(text.len(), |end| end + 1)
}

/// A line of a hunk; `above` lines stand before the first that was compared.
fn line<'a>(change: &similar::Change<&'a [u8]>, above: usize) -> Option<DiffLine<'a>> {
    let (tag, index) = match change.tag() {
        ChangeTag::Equal => (DiffTag::Same, change.new_index()),
        ChangeTag::Delete => (DiffTag::Removed, change.old_index()),
        ChangeTag::Insert => (DiffTag::Added, change.new_index()),
    };
    Some(DiffLine { tag, index: index? + above, bytes: change.value() })
}

/// Lines with their ends.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a text becomes by the lines of hunks, and what is left of it without them.
    fn patched<'a>(old: &'a [u8], hunks: &[Hunk<'a>]) -> Vec<u8> {
        let old = lines(old);
        let mut out: Vec<&[u8]> = Vec::new();
        let mut at = 0;
        for hunk in hunks {
            out.extend(&old[at..hunk.old.start]);
            assert_eq!(out.len(), hunk.new.start);
            let of = |tags: [DiffTag; 2]| hunk.lines.iter().filter(move |line| tags.contains(&line.tag));
            let there: Vec<&[u8]> = of([DiffTag::Same, DiffTag::Removed]).map(|line| line.bytes).collect();
            assert_eq!(there, old[hunk.old.clone()]);
            for line in of([DiffTag::Same, DiffTag::Added]) {
                assert_eq!(line.index, out.len());
                out.push(line.bytes);
            }
            assert_eq!(out.len(), hunk.new.end);
            at = hunk.old.end;
        }
        out.extend(&old[at..]);
        out.concat()
    }

    /// How many lines come and go.
    fn size(hunks: &[Hunk<'_>]) -> usize {
        hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| line.tag != DiffTag::Same).count()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn hunks_make_the_new_text_of_the_old(
            old in "([ab]{0,2}\n){0,8}(x{70}\n)?([ab]{0,2}\n){0,8}a?", new in "([ab]{0,2}\n){0,8}(x{70}\n)?([ab]{0,2}\n){0,8}a?", context in 0_usize..4
        ) {
            let (old, new) = (old.as_bytes(), new.as_bytes());
            let all = hunks(old, new, context);
            prop_assert_eq!(patched(old, &all), new);
            prop_assert_eq!(all.is_empty(), old == new);
        }

        #[test]
        fn lines_that_come_are_all_that_is_shown(
            old in "([a-c]{0,2}\n){0,12}", at in 0_usize..13, new in "([a-c]{0,2}\n){1,3}", context in 0_usize..4
        ) {
            let at = first_lines(old.as_bytes(), at);
            let edited = [&old.as_bytes()[..at], new.as_bytes(), &old.as_bytes()[at..]].concat();
            let all = hunks(old.as_bytes(), &edited, context);
            prop_assert_eq!(size(&all), lines(new.as_bytes()).len());
            prop_assert_eq!(all.len(), 1);
            let shown = all[0].lines.len();
            prop_assert!(shown <= size(&all) + 2 * context);
        }
    }
}
