//! How a file is written: its columns, steps, dashes, quotes and line ends, for edits that look like the rest of it.

use super::node::Node;
use super::record::{CollectionLayout, NodeId, NodeKind, ScalarStyle};
use super::scan;
use super::tree::Yaml;
use crate::text::source::Span;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::OnceLock;

impl Node<'_> {
    /// The bytes before it on its line: for a block collection the column of its keys or dashes.
    pub fn column(self) -> usize {
        column(self.text, self.start_with_properties())
    }

    /// Where it begins, its anchor and tag included; for a block collection without them.
    pub fn start_with_properties(self) -> usize {
        let anchor = self.anchor_span().map(|name| name.start.saturating_sub(1));
        let tag = self.tag_span().map(|tag| tag.start);
        let start = self.span().start;
        // Those of a block collection stand on the line above it.
        let above = matches!(self.layout(), Some(CollectionLayout::Block));
        [anchor, tag].into_iter().flatten().filter(|_| !above).fold(start, usize::min)
    }

    /// Where exactly the text that [`Node::str`] returns is written; nothing where it is not written as it reads.
    pub fn inner_span(self) -> Option<Span> {
        let inner = match self.style()? {
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                Span::new(self.span().start + 1, self.span().end - 1)
            }
            _ => self.span(),
        };
        (self.str() == Some(inner.of(self.text))).then_some(inner)
    }

    /// The last node inside it, or itself.
    pub(super) fn last_leaf(self) -> Self {
        let last = self.yaml.after(self.id()).0.saturating_sub(1);
        self.yaml.node(self.text, NodeId(last))
    }
}

/// The bytes before `at` on its line; a byte order mark is none.
fn column(text: &str, at: usize) -> usize {
    let start = scan::line_start(text, at);
    let mark = text.get(start..at).is_some_and(|line| line.starts_with('\u{feff}'));
    at - start - if mark { '\u{feff}'.len_utf8() } else { 0 }
}

/// The line end that is used around `at`: that of its own line, else of the one before.
pub fn line_break(text: &str, at: usize) -> &'static str {
    let end = scan::line_end(text, at);
    let behind = match scan::skip_break(text, end) {
        next if next > end => next,
        _ => scan::line_start(text, at),
    };
    if text.get(..behind).is_some_and(|lines| lines.ends_with("\r\n")) { "\r\n" } else { "\n" }
}

/// A place between two lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seam {
    /// Before the line break at this offset, or at the end of a text without one.
    Before(usize),
    /// At the beginning of the line at this offset.
    After(usize),
}

/// Behind the lines of a block entry or item in `column` whose value is `value`: behind the comments that are indented
/// deeper, before blank lines and the comments of what follows. None where a line break would change the value.
pub(super) fn end_of_lines(value: Node<'_>, column: usize) -> Option<Seam> {
    let text = value.text;
    let end = value.span().end.max(value.last_leaf().span().end);
    let mut seam = Seam::Before(scan::line_end(text, end));
    if let Some(block) = value.last_leaf().block_scalar() {
        let broken = block.body.of(text).ends_with(['\n', '\r']) || block.body.is_empty();
        match block.chomping {
            super::node::Chomping::Strip => {}
            _ if !broken => return None,
            super::node::Chomping::Keep if !block.body.is_empty() => seam = Seam::After(block.body.end),
            _ => {}
        }
    }
    let mut at = match seam {
        Seam::Before(end) => scan::skip_break(text, end),
        Seam::After(start) => start,
    };
    loop {
        let below = at;
        at = scan::skip_blank_lines(text, at);
        let first = scan::skip_blanks(text, at);
        let comment = scan::byte(text, first) == Some(b'#');
        // A line of the value that was commented out keeps its indent behind the mark.
        let inside = scan::skip_blanks(text, first + 1) - first - 1;
        let commented_out = comment && below == at && inside > 2 && first - at + inside > column;
        if !comment || (first - at <= column && !commented_out) {
            return Some(seam);
        }
        let end = scan::line_end(text, first);
        seam = Seam::Before(end);
        at = scan::skip_break(text, end);
    }
}

/// The beginning of the comment lines right above the line that begins at `line`, or `line` where there are none.
pub(super) fn comments_above(yaml: &Yaml, text: &str, mut line: usize) -> usize {
    while line > 0 {
        let above = scan::line_start(text, line - scan::break_before(text, line));
        let first = scan::skip_blanks(text, above);
        // A text over many lines may have one that begins with the same sign.
        if scan::byte(text, first) != Some(b'#') || yaml.leaf_at(first).is_some() {
            break;
        }
        line = above;
    }
    line
}

/// What most of a file does. Each half is looked at once, when an edit asks for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Habits {
    quote: OnceLock<char>,
    nesting: OnceLock<Box<Nesting>>,
}

/// How what is nested is indented.
#[derive(Clone, Debug, Default)]
struct Nesting {
    step: Votes,
    dash: Votes,
    /// The dashes below each key.
    dash_of: HashMap<Box<str>, Votes>,
}

/// The columns that steps and dashes are counted in; deeper ones are not worth copying.
const WIDEST: usize = 16;

/// How often each width occurs.
#[derive(Clone, Copy, Debug, Default)]
struct Votes([u32; WIDEST + 1]);

impl Votes {
    fn add(&mut self, width: usize) {
        if let Some(count) = self.0.get_mut(width) {
            *count += 1;
        }
    }

    /// The width that occurs most, the smaller one of two.
    fn winner(&self) -> Option<usize> {
        let (width, count) = self.0.iter().enumerate().rev().max_by_key(|(_, count)| **count)?;
        (*count > 0).then_some(width)
    }
}

impl Nesting {
    fn of(yaml: &Yaml, text: &str) -> Self {
        let mut nesting = Self::default();
        for (id, record) in (0..).map(NodeId).zip(&yaml.records) {
            if record.kind == NodeKind::Mapping(CollectionLayout::Block) {
                nesting.look_at(yaml.node(text, id));
            }
        }
        nesting
    }

    fn look_at(&mut self, mapping: Node<'_>) {
        let column = mapping.column();
        for entry in mapping.entries() {
            let width = entry.value.column().saturating_sub(column);
            match entry.value.kind() {
                NodeKind::Mapping(CollectionLayout::Block) => self.step.add(width),
                NodeKind::Sequence(CollectionLayout::Block) => {
                    self.dash.add(width);
                    let key = entry.key.str().unwrap_or_default();
                    match self.dash_of.get_mut(key) {
                        Some(votes) => votes.add(width),
                        None => self.dash_of.entry(key.into()).or_default().add(width),
                    }
                }
                _ => {}
            }
        }
    }
}

impl Habits {
    fn nesting(&self, node: Node<'_>) -> &Nesting {
        self.nesting.get_or_init(|| Box::new(Nesting::of(node.yaml, node.text)))
    }

    /// By how many columns what is nested in `mapping` is indented: as in its other entries, else as in most of the
    /// file, else by two.
    pub(super) fn step(&self, mapping: Node<'_>) -> usize {
        nearby(mapping, NodeKind::Mapping(CollectionLayout::Block))
            .or_else(|| self.nesting(mapping).step.winner())
            .filter(|step| *step > 0)
            .unwrap_or(2)
    }

    /// By how many columns the dashes below `key` are indented: as below the same key elsewhere, else as in the
    /// other entries of `mapping`, else as in most of the file, else by two.
    pub(super) fn dash(&self, mapping: Node<'_>, key: &str) -> usize {
        let nesting = self.nesting(mapping);
        let same = nesting.dash_of.get(key).and_then(Votes::winner);
        let near = || nearby(mapping, NodeKind::Sequence(CollectionLayout::Block));
        same.or_else(near).or_else(|| nesting.dash.winner()).unwrap_or(2)
    }

    /// The quotes of the other values of `mapping`, else those of most of the file, else double ones.
    pub(super) fn quote(&self, mapping: Node<'_>) -> char {
        more(mapping.entries().filter_map(|entry| entry.value.style()))
            .unwrap_or_else(|| *self.quote.get_or_init(|| quote_of(mapping.yaml)))
    }
}

/// The quotes of most of a file, else double ones.
fn quote_of(yaml: &Yaml) -> char {
    let styles = yaml.records.iter().filter_map(|record| match record.kind {
        NodeKind::Scalar(style) => Some(style),
        _ => None,
    });
    more(styles).unwrap_or('"')
}

/// The quotes that more of these have.
fn more(styles: impl Iterator<Item = ScalarStyle>) -> Option<char> {
    let (mut single, mut double) = (0_usize, 0_usize);
    for style in styles {
        single += usize::from(style == ScalarStyle::SingleQuoted);
        double += usize::from(style == ScalarStyle::DoubleQuoted);
    }
    match single.cmp(&double) {
        Ordering::Greater => Some('\''),
        Ordering::Less => Some('"'),
        Ordering::Equal => None,
    }
}

/// By how many columns the first collection of this kind among the values of `mapping` is indented.
fn nearby(mapping: Node<'_>, kind: NodeKind) -> Option<usize> {
    let column = mapping.column();
    let entry = mapping.entries().find(|entry| entry.value.kind() == kind)?;
    Some(entry.value.column().saturating_sub(column)).filter(|width| *width <= WIDEST)
}
