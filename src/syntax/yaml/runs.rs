//! Which lines are read again after edits: the smallest runs of entries around them.

use super::{Kind, Layout, NodeId, Yaml, scan};
use crate::source::Span;

/// Collections may nest this deep in a text that is read in parts; deeper ones come near the bound of the parser.
pub(super) const MAX_DEPTH: usize = 128;

/// An edit.
pub(super) struct Change {
    /// What goes, in the text before.
    pub(super) span: Span,
    /// The length of what comes.
    pub(super) len: usize,
    /// The least indent of the lines that it leaves behind.
    column: usize,
}

/// Some entries of one block mapping that are read again.
pub(super) struct Run {
    /// Their nodes, as a range of addresses in the tree before.
    pub(super) nodes: (u32, u32),
    /// Their lines in the text before.
    pub(super) lines: Span,
    /// How many collections are around them.
    pub(super) depth: usize,
}

/// A walk down the tree before, to the smallest entries around all edits.
pub(super) struct Search<'a> {
    yaml: &'a Yaml,
    text: &'a str,
    pub(super) found: Vec<Run>,
}

/// The edits with what they leave behind in `after`.
pub(super) fn changes(after: &str, edits: &[(Span, usize)]) -> Option<Vec<Change>> {
    let (mut grown, mut shrunk) = (0, 0);
    let change = |(span, len): &(Span, usize)| {
        let start = (span.start + grown).checked_sub(shrunk)?;
        grown += len;
        shrunk += span.len();
        let lines = after.get(scan::line_start(after, start)..start + len)?;
        let indents = lines.split('\n').map(|line| (line, spaces(line)));
        let column = indents
            .filter(|(line, indent)| !matches!(line.as_bytes().get(*indent), None | Some(b'#' | b'\r')));
        let column = column.map(|(_, indent)| indent).min().unwrap_or(usize::MAX);
        Some(Change { span: *span, len: *len, column })
    };
    edits.iter().map(change).collect()
}

/// How many spaces a line begins with.
fn spaces(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

impl<'a> Search<'a> {
    /// Nothing found yet.
    pub(super) fn new(yaml: &'a Yaml, text: &'a str) -> Self {
        Self { yaml, text, found: Vec::new() }
    }

    /// Finds runs around all `edits`, which lie below a collection that ends before `limit`.
    pub(super) fn node(&mut self, id: NodeId, limit: usize, edits: &[Change], depth: usize) -> bool {
        let kind = self.yaml.record(id).map(|record| record.kind);
        let mapping = match kind {
            _ if depth > MAX_DEPTH => return false,
            Some(Kind::Mapping(Layout::Block)) => true,
            Some(Kind::Sequence(Layout::Block)) => false,
            _ => return false,
        };
        let (mut at, behind) = (NodeId(id.0 + 1), self.yaml.after(id));
        let mut rest = edits;
        while at < behind && !rest.is_empty() {
            let value = if mapping { self.yaml.after(at) } else { at };
            let next = self.yaml.after(value);
            let boundary = self.line_of(next, behind).unwrap_or(limit);
            // An edit belongs to the last entry that begins before it.
            let own = rest.partition_point(|edit| edit.span.start <= boundary);
            let (inside, others) = rest.split_at(own);
            if self.yaml.record(at).is_none_or(|record| {
                inside.first().is_some_and(|edit| edit.span.start <= record.start as usize)
            }) {
                return false;
            }
            if inside.is_empty() {
                at = next;
                continue;
            }
            rest = others;
            let found = self.found.len();
            let fits = inside.iter().all(|edit| edit.span.end <= boundary);
            if fits && self.node(value, boundary, inside, depth + 1) {
                at = next;
                continue;
            }
            self.found.truncate(found);
            if !mapping {
                return false;
            }
            let Some(run) = self.run(at, (behind, limit), inside, &mut rest, depth) else {
                return false;
            };
            at = NodeId(run.nodes.1);
            self.found.push(run);
        }
        rest.is_empty()
    }

    /// The run that begins with the entry `at` and holds all of `inside`, and what of `rest` begins in it.
    fn run(
        &self,
        at: NodeId,
        (behind, limit): (NodeId, usize),
        inside: &[Change],
        rest: &mut &[Change],
        depth: usize,
    ) -> Option<Run> {
        let start = self.line_of(at, behind)?;
        let mut end = inside.last()?.span.end;
        let mut column = inside.iter().map(|edit| edit.column).min()?;
        let mut next = self.yaml.after(self.yaml.after(at));
        loop {
            let boundary = self.line_of(next, behind).unwrap_or(limit);
            while let Some((edit, others)) =
                rest.split_first().filter(|(edit, _)| edit.span.start <= boundary)
            {
                end = end.max(edit.span.end);
                column = column.min(edit.column);
                *rest = others;
            }
            if end <= boundary && self.column_of(at, start)? <= column {
                return Some(Run { nodes: (at.0, next.0), lines: Span::new(start, boundary), depth });
            }
            if next >= behind || end <= boundary {
                return None;
            }
            next = self.yaml.after(self.yaml.after(next));
        }
    }

    /// The column, from 0, of a node on the line that begins at `line`.
    fn column_of(&self, id: NodeId, line: usize) -> Option<usize> {
        (self.yaml.record(id)?.start as usize).checked_sub(line)
    }

    /// Where the line of a node begins, if the node is one of the collection that ends at `behind`.
    fn line_of(&self, id: NodeId, behind: NodeId) -> Option<usize> {
        let record = self.yaml.record(id).filter(|_| id < behind)?;
        Some(scan::line_start(self.text, record.start as usize))
    }
}

/// Whether lines mean the same without what stands around them: those of a mapping whose keys stand in this column.
pub(super) fn can_stand_alone(lines: &str, column: usize) -> bool {
    let starts = lines.lines().next().is_some_and(|line| spaces(line) == column);
    let is_plain = |line: &str| {
        let indent = spaces(line);
        match line.as_bytes().get(indent) {
            None | Some(b'\r' | b'#') => true,
            Some(b'\t' | b'?' | b':' | b'%') => false,
            Some(b'-' | b'.') if indent == 0 => !line.starts_with("---") && !line.starts_with("..."),
            Some(_) => indent >= column,
        }
    };
    starts && has_plain_breaks(lines) && !lines.contains('\u{feff}') && lines.split('\n').all(is_plain)
}

/// Whether every entry of a text begins with its key: behind a `?`, keys stand on lines of their own.
pub(super) fn is_simple(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_odd = |start: usize| {
        let mut line = bytes.iter().skip(start);
        matches!(line.find(|byte| !matches!(byte, b' ' | b'-' | b'\t')), Some(b'?' | b':'))
    };
    has_plain_breaks(text) && !is_odd(0) && !memchr::memchr_iter(b'\n', bytes).any(|end| is_odd(end + 1))
}

/// Whether no line ends in a carriage return alone.
fn has_plain_breaks(text: &str) -> bool {
    memchr::memchr_iter(b'\r', text.as_bytes()).all(|at| text.as_bytes().get(at + 1) == Some(&b'\n'))
}
